"""Projects and what they hold beside tasks."""

from typing import Any

from connector_sdk import EACH, GET, Endpoint, Missing, Stream

from .shared import PAID, below, every_place, every_workspace, fields, listed, listing

PROJECT = (
    "name archived color icon notes html_notes completed completed_at completed_by.gid created_at "
    "created_from_template.gid modified_at start_on due_on owner.gid team.gid workspace.gid members.gid followers.gid "
    "public privacy_setting default_view default_access_level permalink_url current_status_update.gid "
    "project_brief.gid custom_fields.name custom_fields.display_value"
)
UPDATE = (
    "title text html_text status_type resource_subtype created_at created_by.gid author.gid modified_at parent.gid "
    "num_likes"
)
SETTING = "custom_field.gid parent.gid project.gid is_important"
UPDATES = listing("/status_updates", UPDATE, parent=EACH["/gid"])

projects = listed(
    "projects", listing("/projects", PROJECT, workspace=EACH["/workspace"], team=EACH["/team"]), "projects:read",
    "Projects, archived ones too.", "10m", per=every_place, shared=True,
)  # fmt: skip
status_updates = below("status_updates", UPDATES, "default", "What was told of how a project stands.", projects)


def each_project(name: str, read: Endpoint, scope: str, about: str, every: str = "6h", **more: Any) -> Stream:
    """What takes a request for each project."""
    return listed(name, read, scope, about, every, **{"per": projects, "deletes": Missing(orphans=True), **more})


project_memberships = each_project(
    "project_memberships", listing("/memberships", "", parent=EACH["/gid"]),
    "default", "People and teams that a project is shared with.", "1d",
)  # fmt: skip
sections = each_project(
    "sections", listing(f"/projects/{EACH['/gid']}/sections", "name created_at project.gid"), "default",
    "The sections of projects; tasks name theirs in memberships.", "1h",
)  # fmt: skip
custom_field_settings = each_project(
    "custom_field_settings", listing(f"/projects/{EACH['/gid']}/custom_field_settings", SETTING), "projects:read",
    "Which custom fields a project has.", optional=True,
)  # fmt: skip
custom_types = each_project(
    "custom_types",
    listing("/custom_types", "name status_options.name status_options.color status_options.enabled "
            "status_options.completion_state", project=EACH["/gid"]),
    "default", "Custom types of tasks, with their statuses.", optional=True, shared=True,
)  # fmt: skip
project_briefs = each_project(
    "project_briefs",
    GET(f"/project_briefs/{EACH['/project_brief/gid']}", records="/data",
        params={"opt_fields": fields("title text html_text permalink_url project.gid")}),
    "default", "Briefs of projects.", optional=True, per=projects.where(lambda project: project.get("project_brief")),
)  # fmt: skip
task_templates = each_project(
    "task_templates",
    listing("/task_templates", "name project.gid template created_by.gid created_at", project=EACH["/gid"]),
    "task_templates:read", "Templates of tasks.", "1d", optional=True,
)  # fmt: skip
rates = each_project(
    "rates", listing("/rates", "", parent=EACH["/gid"]),
    "default", "What people's time costs in a project.", "1d", optional=True,
)  # fmt: skip
project_templates = listed(
    "project_templates",
    listing("/project_templates", "name description public color owner.gid team.gid requested_dates.name "
            "requested_roles.name", on=PAID, workspace=EACH),
    "project_templates:read", "Templates of projects.", "1d", per=every_workspace, optional=True,
)  # fmt: skip
