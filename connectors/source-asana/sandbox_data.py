"""The made-up organization behind the Asana sandbox: people, projects, tasks and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from connector_sdk.engine.clock import instant_text, parse_instant
from connector_sdk.testing.fake import FakeApi, JsonObject, MadeUp, beside

if TYPE_CHECKING:
    import sandbox_feeds as feeds
else:
    feeds = beside(__file__, "sandbox_feeds")

HOUR = 3_600_000_000
ORGANIZATION, SMALL = "1331000000000001", "1331000000000002"
COLORS = ("dark-pink", "light-green", "none", "dark-blue")


def ref(kind: str, gid: str) -> JsonObject:
    """How a record names another one."""
    return {"gid": gid, "resource_type": kind}


def instant(text: str) -> int:
    """Microseconds since 1970."""
    return parse_instant(text)


class World:
    """The data, by kind and gid; who shows what is decided here."""

    def __init__(self, api: FakeApi, seed: int) -> None:
        self.api = api
        self.made = MadeUp(seed)
        self.epoch = api.now() // HOUR * HOUR
        self.tables: dict[str, dict[str, JsonObject]] = {}
        self.trash: dict[str, list[tuple[str, JsonObject]]] = {}
        self.items: dict[str, list[tuple[str, str]]] = {}
        self.audit: list[JsonObject] = []
        self.feeds = feeds.Feeds(api.now)
        self.asked: dict[str, list[str]] = {}

    def of(self, kind: str) -> dict[str, JsonObject]:
        """All records of a kind."""
        return self.tables.setdefault(kind, {})

    def now(self, before: int = 0) -> str:
        """This instant as Asana writes it, in milliseconds."""
        return f"{instant_text(self.api.now() - before)[:19]}.{(self.api.now() - before) // 1000 % 1000:03d}Z"

    def put(self, kind: str, fields: JsonObject, gid: str = "") -> str:
        """A new record."""
        gid = gid or self.made.id(16)
        self.of(kind)[gid] = {"gid": gid, "resource_type": kind, **fields}
        return gid

    def edit(self, kind: str, gid: str, **fields: Any) -> None:
        self.of(kind)[gid] = {**self.of(kind)[gid], **fields}

    def who(self) -> JsonObject:
        """Someone."""
        return ref("user", self.made.pick(list(self.of("user"))))

    def somebody(self, home: JsonObject) -> JsonObject:
        """Someone of a workspace: a task is nobody else's, and whose list is read is a member."""
        found = self.of("workspace_membership").values()
        return ref("user", self.made.pick([each["user"]["gid"] for each in found if each["workspace"] == home]))

    # ---- at the start

    def fill(self, tasks: int, users: int, projects: int) -> None:
        """The whole organization, and a workspace beside it, as they are at the start."""
        made, org = self.made, ref("workspace", ORGANIZATION)
        self.put("workspace", {"name": "Acme", "is_organization": True, "email_domains": ["acme.test"]}, ORGANIZATION)
        self.put("workspace", {"name": "Personal", "is_organization": False, "email_domains": []}, SMALL)
        for number in range(users):
            self.new_user([ORGANIZATION, SMALL] if not number else [ORGANIZATION])
        for _ in range(2):
            team = self.put("team", {"name": made.company(), "description": made.sentence(), "organization": org,
                                     "visibility": "public", "endorsed": False})  # fmt: skip
            for user in made.some(list(self.of("user")), 2, 3):
                self.join(team, user)
        for number in range(3):
            self.put("tag", {"name": f"tag {number}", "color": made.pick(COLORS), "notes": "", "followers": [],
                             "created_at": self.now(), "workspace": org})  # fmt: skip
            self.put("custom_field", self.custom_field(number))
        for number in range(projects):
            self.new_project(SMALL if number == projects - 1 and projects > 2 else ORGANIZATION, archived=number == 1)
        homes = list(self.of("project"))
        for number in range(tasks):
            kind = ("filed", "filed", "below", "filed", "loose", "twice")[number % 6]
            self.some_task(kind, homes)
        self.fill_plans(org)

    def fill_plans(self, org: JsonObject) -> None:
        """Portfolios, goals, and what stands beside projects."""
        made, projects = self.made, list(self.of("project"))
        period = self.put("time_period", {"display_name": "Q1 FY26", "period": "Q1", "start_on": "2026-01-01",
                                          "end_on": "2026-03-31", "parent": None, "workspace": org})  # fmt: skip
        for number in range(2):
            portfolio = self.put("portfolio", {
                "name": f"Portfolio {number}", "color": made.pick(COLORS), "archived": False, "created_at": self.now(),
                "owner": self.me() if not number else self.who(), "members": [self.who()], "due_on": "2026-12-31",
                "start_on": None, "public": False, "workspace": org, "current_status_update": None,
            })  # fmt: skip
            self.items[portfolio] = [("project", each) for each in projects[:2]]
            self.put("portfolio_membership", {"user": self.who(), "portfolio": ref("portfolio", portfolio),
                                              "access_level": "editor"})  # fmt: skip
            field = next(iter(self.of("custom_field")))
            self.put("custom_field_setting", {"custom_field": ref("custom_field", field), "project": None,
                                              "parent": ref("portfolio", portfolio), "is_important": True})  # fmt: skip
            goal = self.put("goal", {
                "name": made.sentence(), "notes": "", "due_on": "2026-06-30", "start_on": None, "status": "green",
                "owner": self.who(), "team": None if number else ref("team", next(iter(self.of("team")))),
                "workspace": org, "time_period": ref("time_period", period), "is_workspace_level": bool(number),
                "metric": {"gid": made.id(16), "resource_type": "goal_metric", "current_number_value": 0.25},
                "current_status_update": None, "num_likes": 0,
            })  # fmt: skip
            self.put("goal_relationship", {
                "resource_subtype": "subgoal", "contribution_weight": 1, "supported_goal": ref("goal", goal),
                "supporting_resource": ref("project", projects[0]),
            })  # fmt: skip
            self.tell_status("portfolio", portfolio)
            self.tell_status("goal", goal)
            self.new_story(ref("goal", goal))
            task = next(iter(self.of("task")), "")
            self.put("time_tracking_entry", {
                "duration_minutes": 30, "entered_on": "2026-02-01", "created_by": self.who(),
                "attributable_to": None, "task": ref("task", task), "workspace": org,
            })  # fmt: skip
            self.put("allocation", {"assignee": self.who(), "created_by": self.who(), "start_date": "2026-01-01",
                                    "end_date": "2026-02-01", "effort": {"type": "hours", "value": 50},
                                    "workspace": org, "resource_subtype": "project_allocation",
                                    "parent": ref("project", projects[0])})  # fmt: skip
            self.put("role", {"name": f"Role {number}", "description": "", "base_role_type": "member",
                              "is_standard_role": not number, "workspace": org})  # fmt: skip
            self.put("project_template", {"name": f"Template {number}", "description": "", "public": False,
                                          "color": None, "workspace": org})  # fmt: skip

    def new_user(self, workspaces: list[str]) -> str:
        """Someone joins."""
        first, last = self.made.person()
        lives = [ref("workspace", each) for each in workspaces]
        user = self.put("user", {"name": f"{first} {last}", "email": self.made.email(first, last, "acme"),
                                 "photo": None, "workspaces": lives})  # fmt: skip
        for workspace in workspaces:
            own = self.put("user_task_list", {"name": f"My tasks in {workspace}", "owner": ref("user", user),
                                              "workspace": ref("workspace", workspace)})  # fmt: skip
            self.put("workspace_membership", {
                "user": ref("user", user), "workspace": ref("workspace", workspace), "is_active": True,
                "is_admin": False, "is_guest": False, "is_view_only": False, "vacation_dates": None,
                "user_task_list": ref("user_task_list", own), "created_at": self.now(),
            })  # fmt: skip
        return user

    def me(self) -> JsonObject:
        """Whose token it is."""
        return ref("user", next(iter(self.of("user"))))

    def join(self, team: str, user: str) -> str:
        return self.put("team_membership", {"user": ref("user", user), "team": ref("team", team), "is_guest": False,
                                            "is_admin": False, "is_limited_access": False})  # fmt: skip

    def custom_field(self, number: int) -> JsonObject:
        kind = ("enum", "number", "text")[number % 3]
        options = [{**ref("enum_option", self.made.id(16)), "name": each, "enabled": True, "color": "red"}
                   for each in ("High", "Low")]  # fmt: skip
        return {
            "name": f"Field {number}",
            "type": kind,
            "resource_subtype": kind,
            "precision": number % 3,
            "format": "none",
            "description": "",
            "is_global_to_workspace": True,
            "created_by": self.who(),
            "enum_options": options if kind == "enum" else [],
            "workspace": ref("workspace", ORGANIZATION),
        }

    def new_project(self, workspace: str, *, archived: bool = False) -> str:
        """A project with two sections."""
        team = None if workspace == SMALL else ref("team", self.made.pick(list(self.of("team"))))
        gid = self.put("project", {
            "name": self.made.company(), "archived": archived, "color": None, "notes": self.made.sentence(),
            "completed": False, "created_at": self.now(HOUR), "modified_at": self.now(), "owner": self.who(),
            "team": team, "workspace": ref("workspace", workspace), "members": [self.who()], "followers": [],
            "public": True, "start_on": None, "due_on": None, "current_status_update": None, "custom_fields": [],
            "project_brief": None,
        })  # fmt: skip
        project = ref("project", gid)
        for name in ("To do", "Doing"):
            self.put("section", {"name": name, "created_at": self.now(), "project": project})
        self.put("project_membership", {"parent": project, "member": self.who(), "access_level": "editor"})
        fields = list(self.of("custom_field"))
        if fields:
            self.put("custom_field_setting", {"custom_field": ref("custom_field", fields[0]), "parent": project,
                                              "project": project, "is_important": False})  # fmt: skip
        self.put("custom_type", {"name": "Bug", "status_options": [], "project": project})
        self.put("task_template", {"name": "Copy", "project": project, "created_at": self.now(), "template": {}})
        self.put("rate", {"parent": project, "resource": self.who(), "rate": 100, "currency_code": "USD"})
        brief = self.put("project_brief", {"title": "Brief", "text": "Why", "html_text": "<body>Why</body>",
                                           "project": project})  # fmt: skip
        self.edit("project", gid, project_brief=ref("project_brief", brief))
        self.tell_status("project", gid)
        return gid

    def some_task(self, kind: str, homes: list[str]) -> str:
        """A task: ``filed`` in a project, ``twice`` in two, ``below`` another one, or ``loose``, in none."""
        made = self.made
        above = list(self.of("task"))
        if kind == "below" and above:
            return self.new_task(parent=made.pick(above[-8:]))
        if kind == "loose":
            return self.new_task(assignee=self.who())
        if kind == "twice":
            here = [each for each in homes if self.of("project")[each]["workspace"]["gid"] == ORGANIZATION]
            return self.new_task(*made.some(here, 2, 2))
        return self.new_task(made.pick(homes))

    # ---- tasks

    def new_task(self, *projects: str, parent: str = "", assignee: JsonObject | None = None) -> str:
        """Someone writes a task, with a story that tells so and perhaps a comment."""
        now = self.now()
        home = next((self.of("project")[each]["workspace"] for each in projects), ref("workspace", ORGANIZATION))
        if parent:
            home = self.of("task")[parent]["workspace"]
        field = next(iter(self.of("custom_field").values()), None)
        shown = None if field is None else {
            **ref("custom_field", field["gid"]), "name": field["name"], "type": "enum", "display_value": "High",
            "enum_value": {**ref("enum_option", "91"), "name": "High"},
        }  # fmt: skip
        gid = self.put("task", {
            "name": self.made.sentence(), "resource_subtype": "default_task", "notes": self.made.text(1, 2),
            "completed": False, "completed_at": None, "completed_by": None, "created_at": now, "modified_at": now,
            "created_by": self.who(), "assignee": assignee or (self.somebody(home) if self.made.chance(0.5) else None),
            "due_on": "2026-05-01", "due_at": None, "start_on": None, "start_at": None, "followers": [self.who()],
            "tags": [], "num_likes": 0, "likes": [], "dependencies": [], "dependents": [], "workspace": home,
            "custom_fields": [] if shown is None else [shown], "parent": ref("task", parent) if parent else None,
            "projects": [], "memberships": [],
        })  # fmt: skip
        self.event("task", "added", gid, parent=ref("task", parent) if parent else None)
        for each in projects:
            self.file(gid, each)
        self.new_story(ref("task", gid), text="created this task", subtype="task_created", quiet=True)
        if self.made.chance(0.4):
            self.new_story(ref("task", gid))
        if self.made.chance(0.3):
            self.attach(ref("task", gid))
        return gid

    def file(self, task: str, project: str) -> None:
        """A task is put into a project."""
        found = self.of("task")[task]
        section = next(gid for gid, each in self.of("section").items() if each["project"]["gid"] == project)
        place = {"project": ref("project", project), "section": ref("section", section)}
        self.edit("task", task, projects=[*found["projects"], ref("project", project)],
                  memberships=[*found["memberships"], place], modified_at=self.now())  # fmt: skip
        self.event("task", "added", task, parent=ref("project", project))

    def unfile(self, task: str, project: str) -> None:
        """A task is taken out of a project, and lives on."""
        self.event("task", "removed", task, parent=ref("project", project))
        found = self.of("task")[task]
        self.edit("task", task, modified_at=self.now(),
                  projects=[each for each in found["projects"] if each["gid"] != project],
                  memberships=[each for each in found["memberships"] if each["project"]["gid"] != project])  # fmt: skip

    def change_task(self, task: str, **fields: Any) -> None:
        """An edit, which moves modified_at, but not that of the task above."""
        self.edit("task", task, **fields, modified_at=self.now())
        name, value = next(iter(fields.items()))
        self.event("task", "changed", task, change={"field": name, "action": "changed", "new_value": value})

    def delete_task(self, task: str) -> None:
        """A task goes to the trash with all below it, and its feed tells of it alone."""
        self.event("task", "deleted", task)
        kept: list[tuple[str, JsonObject]] = []
        for each in [task, *self.all_below(task)]:
            kept.append(("task", self.of("task").pop(each)))
            for kind, at in (("story", "target"), ("attachment", "parent")):
                gone = [gid for gid, found in self.of(kind).items() if found[at]["gid"] == each]
                kept += [(kind, self.of(kind).pop(gid)) for gid in gone]
        self.trash[task] = kept

    def restore_task(self, task: str) -> None:
        """It comes back from the trash, with all that went with it."""
        for kind, record in self.trash.pop(task):
            self.of(kind)[record["gid"]] = record
        if (parent := self.of("task")[task]["parent"]) and parent["gid"] not in self.of("task"):
            self.edit("task", task, parent=None)
        self.event("task", "undeleted", task)

    def children(self, task: str) -> list[str]:
        return [gid for gid, each in self.of("task").items() if each["parent"] and each["parent"]["gid"] == task]

    def all_below(self, task: str) -> Iterator[str]:
        for each in self.children(task):
            yield each
            yield from self.all_below(each)

    def feeds_of(self, task: str) -> list[str]:
        """The resources whose feeds tell what happens to a task: itself, those above it, and their projects."""
        found: list[str] = []
        above: str | None = task
        while above is not None and above in self.of("task"):
            record = self.of("task")[above]
            found += [above, *(each["gid"] for each in record["projects"])]
            above = record["parent"]["gid"] if record["parent"] else None
        return found

    def event(self, kind: str, action: str, gid: str, *, task: str = "", parent: JsonObject | None = None,
              change: JsonObject | None = None) -> None:  # fmt: skip
        """What happens to a task, or to a story of ``task``, is told; by a third nobody is known to have done it."""
        user = None if self.made.chance(0.3) else self.who()
        made = feeds.event(kind, action, gid, self.now(), parent=parent, change=change, user=user)
        self.feeds.tell([*self.feeds_of(task or gid), ORGANIZATION], made)

    # ---- what is told of them

    def new_story(
        self, target: JsonObject, *, text: str = "", subtype: str = "comment_added", quiet: bool = False
    ) -> str:
        """A comment, or what Asana tells: it moves the task's modified_at."""
        kind = "comment" if subtype == "comment_added" else "system"
        gid = self.put("story", {
            "created_at": self.now(), "created_by": self.who(), "type": kind, "resource_subtype": subtype,
            "text": text or self.made.sentence(), "is_edited": False, "is_pinned": False, "num_likes": 0, "likes": [],
            "source": "web", "target": target,
        })  # fmt: skip
        if target["resource_type"] == "task" and not quiet:
            self.edit("task", target["gid"], modified_at=self.now())
            self.event("story", "added", gid, task=target["gid"], parent=target)
        return gid

    def edit_story(self, story: str) -> None:
        """A comment is edited. Its event names no parent, and the task does not move."""
        self.edit("story", story, text=self.made.sentence(), is_edited=True)
        self.event("story", "changed", story, task=self.of("story")[story]["target"]["gid"],
                   change={"field": "text", "action": "changed"})  # fmt: skip

    def delete_story(self, story: str) -> None:
        target = self.of("story").pop(story)["target"]
        self.event("story", "deleted", story, task=target["gid"])

    def attach(self, parent: JsonObject) -> str:
        return self.put("attachment", {"name": "a.png", "resource_subtype": "asana", "created_at": self.now(),
                                       "size": 123, "host": "asana", "parent": parent})  # fmt: skip

    def tell_status(self, kind: str, gid: str) -> str:
        """How a project, portfolio or goal stands."""
        told = self.put("status_update", {
            "title": "On track", "text": self.made.sentence(), "status_type": "on_track", "created_at": self.now(),
            "resource_subtype": f"{kind}_status_update", "author": self.who(), "created_by": self.who(),
            "modified_at": self.now(), "parent": ref(kind, gid), "num_likes": 0,
        })  # fmt: skip
        self.edit(kind, gid, current_status_update=ref("status_update", told))
        return told

    def log(self, event_type: str) -> str:
        """Something is audited."""
        gid = self.made.id(16)
        self.audit.append({
            "gid": gid, "created_at": self.now(), "event_type": event_type, "event_category": "deletion",
            "actor": {"actor_type": "user", **self.who()}, "resource": ref("task", self.made.id(16)), "details": {},
            "context": {"context_type": "web", "client_ip_address": "192.0.2.7"},
        })  # fmt: skip
        return gid

    # ---- what the API shows

    def shown(self, record: JsonObject, wanted: list[str] | None) -> JsonObject:
        """A record with the fields that are asked for; compact where none are."""
        if record["resource_type"] == "task":
            record = {**record, "num_subtasks": len(self.children(record["gid"]))}
        return picked(record, wanted)

    def filed(self, project: str) -> list[str]:
        """What a project lists: no subtasks, unless they are in it themselves."""
        return [gid for gid, each in self.of("task").items() if ref("project", project) in each["projects"]]

    def loose(self) -> list[str]:
        """Tasks that only a list of somebody's tasks shows."""
        return [gid for gid, each in self.of("task").items()
                if each["assignee"] and not each["projects"] and not each["parent"]]  # fmt: skip

    def truths(self, *, service: bool = False) -> dict[str, Callable[[], dict[Any, JsonObject]]]:
        """What the API shows of each stream, by key."""

        def rows(
            kind: str, only: Callable[[JsonObject], Any] = lambda each: True
        ) -> Callable[[], dict[Any, JsonObject]]:
            return lambda: {
                gid: self.shown(each, self.asked.get(kind, list(each)))
                for gid, each in self.of(kind).items() if only(each)
            }  # fmt: skip

        def tree(top: list[str]) -> set[str]:
            return {each for task in top for each in (task, *self.all_below(task))}

        def in_projects() -> set[str]:
            return tree([gid for project in self.of("project") for gid in self.filed(project)])

        def stories() -> dict[Any, JsonObject]:
            there = in_projects() | tree(self.loose())
            return rows("story", lambda each: each["target"]["gid"] in there)()

        def attachments() -> dict[Any, JsonObject]:
            there = in_projects() | tree(self.loose()) | set(self.of("project"))
            return rows("attachment", lambda each: each["parent"]["gid"] in there)()

        def owned(each: JsonObject) -> bool:
            return service or each["owner"] == self.me()

        def below_portfolios(kind: str, at: str) -> Callable[[], dict[Any, JsonObject]]:
            return rows(kind, lambda each: each[at]["resource_type"] == "portfolio"
                        and owned(self.of("portfolio")[each[at]["gid"]]))  # fmt: skip

        def items() -> dict[Any, JsonObject]:
            return {
                (portfolio, gid): {**self.shown(self.of(kind)[gid], self.asked.get("item", ["name"])),
                                   "portfolio_gid": portfolio}
                for portfolio, found in self.items.items() if owned(self.of("portfolio")[portfolio])
                for kind, gid in found
            }  # fmt: skip

        plain = ("workspace", "user", "workspace_membership", "team", "team_membership", "role", "tag", "custom_field",
                 "project", "section", "custom_type", "task_template", "project_template",
                 "user_task_list", "goal_relationship", "time_period", "allocation", "project_brief")  # fmt: skip
        return {
            **{f"{kind}s": rows(kind) for kind in plain},
            "project_memberships": lambda: dict(self.of("project_membership")),
            "rates": lambda: dict(self.of("rate")),
            "time_tracking_entries": rows("time_tracking_entry"),
            "custom_field_settings": rows(
                "custom_field_setting", lambda each: each["parent"]["resource_type"] == "project"
            ),
            "goals": rows("goal"),
            "portfolios": rows("portfolio", owned),
            "portfolio_items": items,
            "portfolio_memberships": below_portfolios("portfolio_membership", "portfolio"),
            "portfolio_custom_field_settings": below_portfolios("custom_field_setting", "parent"),
            "status_updates": rows("status_update", lambda each: each["parent"]["resource_type"] == "project"),
            "portfolio_status_updates": below_portfolios("status_update", "parent"),
            "goal_status_updates": rows("status_update", lambda each: each["parent"]["resource_type"] == "goal"),
            "goal_stories": rows("story", lambda each: each["target"]["resource_type"] == "goal"),
            "tasks": lambda: {gid: row for gid, row in rows("task")().items() if gid in in_projects()},
            "tasks_without_project": lambda: {
                gid: row for gid, row in rows("task")().items() if gid in tree(self.loose())
            },
            "stories": stories,
            "attachments": attachments,
            "audit_log_events": lambda: {each["gid"]: each for each in self.audit},
        }  # fmt: skip


def picked(record: JsonObject, wanted: list[str] | None) -> JsonObject:
    """The fields of a record that were asked for, as ``a.b`` or ``a.(b|c)``; gid and resource_type are always there."""
    head = {name: record[name] for name in ("gid", "resource_type") if name in record}
    if not wanted:
        return {**head, **({"name": record["name"]} if "name" in record else {})}
    tree: dict[str, list[str]] = {}
    for each in wanted:
        name, _, rest = each.partition(".")
        inner = tree.setdefault(name, [])
        inner += (
            [part for part in rest.strip("()").split("|") if part] if rest.startswith("(") else [rest][: bool(rest)]
        )
    found = {name: _inside(record[name], inner) for name, inner in tree.items() if name in record}
    return {**head, **found}


def _inside(value: Any, wanted: list[str]) -> Any:
    if isinstance(value, list):
        return [_inside(each, wanted) for each in value]
    if isinstance(value, dict) and "gid" in value:
        return picked(value, wanted)
    return value
