"""HubSpot's CRM endpoints over the sandbox's objects: listings, search, batches, associations, properties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from connector_sdk.testing.fake import Answer, FakeApi, JsonObject, Limit, Refuse, Request, beside, instant_in

if TYPE_CHECKING:
    import hubspot_data as data
else:
    data = beside(__file__, "hubspot_data")

SCOPES = {
    "tickets": "tickets", "emails": "sales-email-read", "products": "e-commerce",
    "goal_targets": "crm.objects.goals.read", data.CUSTOM: "crm.objects.custom.read",
} | dict.fromkeys(("calls", "meetings", "notes", "tasks"), "crm.objects.contacts.read")  # fmt: skip


def scope_of(kind: str) -> str:
    """The scope that a kind of object needs."""
    return SCOPES.get(kind, f"crm.objects.{kind}.read")


class Served:
    """Handlers behind what every answer of HubSpot has: its scope, its address, its limits told in headers."""

    def __init__(self, api: FakeApi, traps: data.Traps) -> None:
        self.api, self.traps = api, traps
        self.tokens = api.pager("offset")
        self.told = True
        self.interval, self.most, self.daily = 10_000, 190, 250_000

    def at(self, path: str, handler: Callable[[Request], Any], scope: str = "", *, post: bool = False) -> None:
        """Serve a path, for credentials with this scope."""

        def served(request: Request) -> Answer:
            if len(request.path) + sum(len(each) for each in request.query.values()) > self.traps.url_limit:
                raise Refuse(414, "URI Too Long")
            self.need(scope)
            given = handler(request)
            answer = given if isinstance(given, Answer) else Answer(given, 204 if given is None else 200)
            if self.told and not path.endswith("/search"):  # a search tells nothing
                answer.headers |= {
                    "X-HubSpot-RateLimit-Daily": str(self.daily),
                    "X-HubSpot-RateLimit-Daily-Remaining": str(self.daily - request.n),
                    "X-HubSpot-RateLimit-Interval-Milliseconds": str(self.interval),
                    "X-HubSpot-RateLimit-Max": str(self.most),
                    "X-HubSpot-RateLimit-Remaining": str(self.most - 1),
                }
            return answer

        (self.api.post if post else self.api.get)(path)(served)

    def need(self, scope: str) -> None:
        """Refuse where the credentials lack a scope."""
        if scope and scope in self.traps.without:
            raise Refuse(403, f"MISSING_SCOPES {scope}")

    def page(self, request: Request, rows: Sequence[JsonObject], most: int = 100) -> JsonObject:
        """A page behind an opaque token, which hides a position."""
        size = request.integer("limit", most, least=1, most=most)
        page = self.tokens.page(request, rows, at="after", size=size)
        paging = {"paging": {"next": {"after": page.next, "link": "https://api.test/next"}}} if page.more else {}
        return {"results": page.records, **paging}


class CrmRoutes:
    """Serves the objects."""

    def __init__(self, served: Served, crm: data.Crm) -> None:
        self.served, self.crm, self.api, self.traps = served, crm, served.api, served.traps
        self.searches = Limit(5, 1, None, 429, "You have reached your secondly limit.")
        objects, associations = "/crm/v3/objects/{kind}", "/crm/v4/associations/{from}/{to}"
        served.at(objects, self.listing)
        served.at(f"{objects}/search", self.search, post=True)
        served.at(f"{objects}/batch/read", self.batch, post=True)
        served.at(f"{associations}/batch/read", self.associated, post=True)
        served.at("/crm/v4/objects/{from}/{id}/associations/{to}", self.more_associated)
        served.at("/crm/v3/properties/{kind}", lambda request: {"results": crm.properties[self.kind(request)]})
        served.at("/crm/v3/properties/{kind}/groups", self.groups)

    def kind(self, request: Request, at: str = "kind") -> str:
        """The kind of object of the path: the account's own ones are known by their id or their full name."""
        kind = {f"p_{data.CUSTOM_NAME}": data.CUSTOM, "p1_car": data.CUSTOM}.get(request.parts[at], request.parts[at])
        if kind not in self.crm.objects:
            raise Refuse(404, f"Unable to infer object type from: {kind}")
        self.served.need(scope_of(kind))
        return kind

    def shown(self, kind: str, record: JsonObject, names: Sequence[str]) -> JsonObject:
        """A record with the properties that were asked for, and those that are always there."""
        always = ("hs_object_id", "createdate", data.modified_name(kind))
        values = record["properties"]
        kept = {name: values[name] for name in dict.fromkeys((*always, *names)) if name in values}
        return {**record, "properties": kept}

    def listing(self, request: Request) -> JsonObject:
        kind, limit = self.kind(request), request.integer("limit", 10, least=1, most=100)
        rows = self.crm.archived[kind] if request.flag("archived") else self.crm.objects[kind]
        after = int(request.text("after", "0"))
        left = sorted((row for row in rows.select() if int(row["id"]) >= after), key=lambda row: int(row["id"]))
        names = request.texts("properties", [])
        request.records = len(left[:limit])
        found: JsonObject = {"results": [self.shown(kind, row, names) for row in left[:limit]]}
        if len(left) > limit:
            found["paging"] = {"next": {"after": left[limit]["id"], "link": "https://api.test/next"}}
        return found

    # ---- search

    def search(self, request: Request) -> JsonObject:
        if self.api.limits_on:
            if self.searches.wait(self.api.now()) > 0:
                self.searches.refused += 1
                raise Refuse(429, self.searches.message)
            self.searches.take(self.api.now())
        kind, body = self.kind(request), request.json
        limit = request.integer("/limit", 10, least=1, most=200)
        start = int(request.value("/after", "0"))
        if start + limit > self.traps.search_cap:
            raise Refuse(400, "There was a problem with the request.")
        groups = request.value("/filterGroups", [])
        if len(groups) > 5 or any(len(group["filters"]) > 6 for group in groups) or len(request.body) > 3_000:
            raise Refuse(400, "too many filters")
        rows = [row for row in self.crm.index[kind].select() if row["id"] in self.crm.objects[kind]]
        for group in groups:
            for each in group["filters"]:
                rows = [row for row in rows if self.passes(kind, row, each)]
        rows.sort(key=lambda row: self.order(row, body["sorts"][0]["propertyName"]))
        request.records = len(rows[start : start + limit])
        found: JsonObject = {
            "total": len(rows),
            "results": [self.found(kind, row, request) for row in rows[start : start + limit]],
        }
        if start + limit < len(rows):
            found["paging"] = {"next": {"after": str(start + limit)}}
        return found

    def passes(self, kind: str, row: JsonObject, wanted: JsonObject) -> bool:
        name, operator, value = wanted["propertyName"], wanted["operator"], wanted["value"]
        if name == "hs_object_id":
            assert operator == "GT"
            return int(row["id"]) > int(value)
        if name != data.modified_name(kind):
            return False  # a property that this kind has not
        assert operator == "BETWEEN"
        since, until = data.millis(value), data.millis(wanted["highValue"])
        if since <= 0:
            raise Refuse(500, "internal error")
        loose = 2_000 if self.traps.loose_search else 0
        return since - loose <= data.millis(row["updatedAt"]) <= until + loose

    def order(self, row: JsonObject, name: str) -> Any:
        if name == "hs_object_id":
            return row["id"] if self.traps.text_order else int(row["id"])
        return instant_in(row["updatedAt"])

    def found(self, kind: str, row: JsonObject, request: Request) -> JsonObject:
        now = self.crm.objects[kind].get(row["id"])
        asked = {name: now["properties"].get(name) for name in request.texts("/properties", [])} if now else {}
        values = {"hs_object_id": row["id"], data.modified_name(kind): row["updatedAt"]}
        return {**row, "properties": asked | values, "archived": False}

    # ---- batches

    def ids(self, request: Request, most: int) -> list[str]:
        inputs = request.value("/inputs")
        if not isinstance(inputs, list) or not inputs or len(inputs) > most:
            raise Refuse(400, f"inputs must hold 1 to {most}")
        return [each["id"] for each in inputs]

    def answer(self, results: list[JsonObject], errors: list[JsonObject]) -> Answer:
        body: JsonObject = {"status": "COMPLETE", "results": results, "startedAt": "2026-01-05T10:00:01Z"}
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return Answer(body, 207 if errors else 200)

    def batch(self, request: Request) -> Answer:
        kind, history = self.kind(request), request.texts("/propertiesWithHistory", None)
        results, missing, broken = [], [], []
        for id in self.ids(request, 50 if history else 100):
            record = self.crm.objects[kind].get(id)
            if id in self.traps.unreadable:
                broken.append(id)
            elif record is None:
                missing.append(id)
            else:
                shown = self.shown(kind, record, request.texts("/properties", []))
                if history:
                    known = self.crm.history[kind, id]
                    shown["propertiesWithHistory"] = {name: known[name] for name in history if name in known}
                results.append(shown)
        errors = [
            {"status": "error", "category": category, "message": "Could not get some objects.", "context": {"ids": ids}}
            for category, ids in (("OBJECT_NOT_FOUND", missing), ("INTERNAL_ERROR", broken))
            if ids
        ]
        return self.answer(results, errors)

    def associated(self, request: Request) -> Answer:
        one, other = self.kind(request, "from"), self.kind(request, "to")
        results, none = [], []
        for id in self.ids(request, 100):
            found = self.crm.linked(one, id, other)
            if not found:
                none.append(id)
                continue
            result: JsonObject = {"from": {"id": id}, "to": self.to(found[: self.traps.association_page])}
            if len(found) > self.traps.association_page:
                result["paging"] = {"next": {"after": found[self.traps.association_page][0]}}
            results.append(result)
        errors = [
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "subCategory": "NO_ASSOCIATIONS_FOUND",
                "message": f"No {other} is associated with {id}.",
                "context": {"fromObjectId": [id]},
            }
            for id in none
        ]
        return self.answer(results, errors)

    def to(self, found: Sequence[tuple[str, list[JsonObject]]]) -> list[JsonObject]:
        return [{"toObjectId": int(id), "associationTypes": types} for id, types in found]

    def more_associated(self, request: Request) -> JsonObject:
        one, other = self.kind(request, "from"), self.kind(request, "to")
        limit = min(request.integer("limit", 500, least=1, most=500), self.traps.association_page)
        after = int(request.text("after", "0"))
        left = [each for each in self.crm.linked(one, request.parts["id"], other) if int(each[0]) >= after]
        found: JsonObject = {"results": self.to(left[:limit])}
        if len(left) > limit:
            found["paging"] = {"next": {"after": left[limit][0], "link": "https://api.test/next"}}
        return found

    def groups(self, request: Request) -> JsonObject:
        name = f"{self.kind(request)}information"
        return {"results": [{"name": name, "label": name, "displayOrder": 0, "archived": False}]}


def error_body(status: int, message: str, request: Request) -> JsonObject:
    """HubSpot's errors."""
    body: JsonObject = {"status": "error", "message": message, "correlationId": f"c{request.n}"}
    if status == 429:
        policy = "DAILY" if "daily" in message else "TEN_SECONDLY_ROLLING" if "ten_secondly" in message else "SECONDLY"
        return body | {"errorType": "RATE_LIMIT", "policyName": policy, "requestId": f"r{request.n}"}
    if message.startswith("MISSING_SCOPES"):
        scope = message.partition(" ")[2]
        text = (
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes here."
        )
        needed = {
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": [scope]},
        }
        return body | {"message": text, "category": "MISSING_SCOPES", "errors": [needed]}
    if status == 401:
        return body | {"category": "EXPIRED_AUTHENTICATION"}
    if message == "FORM_TYPE_NOT_ALLOWED":
        return body | {"message": "This type of form is not allowed.", "errorType": message}
    return body | {"category": "VALIDATION_ERROR"} if status == 400 else body
