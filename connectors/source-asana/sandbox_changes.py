"""What happens in the Asana sandbox's organization, at random, while it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from connector_sdk.testing.fake import JsonObject, MadeUp, beside

if TYPE_CHECKING:
    import sandbox_data as data
else:
    data = beside(__file__, "sandbox_data")

ALL = (
    "task added", "task added to two projects", "subtask added", "task edited", "subtask edited", "task completed",
    "task deleted", "task restored", "task moved", "task left its projects", "task filed", "loose task added",
    "loose task edited", "commented", "comment edited", "comment deleted", "section added", "section renamed",
    "section deleted", "project added", "project edited", "user added", "user renamed",
    "joined or left a team", "tag added", "tag deleted", "field renamed", "status told", "member came or went",
    "portfolio changed", "portfolio item came or went", "goal changed", "time entered",
)  # fmt: skip


class Changes:
    """Changes at random, the same for the same seed."""

    def __init__(self, world: data.World, seed: int) -> None:
        self.world = world
        self.chance = MadeUp(f"life {seed}")

    def some(self, count: int, only: Sequence[str]) -> list[str]:
        """Make so many, of the kinds ``only`` or of all, and tell what they were."""
        told = []
        for _ in range(count):
            kinds = self.kinds()
            for name in only:
                if name not in kinds:
                    raise KeyError(f"the sandbox has no change {name!r}; it has {', '.join(kinds)}")
            chosen = [name for name in only or kinds for _ in range(kinds[name][0])]
            if chosen:
                name = self.chance.pick(chosen)
                told.append(f"{name} {kinds[name][1]()}")
        return told

    def kinds(self) -> dict[str, tuple[int, Callable[[], Any]]]:
        """By name: how often each comes among all (0 where there is nothing to change), and what makes it."""
        world, pick = self.world, self.chance.pick
        tasks = list(world.of("task"))
        filed = [gid for gid in tasks if world.of("task")[gid]["projects"]]
        lower = [gid for gid in tasks if world.of("task")[gid]["parent"]]
        loose = world.loose()
        comments = [gid for gid, each in world.of("story").items()
                    if each["type"] == "comment" and each["target"]["resource_type"] == "task"]  # fmt: skip
        # a project keeps its first section, in which new tasks are put
        first = {each["project"]["gid"]: gid for gid, each in reversed(world.of("section").items())}
        sections = [gid for gid in world.of("section") if gid not in first.values()]
        organization = data.ref("workspace", data.ORGANIZATION)
        return {
            "task added": (6, lambda: world.new_task(self.project())),
            "task added to two projects": (2, lambda: world.new_task(*self.chance.some(self.projects(), 2, 2))),
            "subtask added": (4 * bool(tasks), lambda: world.new_task(parent=pick(tasks))),
            "task edited": (6 * bool(filed), lambda: self.edit(filed)),
            "subtask edited": (4 * bool(lower), lambda: self.edit(lower)),
            "task completed": (2 * bool(filed), lambda: self.edit(filed, completed=True, completed_at=world.now())),
            "task deleted": (3 * (len(filed) > 3), lambda: self.on(world.delete_task, filed)),
            "task restored": (bool(world.trash), lambda: self.on(world.restore_task, list(world.trash))),
            "task moved": (2 * bool(filed), lambda: self.move(filed)),
            "task left its projects": (2 * (len(filed) > 3), lambda: self.leave(filed)),
            "task filed": (2 * bool(loose), lambda: self.file(loose)),
            "loose task added": (2, lambda: world.new_task(assignee=world.somebody(organization))),
            "loose task edited": (2 * bool(loose), lambda: self.edit(loose)),
            "commented": (5 * bool(tasks), lambda: world.new_story(data.ref("task", pick(tasks)))),
            "comment edited": (2 * bool(comments), lambda: self.on(world.edit_story, comments)),
            "comment deleted": (bool(comments), lambda: self.on(world.delete_story, comments)),
            "section added": (1, self.add_section),
            "section renamed": (1, lambda: self.rename("section")),
            "section deleted": (bool(sections), lambda: self.delete_section(sections)),
            "project added": (1, lambda: world.new_project(data.ORGANIZATION)),
            "project edited": (1, lambda: self.rename("project")),
            "user added": (1, lambda: world.new_user([data.ORGANIZATION])),
            "user renamed": (1, lambda: self.rename("user")),
            "joined or left a team": (2, self.change_team),
            "tag added": (1, self.add_tag),
            "tag deleted": (1, lambda: self.delete("tag")),
            "field renamed": (1, lambda: self.rename("custom_field")),
            "status told": (2, lambda: world.tell_status("project", self.project())),
            "member came or went": (2, self.change_member),
            "portfolio changed": (1, lambda: self.rename("portfolio")),
            "portfolio item came or went": (2, self.change_items),
            "goal changed": (1, lambda: self.rename("goal")),
            "time entered": (1, self.enter_time),
        }  # fmt: skip

    # ---- what there is, and what is done to it

    def projects(self) -> list[str]:
        """Where a task may be in two at once."""
        return [gid for gid, each in self.world.of("project").items()
                if each["workspace"]["gid"] == data.ORGANIZATION]  # fmt: skip

    def project(self) -> str:
        return self.chance.pick(self.projects())

    def on(self, change: Callable[[str], None], among: list[str]) -> str:
        gid = self.chance.pick(among)
        change(gid)
        return gid

    def edit(self, among: list[str], **fields: Any) -> str:
        gid = self.chance.pick(among)
        self.world.change_task(gid, **(fields or {"name": self.chance.sentence()}))
        return gid

    def leave(self, among: list[str]) -> str:
        """A task leaves all its projects, and is somebody's all the same."""
        gid = self.chance.pick(among)
        for project in list(self.world.of("task")[gid]["projects"]):
            self.world.unfile(gid, project["gid"])
        if not (task := self.world.of("task")[gid])["assignee"]:
            self.world.change_task(gid, assignee=self.world.somebody(task["workspace"]))
        return gid

    def move(self, among: list[str]) -> str:
        """A task goes from one project to another."""
        gid = self.chance.pick(among)
        there = [each["gid"] for each in self.world.of("task")[gid]["projects"]]
        others = [each for each in self.projects() if each not in there]
        if others:
            self.world.file(gid, self.chance.pick(others))
            self.world.unfile(gid, there[0])
        else:
            self.edit([gid])
        return gid

    def file(self, among: list[str]) -> str:
        gid = self.chance.pick(among)
        self.world.file(gid, self.project())
        return gid

    def rename(self, kind: str) -> str:
        gid = self.chance.pick(list(self.world.of(kind)))
        self.world.edit(kind, gid, name=self.chance.sentence())
        return gid

    def delete(self, kind: str) -> str:
        gid = self.chance.pick(list(self.world.of(kind)) or [self.add_tag()])
        del self.world.of(kind)[gid]
        return gid

    def add_section(self) -> str:
        fields: JsonObject = {"name": self.chance.sentence(), "created_at": self.world.now(),
                              "project": data.ref("project", self.project())}  # fmt: skip
        return self.world.put("section", fields)

    def delete_section(self, among: list[str]) -> str:
        """A section goes; the tasks in it stay in the project."""
        gid = self.chance.pick(among)
        project = self.world.of("section").pop(gid)["project"]["gid"]
        first = next(key for key, each in self.world.of("section").items() if each["project"]["gid"] == project)
        for task, found in self.world.of("task").items():
            if any(each["section"]["gid"] == gid for each in found["memberships"]):
                moved = [{**each, "section": data.ref("section", first)} if each["section"]["gid"] == gid else each
                         for each in found["memberships"]]  # fmt: skip
                self.world.change_task(task, memberships=moved)
        return gid

    def change_team(self) -> str:
        found = self.world.of("team_membership")
        if found and self.chance.chance(0.5):
            return self.delete("team_membership")
        team, user = self.chance.pick(list(self.world.of("team"))), self.chance.pick(list(self.world.of("user")))
        return self.world.join(team, user)

    def change_member(self) -> str:
        """Someone is given a project, or is not any more; its owner stays."""
        shared = list(self.world.of("project_membership"))
        if len(shared) > 6 and self.chance.chance(0.5):
            return self.delete("project_membership")
        parent = data.ref("project", self.project())
        fields = {"parent": parent, "member": self.world.who(), "access_level": "viewer"}
        return self.world.put("project_membership", fields)

    def add_tag(self) -> str:
        fields = {"name": self.chance.sentence(), "color": None, "notes": "", "followers": [],
                  "created_at": self.world.now(), "workspace": data.ref("workspace", data.ORGANIZATION)}  # fmt: skip
        return self.world.put("tag", fields)

    def change_items(self) -> str:
        """A portfolio gets or loses a project, perhaps its last one."""
        portfolio = self.chance.pick(list(self.world.items))
        found, item = self.world.items[portfolio], ("project", self.project())
        self.world.items[portfolio] = [each for each in found if each != item] if item in found else [*found, item]
        return portfolio

    def enter_time(self) -> str:
        found = next(iter(self.world.of("time_tracking_entry").values()))
        fields = {name: value for name, value in found.items() if name not in ("gid", "resource_type")}
        return self.world.put("time_tracking_entry", {**fields, "duration_minutes": self.chance.number(5, 90)})
