"""What hangs on the made-up company's workspaces and people: library, permissions, flows, tasks, logs, CRM fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from connector_sdk.testing.fake import JsonObject, MadeUp, beside, zoned_text

if TYPE_CHECKING:
    from sandbox_data import World

data = beside(__file__, "sandbox_data")
ZONE: str = data.ZONE

LOG_TYPES = ("AccessLog", "UserActivityLog", "UserCallPlay", "ExternallySharedCallAccess", "ExternallySharedCallPlay")
CRM_TYPES = ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
CRM_FIELDS = ("Id", "Name", "OwnerId", "CreatedDate", "Amount", "Stage", "Industry", "Phone")
SETTINGS = ("webConferencesRecorded", "emailsImported", "telephonyCallsImported")


class Office:
    """The company's folders, profiles, flows, tasks, logs and CRM fields, over a world that has its calls and people.

    It draws from a chance of its own, so that the world's calls are the same with it and without.
    """

    def __init__(self, world: World, seed: int) -> None:
        api = world.api
        self.world = world
        self.made = MadeUp(f"office {seed}")
        self.folders = api.collection("folders")
        self.profiles = api.collection("permission profiles")
        self.flows = api.collection("flows", order="/id")
        self.tasks = api.collection("tasks", order="/id")
        self.logs = api.collection("log entries", key=("/logType", "/n"), order="/entry/eventTime")
        self.crm_fields = api.collection("CRM fields", key=("/integrationId", "/objectType", "/field/name"))

    def fill(self) -> None:
        """The whole office, as it is at the start."""
        made, people = self.made, self.world.users.select()
        for workspace in self.world.workspaces.select():
            for name in ("Onboarding", "Best of discovery", "Objection handling", "Archive of wins"):
                self.folders.put(self.folder(name, workspace["id"]))
            for name in ("Business user", "Technical admin", "Team lead"):
                self.profiles.put(self.profile(name, workspace["id"], made.some(people, 3, 9)))
        for each in self.world.active():
            if made.chance(0.3):
                self.flows.put(self.flow(each, "Company" if made.chance(0.3) else "Personal"))
            for _ in range(made.number(0, 2)):
                self.tasks.put(self.task(each))
        for log_type in LOG_TYPES:
            self.fill_log(log_type, 150)
        for integration in self.world.integrations.select():
            for kind in CRM_TYPES[: 4 if integration["crmType"] == "SALESFORCE" else 3]:  # HubSpot has no leads
                for name in made.some(CRM_FIELDS, 2, 5):
                    self.add_crm_field(integration["id"], kind, name)

    def fill_log(self, log_type: str, entries: int) -> None:
        """A log, in which some entries share an instant, and some of those the person as well."""
        instants = sorted(self.made.number(self.world.began, self.world.epoch) for _ in range(entries))
        for index, instant in enumerate(instants):
            if index and self.made.chance(0.1):
                instants[index] = instant = instants[index - 1]
                before = self.logs.get((log_type, index - 1))
                assert before is not None
                self.add_log(log_type, instant, person=before["entry"] if self.made.chance(0.5) else None)
            else:
                self.add_log(log_type, instant)

    # ---- truth

    def truths(self) -> dict[str, Callable[[], dict[Any, JsonObject]]]:
        """What the API shows of the office, by stream."""
        users, workspaces = self.world.users, self.world.workspaces
        return {
            "library_folders": lambda: {id: shown(each, "calls") for id, each in self.folders.truth().items()},
            "library_folder_content": self.library_calls,
            "permission_profiles": lambda: {id: shown(each, "users") for id, each in self.profiles.truth().items()},
            "permission_profile_users": lambda: {
                (profile["id"], user["id"]): user
                for profile in self.profiles.select()
                for user in profile["users"]
                if user["id"] in users and profile["workspaceId"] in workspaces
            },
            "flows": lambda: {id: shown(flow, "owner") for id, flow in self.flows.truth().items()},
            "tasks": lambda: {
                id: task for id, task in self.tasks.truth().items()
                if task["status"] == "OPEN" and task["assigneeId"] in users
            },
            "audit_logs": lambda: {key: row["entry"] for key, row in self.logs.truth().items()},
            "crm_entity_schema": lambda: {key: row["field"] for key, row in self.crm_fields.truth().items()},
            "user_settings_history": lambda: {
                (row["userId"], row["setting"], row["time"]): row
                for user in users.select() for row in settings_history(user, self.world.began)
            },
        }  # fmt: skip

    def library_calls(self) -> dict[Any, JsonObject]:
        """The calls that still are in each folder."""
        return {
            (folder["id"], call["id"]): call
            for folder in self.folders.select()
            for call in folder["calls"]
            if call["id"] in self.world.calls
        }

    # ---- new records

    def add_log(self, log_type: str, instant: int, person: JsonObject | None = None) -> str:
        """Something is logged; never the very same thing twice at one instant."""
        n = sum(1 for each in self.logs.truth() if each[0] == log_type)
        self.logs.put({"logType": log_type, "n": n, "entry": self.log_entry(n, instant, person)})
        return f"{log_type} {n}"

    def add_crm_field(self, integration: str, kind: str, name: str) -> Any:
        """A field of the CRM is chosen to be imported."""
        kinds = self.made.pick(("STRING", "NUMBER", "DATE", "REFERENCE"))
        field = {"name": name, "label": name.replace("Id", " ID"), "type": kinds}
        return self.crm_fields.put({"integrationId": integration, "objectType": kind, "field": field})

    # ---- records

    def folder(self, name: str, workspace: str) -> JsonObject:
        made, world = self.made, self.world
        content = [
            {
                "id": call["metaData"]["id"],
                "title": call["metaData"]["title"],
                "note": made.sentence(),
                "addedBy": made.pick(world.active())["id"],
                "created": zoned_text(world.epoch - made.number(1, 40) * data.DAY),
                "url": call["metaData"]["url"],
            }
            for call in made.some(world.calls.select(), 0, 8)
        ]
        meta = {"id": made.id(17), "name": name, "createdBy": made.pick(world.active())["id"], "parentFolderId": None}
        return {**meta, "updated": zoned_text(world.epoch - data.DAY), "workspaceId": workspace, "calls": content}

    def profile(self, name: str, workspace: str, people: list[JsonObject]) -> JsonObject:
        chosen = [{"id": each["id"], "emailAddress": each["emailAddress"]} for each in people]
        meta = {"id": self.made.id(16), "name": name, "description": self.made.sentence()}
        return {**meta, "workspaceId": workspace, "users": chosen}

    def flow(self, owner: JsonObject, visibility: str) -> JsonObject:
        meta = {"id": self.made.id(18), "name": self.made.sentence(), "folderId": None, "folderName": None}
        created = zoned_text(self.made.number(self.world.began, self.world.epoch), ZONE)
        return {
            **meta,
            "visibility": visibility,
            "creationDate": created,
            "exclusive": False,
            "owner": owner["emailAddress"],
        }

    def task(self, owner: JsonObject) -> JsonObject:
        meta = {"id": self.made.id(18), "assigneeId": owner["id"], "type": self.made.pick(("CALL", "EMAIL", "GENERAL"))}
        updated = zoned_text(self.made.number(self.world.began, self.world.epoch), ZONE)
        return {**meta, "subject": self.made.sentence(), "status": "OPEN", "updated": updated}

    def log_entry(self, n: int, instant: int, person: JsonObject | None = None) -> JsonObject:
        user = self.made.pick(self.world.active())
        fresh = {
            "userId": user["id"],
            "userEmailAddress": user["emailAddress"],
            "userFullName": f"{user['firstName']} {user['lastName']}",
        }
        who = {name: person[name] for name in fresh} if person else fresh
        record = {"ip": f"192.0.2.{self.made.number(1, 254)}", "action": self.made.sentence(), "request": n}
        return {**who, "eventTime": zoned_text(instant, digits=3), "logRecord": record}


def shown(row: JsonObject, *hidden: str) -> JsonObject:
    """A row without what the endpoint does not show of it."""
    return {name: value for name, value in row.items() if name not in ("workspaceId", *hidden)}


def settings_history(user: JsonObject, began: int) -> list[JsonObject]:
    """How someone's settings changed: the same for the same person."""
    made = MadeUp(f"history {user['id']}")
    return [
        {
            "userId": user["id"],
            "setting": made.pick(SETTINGS),
            "value": made.chance(0.5),
            "time": zoned_text(began + index * data.DAY + made.number(0, data.HOUR), ZONE),
        }
        for index in range(made.number(1, 4))
    ]
