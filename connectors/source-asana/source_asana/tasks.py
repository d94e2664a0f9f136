"""Tasks, however deep they lie, and what is below them: kept up to date by Asana's own event feeds."""

from collections.abc import AsyncIterator, Callable, Iterator

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    ChangeLog,
    Endpoint,
    Json,
    Missing,
    NextToken,
    On,
    Page,
    Snapshot,
    Source,
    Step,
    Stream,
)  # fmt: skip

from .company import workspace_memberships
from .projects import projects
from .shared import AsanaConfig, below, fields, listing

TASK = (
    "name resource_subtype notes html_notes completed completed_at completed_by.gid created_at created_by.gid "
    "modified_at assignee.gid assignee_section.gid assigned_by.gid approval_status actual_time_minutes due_at due_on "
    "start_at start_on followers.gid tags.gid projects.gid memberships.project.gid memberships.section.gid parent.gid "
    "num_subtasks num_likes likes.user.gid dependencies.gid dependents.gid permalink_url workspace.gid external "
    "custom_type.gid custom_type_status_option.gid custom_fields.name custom_fields.type custom_fields.display_value "
    "custom_fields.text_value custom_fields.number_value custom_fields.enum_value.gid custom_fields.enum_value.name "
    "custom_fields.multi_enum_values.gid custom_fields.multi_enum_values.name custom_fields.date_value "
    "custom_fields.people_value.gid custom_fields.reference_value.gid"
)
STORY = (
    "created_at created_by.gid type resource_subtype text html_text is_edited is_pinned num_likes likes.user.gid "
    "source target.gid"
)
ATTACHMENT = "name resource_subtype created_at size host parent.gid permanent_url connected_to_app"

SUBTASKS = listing(f"/tasks/{EACH['/gid']}/subtasks", TASK, on=[On(404).empty()])  # the task has just gone


def with_subtasks(top: Endpoint) -> Callable[[Source[AsanaConfig], Step], AsyncIterator[Page]]:
    """A list of tasks and all that lies below them: Asana lists subtasks by their parent alone."""

    async def tree(source: Source[AsanaConfig], step: Step) -> AsyncIterator[Page]:
        parents: list[Json] = []
        pages = source.http.pages(top, step)
        while True:
            async for page in pages:
                parents += [{"gid": task["gid"]} for task in page.records() if task["num_subtasks"]]
                yield page
            if not parents:
                return
            pages = source.http.pages(SUBTASKS, each=parents.pop())

    return tree


def touched(body: Json) -> Iterator[Json]:
    """The tasks that events are about, each once: a task itself, or one that something was added to or removed from."""
    about = [event.get(at) for event in body["data"] for at in ("resource", "parent")]
    tasks = [each["gid"] for each in about if each and each["resource_type"] == "task"]
    return ({"gid": gid} for gid in dict.fromkeys(tasks))


FEED = {"resource": EACH["/gid"], "sync": NEXT}
TOLD = NextToken("/sync", more="/has_more")
DEAD = On(412).expired()  # it brings a new token, the first time too
EVENTS = GET("/events", params=FEED, records=touched, pages=TOLD, on=[DEAD])

tasks = Stream(
    "tasks",
    key="/gid",
    per=projects,
    shared=True,
    scopes=["tasks:read"],
    about="Tasks of projects, and all subtasks below them.",
    read=with_subtasks(listing("/tasks", TASK, project=EACH["/gid"])),
    # one that is not found any more is deleted; removed from a project, it is found
    sync=ChangeLog(
        EVENTS.then(GET(f"/tasks/{EACH['/gid']}", params={"opt_fields": fields(TASK)}, records="/data")),
        sweep="1d",
        every="1m",
    ),
)


def in_no_project(body: Json) -> Iterator[Json]:
    return (task for task in body["data"] if not task["projects"] and not task["parent"])


tasks_without_project = Stream(
    "tasks_without_project",
    key="/gid",
    per=workspace_memberships,
    shared=True,
    scopes=["tasks:read"],
    about="Tasks that are assigned to somebody and in no project, and all subtasks below them.",
    read=with_subtasks(
        listing("/tasks", TASK, records=in_no_project, assignee=EACH["/user/gid"], workspace=EACH["/workspace/gid"])
    ),
    sync=Snapshot(every="6h"),
)
stories = below(
    "stories", listing(f"/tasks/{EACH['/gid']}/stories", STORY), "stories:read",
    "Comments, and what Asana tells of each change of a task.", tasks, tasks_without_project,
    shared=True, deletes=Missing(orphans=True),
)  # fmt: skip
attachments = below(
    "attachments", listing("/attachments", ATTACHMENT, parent=EACH["/gid"]), "attachments:read",
    "Attachments of tasks and projects, without their content. A request for each task.",
    tasks, tasks_without_project, projects, shared=True, deletes=Missing(orphans=True), optional=True,
)  # fmt: skip
