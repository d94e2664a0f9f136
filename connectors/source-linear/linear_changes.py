"""What happens in the Linear sandbox's workspace, at random, while it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from connector_sdk.testing.fake import MadeUp, beside

if TYPE_CHECKING:
    import linear_data as data
else:
    data = beside(__file__, "linear_data")

EDITED = ("Issue", "Comment", "Project", "User", "Team", "IssueLabel", "WorkflowState", "Document", "Cycle",
          "Attachment", "Initiative", "Customer", "Release", "ProjectUpdate", "ProjectMilestone")  # fmt: skip
MADE = (*EDITED, "IssueRelation", "TeamMembership", "Reaction", "EntityExternalLink", "AuditEntry", "CustomerNeed")
VANISHING = ("Comment", "Attachment", "IssueLabel", "ProjectMilestone", "IssueRelation", "TeamMembership", "Reaction",
             "EntityExternalLink", "CustomerNeed", "Customer")  # fmt: skip
OFTEN = {"Issue": 6, "Comment": 5}


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
        world = self.world
        found: dict[str, tuple[int, Callable[[], Any]]] = {}
        for kind in MADE:
            found[f"{kind} made"] = (OFTEN.get(kind, 1), lambda kind=kind: self.made(kind))
        for kind in EDITED:
            ids = self.ids(kind)
            found[f"{kind} edited"] = (
                OFTEN.get(kind, 1) * bool(ids), lambda kind=kind, ids=ids: world.edit(kind, self.chance.pick(ids))
            )  # fmt: skip
        for kind in VANISHING:
            ids = list(world.table(kind))
            found[f"{kind} vanished"] = (
                int(len(ids) > 1), lambda kind=kind, ids=ids: world.vanish(kind, self.chance.pick(ids))
            )  # fmt: skip
        for kind in data.TRASH:
            ids, trashed = self.ids(kind), self.ids(kind, trashed=True)
            found[f"{kind} trashed"] = (int(len(ids) > 2), lambda kind=kind, ids=ids: self.trash(kind, ids))
            found[f"{kind} restored"] = (bool(trashed), lambda kind=kind, ids=trashed: self.restore(kind, ids))
            found[f"{kind} purged"] = (bool(trashed), lambda kind=kind, ids=trashed: self.purge(kind, ids))
        issues, projects = self.ids("Issue"), self.ids("Project")
        found["Issue purged at once"] = (int(len(issues) > 2), lambda: self.purge("Issue", issues))
        found["Issue archived"] = (2, lambda: world.edit("Issue", self.chance.pick(issues), archivedAt=world.api.now()))
        found["Issue moved"] = (1, lambda: self.move(self.chance.pick(issues)))
        found["User suspended"] = (1, lambda: world.edit("User", self.chance.pick(self.ids("User")), active=False))
        found["subscriber came or went"] = (1, lambda: self.turn("Issue", issues, "subscribers"))
        found["member came or went"] = (1, lambda: self.turn("Project", projects, "members"))
        return found

    def ids(self, kind: str, *, trashed: bool = False) -> list[str]:
        return [id for id in self.world.table(kind) if bool(self.world.latest(kind, id).get("trashed")) is trashed]

    def made(self, kind: str) -> str:
        record = self.world.new(kind)
        if kind == "Issue":
            self.world.history(record["id"])
        return str(record["id"])

    def trash(self, kind: str, ids: list[str]) -> str:
        """Someone deletes a record in the app, which puts it into the trash."""
        return self.world.edit(kind, self.chance.pick(ids), trashed=True, archivedAt=self.world.api.now())

    def restore(self, kind: str, ids: list[str]) -> str:
        return self.world.edit(kind, self.chance.pick(ids), trashed=None, archivedAt=None)

    def purge(self, kind: str, ids: list[str]) -> str:
        return self.world.vanish(kind, self.chance.pick(ids))

    def move(self, id: str) -> str:
        """An issue goes to another team, and gets another identifier."""
        before = self.world.latest("Issue", id)
        identifier = f"OPS-{before['number']}"
        previous = [*before["previousIdentifiers"], before["identifier"]]
        return self.world.edit("Issue", id, identifier=identifier, previousIdentifiers=previous)

    def turn(self, kind: str, ids: list[str], name: str) -> str:
        """Someone is added below a record, or removed; its own updatedAt does not move."""
        id, user = self.chance.pick(ids), self.chance.pick(list(self.world.table("User")))
        held = self.world.latest(kind, id)[name]
        after = [each for each in held if each != user] if user in held else [*held, user]
        for record in (self.world.table(kind)[id], self.world.latest(kind, id)):
            record[name] = after
        return f"{id} {user}"
