"""The made-up workspace behind the Linear sandbox: a table for each type of the public schema."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from connector_sdk.engine.clock import instant_text
from connector_sdk.testing.fake import FakeApi, JsonObject, MadeUp, beside

if TYPE_CHECKING:
    import linear_schema as schemas
else:
    schemas = beside(__file__, "linear_schema")

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
SECRET = "made-up-invite-hash-do-not-capture"
TRASH = ("Issue", "Project", "Document", "Initiative", "Release", "ReleasePipeline")

STREAMS = {
    "issues": "Issue", "comments": "Comment", "attachments": "Attachment", "issue_labels": "IssueLabel",
    "workflow_states": "WorkflowState", "issue_relations": "IssueRelation", "issue_history": "IssueHistory",
    "issue_state_history": "IssueStateSpan", "reactions": "Reaction", "projects": "Project",
    "project_updates": "ProjectUpdate", "project_milestones": "ProjectMilestone", "project_labels": "ProjectLabel",
    "project_statuses": "ProjectStatus", "project_relations": "ProjectRelation",
    "project_external_links": "EntityExternalLink", "initiatives": "Initiative",
    "initiative_updates": "InitiativeUpdate", "initiative_labels": "InitiativeLabel",
    "initiative_relations": "InitiativeRelation", "initiative_to_projects": "InitiativeToProject", "cycles": "Cycle",
    "documents": "Document", "teams": "Team", "team_memberships": "TeamMembership", "users": "User",
    "external_users": "ExternalUser", "templates": "Template", "time_schedules": "TimeSchedule",
    "customers": "Customer", "customer_needs": "CustomerNeed", "customer_statuses": "CustomerStatus",
    "customer_tiers": "CustomerTier", "releases": "Release", "release_pipelines": "ReleasePipeline",
    "release_stages": "ReleaseStage", "release_notes": "ReleaseNote", "issue_to_releases": "IssueToRelease",
    "audit_entries": "AuditEntry", "notifications": "IssueNotification",
}  # fmt: skip
"""The type behind each stream that shows one."""

LEFT_OUT = {
    "inviteHash", "calendarHash", "cycleCalenderUrl",  # secrets
    "isActive", "isFuture", "isNext", "isPast", "isPrevious", "isStale",  # the clock's
    "isMe", "lastSeen", "lastAppliedAt", "securitySettings",  # the reader's, or moving without an updatedAt
}  # fmt: skip
"""Fields that a capture is better without."""

ORGANIZATION = ("id", "createdAt", "updatedAt", "archivedAt", "name", "urlKey")


class World:
    """The workspace's data. A record holds values as they are, instants in microseconds, and what it refers to by id.

    ``late``: the share of changes that others see up to twenty seconds after they were stamped.
    """

    def __init__(self, api: FakeApi, seed: int, history_days: int, late: float) -> None:
        self.api = api
        self.made = MadeUp(seed)
        self.late = late
        self.epoch = api.now() // HOUR * HOUR
        self.began = self.epoch - history_days * DAY
        self.tables: dict[str, dict[str, JsonObject]] = {}
        self._pending: list[tuple[int, int, str, JsonObject]] = []
        self._count = 0

    # ---- making records

    def id(self) -> str:
        """The next UUID."""
        self._count += 1
        digest = hashlib.sha256(f"{self.made.number(0, 1 << 60)}{self._count}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"

    def table(self, kind: str) -> dict[str, JsonObject]:
        """The records of a type, by id."""
        return self.tables.setdefault(kind, {})

    def any(self, kind: str) -> str | None:
        """The id of one of them; None where there is none."""
        ids = list(self.table(kind))
        return self.made.pick(ids) if ids else None

    def make(self, kind: str, at: int | None = None, **given: Any) -> JsonObject:
        """A record with a value for every field of its type, those ``given`` among them."""
        at = self.api.now() if at is None else at
        record: JsonObject = {"__typename": kind, "id": self.id(), "createdAt": at, "updatedAt": at, "archivedAt": None}
        for each in schemas.schema().types[kind].values():
            if each.name in record or each.name in given or each.type.endswith("Connection"):
                continue
            if schemas.schema().plain(each):
                record[each.name] = self._value(each, at)
            elif not each.many:
                record[each.name] = self.any(each.type) if each.sure or self.made.chance(0.5) else None
        record |= given
        self.table(kind)[record["id"]] = record
        return record

    def _value(self, each: schemas.Field, at: int) -> Any:
        if each.name.endswith("Hash"):
            return SECRET
        if each.name == "trashed" or (not each.sure and self.made.chance(0.4)):
            return None
        if each.many:
            return []
        if each.type in schemas.schema().enums:
            return self.made.pick(schemas.schema().enums[each.type])
        match each.type:
            case "Int" | "Float":
                return self.made.number(0, 9)
            case "Boolean":
                return self.made.chance(0.5)
            case "DateTime":
                return at
            case "TimelessDate":
                return instant_text(at)[:10]
            case "JSONObject" | "JSON":
                return {"made": self.made.number(0, 9), "text": self.made.sentence()}
            case "ID" | "String" if each.name.endswith("Id") or each.type == "ID":
                return self.id()
        return self.made.sentence()

    def fill(self, issues: int) -> None:
        """The whole workspace, as it is at the start."""
        counts = {
            "User": 8, "ExternalUser": 2, "Template": 2, "Team": 2, "WorkflowState": 5, "IssueLabel": 5,
            "ProjectStatus": 3, "ProjectLabel": 2, "InitiativeLabel": 2, "Cycle": 3, "Project": 4,
            "ProjectMilestone": 3, "ProjectUpdate": 3, "Initiative": 3, "InitiativeUpdate": 2, "ReleasePipeline": 2,
            "ReleaseStage": 2, "Release": 3, "ReleaseNote": 2, "CustomerStatus": 2, "CustomerTier": 2, "Customer": 3,
            "Issue": issues, "Comment": issues // 2, "Attachment": issues // 4, "Document": 4, "CustomerNeed": 3,
            "IssueRelation": 5, "ProjectRelation": 2, "InitiativeRelation": 2, "InitiativeToProject": 2,
            "TeamMembership": 5, "IssueToRelease": 3, "TimeSchedule": 2, "AuditEntry": 6, "IssueNotification": 4,
            "EntityExternalLink": 4, "Reaction": 6, "Organization": 1,
        }  # fmt: skip
        for kind, count in counts.items():
            for number in range(count):
                at = self.began + (self.epoch - self.began) * number // count + self.made.number(0, 999_999)
                self.new(kind, at)
        for id in list(self.table("Issue")):
            self.history(id)

    def new(self, kind: str, at: int | None = None) -> JsonObject:
        """One more of a type, as it comes to be."""
        made = self.made
        match kind:
            case "Issue":
                number = len(self.table("Issue")) + 1
                return self.make(kind, at, number=number, identifier=f"ENG-{number}", previousIdentifiers=[],
                                 subscribers=made.some(list(self.table("User")), 0, 4), labelIds=[])  # fmt: skip
            case "Comment":
                own = dict.fromkeys(("projectId", "projectUpdateId", "initiativeId", "initiativeUpdateId", "parentId"))
                return self.make(kind, at, issueId=self.any("Issue"), **own)
            case "Project":
                return self.make(kind, at, members=made.some(list(self.table("User")), 1, 5), labelIds=[],
                                 teams=made.some(list(self.table("Team")), 1, 2))  # fmt: skip
            case "User":
                return self.make(kind, at, active=True, name=" ".join(made.person()), email=f"{self.id()}@acme.test")
            case "EntityExternalLink":
                return self.make(kind, at, project=self.any("Project"), initiative=None)
            case "Reaction":
                return self.make(kind, at, comment=self.any("Comment"), issue=None, projectUpdate=None,
                                 initiativeUpdate=None)  # fmt: skip
        return self.make(kind, at)

    def history(self, issue: str) -> None:
        """What happened to an issue is noted: a row of its own, or, of quick successive edits, the newest row anew."""
        rows = [row for row in self.table("IssueHistory").values() if row["issue"] == issue]
        now = self.api.now() if rows else self.table("Issue")[issue]["createdAt"]
        if rows and self.made.chance(0.4):
            self.change("IssueHistory", rows[-1]["id"], toTitle=self.made.sentence(), updatedAt=now)
            return
        self.make("IssueHistory", now, issue=issue)
        self.make("IssueStateSpan", now, issue=issue, startedAt=now, endedAt=None)

    # ---- changing them

    def change(self, kind: str, id: str, **fields: Any) -> None:
        """A record has other values from now on; nothing else of it moves."""
        self.table(kind)[id] = {**self.table(kind)[id], **fields}

    def edit(self, kind: str, id: str, **fields: Any) -> str:
        """Someone changes a record, and its updatedAt moves; others may see that a little later."""
        now = self.api.now()
        if not fields:
            texts = [each.name for each in schemas.schema().types[kind].values() if each.type == "String"
                     and not each.many and not each.deprecated and not each.name.endswith(("Id", "Hash"))
                     and each.name not in {"identifier", *LEFT_OUT}]  # fmt: skip
            fields = {self.made.pick(texts): self.made.sentence()}
        record = {**self.latest(kind, id), **fields, "updatedAt": now}
        if self.made.chance(self.late):
            heapq.heappush(self._pending, (now + self.made.number(1, 20) * SECOND, self._tick(), kind, record))
        else:
            self._forget(kind, id)
            self.table(kind)[id] = record
        if kind == "Issue":
            self.history(id)
        return id

    def latest(self, kind: str, id: str) -> JsonObject:
        """A record with what was changed and is not seen yet."""
        found = [record for _, _, of, record in sorted(self._pending) if of == kind and record["id"] == id]
        return found[-1] if found else self.table(kind)[id]

    def vanish(self, kind: str, id: str) -> str:
        """A record is gone for good, without a trace."""
        self._forget(kind, id)
        del self.table(kind)[id]
        return id

    def _tick(self) -> int:
        self._count += 1
        return self._count

    def _forget(self, kind: str, id: str) -> None:
        self._pending = [each for each in self._pending if (each[2], each[3]["id"]) != (kind, id)]
        heapq.heapify(self._pending)

    def settle(self, now: int | None = None) -> int:
        """Let others see what is due by now, or all that is pending; how much that was."""
        count = 0
        while self._pending and (now is None or self._pending[0][0] <= now):
            _, _, kind, record = heapq.heappop(self._pending)
            self.table(kind)[record["id"]] = record
            count += 1
        return count

    # ---- showing them

    def instant(self, value: int) -> str:
        """An instant as Linear writes it: UTC, cut to milliseconds."""
        text = instant_text(value // 1000 * 1000).removesuffix("Z")
        whole, _, rest = text.partition(".")
        return f"{whole}.{rest[:3]:0<3}Z"

    def value(self, record: JsonObject, each: schemas.Field) -> Any:
        """A plain field of a record, as an answer shows it."""
        found = record[each.name]
        return self.instant(found) if each.type == "DateTime" and found is not None else found

    def below(self, kind: str, record: JsonObject, name: str, nodes: str) -> Iterable[JsonObject]:
        """The records of a connection inside another record."""
        if name in record:
            return [self.table(nodes)[id] for id in record[name] if id in self.table(nodes)]
        own = kind[:1].lower() + kind[1:]
        return [row for row in self.table(nodes).values() if row.get(own) == record["id"]]

    # ---- truth

    def truths(self) -> dict[str, Callable[[], dict[Any, JsonObject]]]:
        """What the API shows of each stream, by key."""

        def of(kind: str) -> Callable[[], dict[Any, JsonObject]]:
            return lambda: {id: self.shown(kind, row) for id, row in self.table(kind).items() if not row.get("trashed")}

        def pairs(kind: str, name: str, other: str) -> Callable[[], dict[Any, JsonObject]]:
            own = f"{kind.lower()}Id"
            return lambda: {
                (id, row["id"]): {own: id, "id": row["id"]}
                for id, record in self.table(kind).items() for row in self.below(kind, record, name, other)
                if row["archivedAt"] is None and row.get("active", True)
            }  # fmt: skip

        def below_issues(kind: str) -> Callable[[], dict[Any, JsonObject]]:
            return lambda: {
                id: {**self.shown(kind, row, "issue"), "issueId": row["issue"]} for id, row in self.table(kind).items()
                if row["issue"] in self.table("Issue") and not self.table("Issue")[row["issue"]]["trashed"]
            }  # fmt: skip

        made = {stream: of(kind) for stream, kind in STREAMS.items()}
        return made | {
            "organization": lambda: {
                id: {name: value for name, value in self.shown("Organization", row).items() if name in ORGANIZATION}
                for id, row in self.table("Organization").items()
            },
            "reactions": lambda: {
                id: self.shown("Reaction", row)
                for id, row in self.table("Reaction").items()
                if row["comment"] in self.table("Comment")
            },
            "issue_history": below_issues("IssueHistory"),
            "issue_state_history": below_issues("IssueStateSpan"),
            "issue_subscribers": pairs("Issue", "subscribers", "User"),
            "project_members": pairs("Project", "members", "User"),
            "project_teams": pairs("Project", "teams", "Team"),
            "project_external_links": lambda: {
                id: {**self.shown("EntityExternalLink", row, "project"), "projectId": row["project"]}
                for id, row in self.table("EntityExternalLink").items() if row["project"] in self.table("Project")
            },
        }  # fmt: skip

    def shown(self, kind: str, record: JsonObject, *but: str) -> JsonObject:
        """Every value of a record, and the id of each single thing that it refers to; ``but`` for some, and for what a
        capture is better without."""
        known, left = schemas.schema(), {*LEFT_OUT, *but}
        fields = [each for each in known.types[kind].values() if not each.deprecated and each.name not in left]
        row = {each.name: self.value(record, each) for each in fields if known.plain(each)}
        for each in fields:
            twin = f"{each.name}Id" in known.types[kind] or each.type not in STREAMS.values()
            if not known.plain(each) and not each.many and not twin and each.name in record:
                row[each.name] = None if record[each.name] is None else {"id": record[each.name]}
        return row
