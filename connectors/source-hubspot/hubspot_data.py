"""The sandbox's HubSpot account: its CRM objects, how they change, and what is made up about everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connector_sdk.testing.fake import Collection, Duration, FakeApi, JsonObject, MadeUp, instant_in, zoned_text

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
KINDS = ["contacts", "companies", "deals", "tickets", "calls", "emails", "meetings", "notes", "tasks", "communications",
         "postal_mail", "leads", "products", "line_items", "quotes", "orders", "carts", "invoices", "commerce_payments",
         "subscriptions", "discounts", "fees", "taxes", "goal_targets", "feedback_submissions", "users", "appointments",
         "courses", "listings", "services", "deal_splits", "contracts"]  # fmt: skip
MAIN = ("contacts", "companies", "deals", "tickets")
CUSTOM = "2-11"
CUSTOM_NAME = "car"
PIPED = ("deals", "tickets", "leads", "orders", "appointments", "courses", "listings", "services")
TYPE_IDS = {("deals", "contacts"): 3, ("contacts", "deals"): 4, ("deals", "companies"): 5, ("companies", "deals"): 6}


@dataclass
class Traps:
    """What the contract names as traps, each with a switch; the ones without one are always there."""

    search_lag: Duration = 0
    """How late the search knows of a change."""
    loose_search: bool = False
    """The search returns records a little outside of the bounds."""
    text_order: bool = False
    """The search sorts ids as text, and so in another order than it compares them."""
    search_cap: int = 10_000
    """How many results of one search can be paged through."""
    association_page: int = 500
    """How many associations of one object a batch shows."""
    url_limit: int = 8_000
    """How long a request's address may be."""
    without: set[str] = field(default_factory=set)
    """Scopes that the credentials lack."""
    unreadable: set[str] = field(default_factory=set)
    """Ids that a batch cannot read at the moment, which does not mean that they are gone."""
    merged_anew: bool = False
    """A merge gives the winner a new id."""
    journal_days: float = 3
    """How long the journal keeps its entries."""


def modified_name(kind: str) -> str:
    """The property that says when a record changed: contacts have another."""
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def stamp(instant: int) -> str:
    """An instant as HubSpot writes it, in milliseconds."""
    return zoned_text(instant // 1000 * 1000, digits=3)


class Crm:
    """Objects of every kind, what search knows of them, and their associations."""

    def __init__(self, api: FakeApi, seed: int, traps: Traps, start: int, wide: int) -> None:
        self.api, self.traps, self.start = api, traps, start
        self.made = MadeUp(f"hubspot {seed}")
        self.kinds = [*KINDS, CUSTOM]
        self.objects = {kind: api.collection(kind, key="/id") for kind in self.kinds}
        self.archived = {kind: api.collection(f"archived {kind}", key="/id") for kind in self.kinds}
        self.index = {kind: api.collection(f"search of {kind}", key="/id") for kind in self.kinds}
        self.properties = {kind: self._properties(kind, wide) for kind in self.kinds}
        self.history: dict[tuple[str, str], dict[str, list[JsonObject]]] = {}
        self.links: Collection = api.collection("associations", key=("/from", "/fromId", "/to", "/toId", "/typeId"))
        self.journal: list[JsonObject] = []
        self._ids = 94  # ids soon have one digit more, so that their order as text is another

    def _properties(self, kind: str, wide: int) -> list[JsonObject]:
        names = ["hs_object_id", "createdate", modified_name(kind), "hs_merged_object_ids", "name", "amount", "note"]
        names += ["email"] if kind == "contacts" else []
        names += [f"custom_property_with_a_long_name_{number:04}" for number in range(wide)]
        calculated = [{"name": "score", "type": "number", "calculated": True}]
        return [
            {"label": name, "fieldType": "text", "groupName": f"{kind}information", "archived": False, **more}
            for more in [*({"name": name, "type": "string", "calculated": False} for name in names), *calculated]
            for name in [str(more["name"])]
        ]

    def names(self, kind: str) -> list[str]:
        """The names of a kind's properties."""
        return [each["name"] for each in self.properties[kind]]

    # ---- changes

    def add(self, kind: str, *, at: int | None = None, edited: int | None = None, note: str = "") -> str:
        """A new object; gives its id."""
        at = self.api.now() if at is None else at
        self._ids += 1
        id, made = str(self._ids), self.made
        first, last = made.person()
        values: JsonObject = dict.fromkeys(self.names(kind), "")
        values |= {"hs_object_id": id, "createdate": stamp(at), "name": f"{first} {last}", "note": note}
        values |= {"amount": made.pick(["12.50", "0", "about 900", "1700000000000.0"]), "score": "1"}
        if kind == "contacts":
            values["email"] = made.email(first, last, "acme")
        record = {"id": id, "properties": values, "createdAt": stamp(at), "archived": False}
        self.save(kind, record, at if edited is None else edited, action="CREATE")
        return id

    def save(self, kind: str, record: JsonObject, at: int, *, action: str = "UPDATE") -> None:
        """The record as it is from this instant on; search knows of it later."""
        before = self.objects[kind].get(record["id"])
        values = {**record["properties"], modified_name(kind): stamp(at)}
        record = {**record, "properties": values, "updatedAt": stamp(at), "url": f"https://app.test/{record['id']}"}
        self._remember(kind, record, before, at)
        self.objects[kind].put(record)
        found = {"id": record["id"], "updatedAt": record["updatedAt"], "createdAt": record["createdAt"]}
        self.index[kind].put(found, visible_after=self.traps.search_lag)
        self.tell(action, kind, record["id"])

    def _remember(self, kind: str, record: JsonObject, before: JsonObject | None, at: int) -> None:
        versions = self.history.setdefault((kind, record["id"]), {})
        old = before["properties"] if before else {}
        for name, value in record["properties"].items():
            if value != old.get(name, ""):
                version = {"value": value, "timestamp": stamp(at), "sourceType": "CRM_UI", "sourceId": "userId:9"}
                versions.setdefault(name, []).insert(0, version)

    def edit(self, kind: str, id: str, **values: str) -> None:
        """Change properties of a record."""
        record = self.objects[kind].get(id)
        assert record is not None
        self.save(kind, {**record, "properties": {**record["properties"], **values}}, self.api.now())

    def recalculate(self, kind: str, id: str, value: str) -> None:
        """A calculated property changes: nothing says when."""
        self.objects[kind].edit(id, lambda record: record["properties"].update(score=value))

    def archive(self, kind: str, id: str, *, at: int | None = None) -> None:
        """Delete a record: it moves to the archive, and the search forgets it."""
        record = self._take(kind, id)
        now = stamp(self.api.now() if at is None else at)
        self.archived[kind].put({**record, "archived": True, "archivedAt": now, "updatedAt": now})
        self.tell("DELETE", kind, id)

    def restore(self, kind: str, id: str) -> None:
        """Bring an archived record back."""
        record = self.archived[kind].get(id)
        assert record is not None
        self.archived[kind].delete(id)
        kept = {name: value for name, value in record.items() if name != "archivedAt"}
        self.save(kind, {**kept, "archived": False}, self.api.now(), action="RESTORE")

    def merge(self, kind: str, winner: str, loser: str, *, at: int | None = None) -> str:
        """Merge a record into another: the loser is nowhere any more. Gives the id of the winner, which may be new."""
        self._take(kind, loser)
        record = self.objects[kind].get(winner)
        assert record is not None
        ids = [loser]
        if self.traps.merged_anew:
            self._take(kind, winner)
            self._ids += 1
            ids.append(winner)
            record = {**record, "id": str(self._ids)}
        known = record["properties"]["hs_merged_object_ids"]
        values = {"hs_merged_object_ids": ";".join([*filter(None, [known]), *ids]), "hs_object_id": record["id"]}
        changed = {**record, "properties": {**record["properties"], **values}}
        self.save(kind, changed, self.api.now() if at is None else at, action="MERGE")
        return str(record["id"])

    def erase(self, kind: str, id: str) -> None:
        """Erase a record for good, as privacy laws ask for: only the journal tells."""
        self._take(kind, id)
        self.tell("GDPR_DELETE", kind, id)

    def _take(self, kind: str, id: str) -> JsonObject:
        record = self.objects[kind].get(id)
        assert record is not None, (kind, id)
        self.objects[kind].delete(id)
        if id in self.index[kind]:
            self.index[kind].delete(id)
        for key in list(self.links.truth()):
            if key[:2] == (kind, id) or key[2:4] == (kind, id):
                self.links.delete(key)
        return record

    def link(self, one: str, id: str, other: str, other_id: str, type_id: int | None = None) -> None:
        """Associate two objects, both ways; neither record's time moves."""
        for here, there in (((one, id), (other, other_id)), ((other, other_id), (one, id))):
            number = TYPE_IDS.get((here[0], there[0]), 1) if type_id is None else type_id
            self.links.put({
                "from": here[0], "fromId": here[1], "to": there[0], "toId": there[1], "typeId": number,
                "category": "HUBSPOT_DEFINED" if type_id is None else "USER_DEFINED", "label": None,
            })  # fmt: skip
        self.tell("ASSOCIATION_ADDED", one, id)

    def unlink(self, one: str, id: str, other: str, other_id: str) -> None:
        """Take every association of two objects away."""
        for key in list(self.links.truth()):
            if key[:4] in ((one, id, other, other_id), (other, other_id, one, id)):
                self.links.delete(key)
        self.tell("ASSOCIATION_REMOVED", one, id)

    def linked(self, kind: str, id: str, to: str) -> list[tuple[str, list[JsonObject]]]:
        """What an object is associated with, by id, in order, each with the types of it."""
        found: dict[str, list[JsonObject]] = {}
        for link in self.links.truth().values():
            if (link["from"], link["fromId"], link["to"]) == (kind, id, to):
                types = found.setdefault(link["toId"], [])
                types.append({name: link[name] for name in ("category", "typeId", "label")})
        return sorted(found.items(), key=lambda item: int(item[0]))

    def tell(self, action: str, kind: str, id: str) -> None:
        """Write a file of the journal."""
        number = len(self.journal) + 1
        entry = {"type": "object", "action": action, "objectType": kind, "objectId": id,
                 "occurredAt": stamp(self.api.now()), "portalId": 1}  # fmt: skip
        self.journal.append({"offset": f"o-{number:06}", "at": self.api.now(), "entries": [entry]})

    # ---- what is there at first

    def fill(self, counts: dict[str, int], days: int) -> None:
        """Objects of every kind, made and changed within the last days; in the last hour nothing was."""
        now, made = self.api.now(), self.made
        for kind in self.kinds:
            for _ in range(counts.get(kind, counts["others"])):
                created = now - made.number(2 * HOUR, days * DAY)
                self.add(kind, at=created, edited=made.number(created, now - HOUR), note=made.pick(["", "", "called"]))
        for kind in MAIN:
            for id in list(self.objects[kind].truth())[::9]:
                self.recalculate(kind, id, "7")
        self._fill_links()
        for kind in MAIN:
            ids = list(self.objects[kind].truth())
            if len(ids) > 6:
                self.archive(kind, ids[0], at=now - HOUR)
                self.merge(kind, ids[1], ids[2], at=now - HOUR)

    def _fill_links(self) -> None:
        made = self.made
        ids = {kind: list(self.objects[kind].truth()) for kind in self.kinds}
        for one, other in (("contacts", "companies"), ("contacts", "deals"), ("contacts", "tickets"),
                           ("companies", "deals"), ("companies", "tickets"), ("deals", "tickets"),
                           ("deals", "line_items"), ("calls", "contacts"), ("emails", "contacts"),
                           (CUSTOM, "contacts")):  # fmt: skip
            for id in ids[one][::2] if ids[other] else ():
                for target in made.some(ids[other], 1, 3):
                    self.link(one, id, other, target)
        deal, contact = ids["deals"][3], ids["contacts"][3]
        self.link("deals", deal, "contacts", contact)
        self.link("deals", deal, "contacts", contact, type_id=41)

    def truth(self, kind: str) -> dict[Any, JsonObject]:
        """The objects of a kind, by id; a property that is empty has no value."""
        return {
            id: {
                **row,
                "properties": {name: None if value == "" else value for name, value in row["properties"].items()},
            }
            for id, row in self.objects[kind].truth().items()
        }

    def links_truth(self, one: str, other: str) -> dict[Any, JsonObject]:
        """Associations between two kinds, by both ids and the type."""
        return {
            (link["fromId"], link["toId"], link["typeId"]): {
                name: value for name, value in link.items() if name not in ("from", "to")
            }
            for link in self.links.truth().values()
            if (link["from"], link["to"]) == (one, other)
        }

    def history_truth(self, kind: str) -> dict[Any, JsonObject]:
        """Every value of every property of a kind's objects that is not calculated."""
        kept = {each["name"] for each in self.properties[kind] if not each["calculated"]}
        return {
            (id, name, version["timestamp"]): version
            for id in self.objects[kind].truth()
            for name, versions in self.history[kind, id].items()
            for version in versions
            if name in kept
        }


def millis(text: str) -> int:
    """An instant's milliseconds."""
    return instant_in(text) // 1000
