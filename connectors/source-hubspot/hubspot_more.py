"""HubSpot's other endpoints: settings, lists, marketing, conversations, logs and the webhooks journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from connector_sdk.testing.fake import JsonObject, OAuthTokens, Refuse, Request, beside, instant_in

if TYPE_CHECKING:
    import hubspot_crm as crm_routes
    import hubspot_data as data
    import hubspot_hub as hub
else:
    data, hub = beside(__file__, "hubspot_data"), beside(__file__, "hubspot_hub")
    crm_routes = beside(__file__, "hubspot_crm")

LISTS_CAP = 10_000
Handler = Callable[[Request], Any]


class MoreRoutes:
    """Serves everything beside the objects."""

    def __init__(
        self, served: crm_routes.Served, rooms: hub.Hub, oauth: OAuthTokens, journal: OAuthTokens, journal_id: str
    ) -> None:
        self.served, self.api, self.rooms, self.rows = served, served.api, rooms, rooms.rows
        self.crm, self.traps = rooms.crm, served.traps
        self.oauth, self.journal_tokens, self.journal_id = oauth, journal, journal_id
        self._signed: dict[str, int] = {}
        self.settings()
        self.marketing()
        self.activity()

    # ---- listings

    def all(self, name: str) -> Handler:
        """Everything at once."""
        return lambda request: {"results": self.rows[name].select()}

    def paged(
        self, name: str, keep: Callable[[JsonObject, Request], bool] = lambda row, request: True, most: int = 100
    ) -> Handler:
        """Pages of what a request asks for."""
        return lambda request: self.served.page(
            request, [row for row in self.rows[name].select() if keep(row, request)], most
        )

    # ---- settings

    def settings(self) -> None:
        at = self.served.at
        at("/crm/v3/owners", self.paged("owners", lambda row, request: row["archived"] == request.flag("archived")),
           "crm.objects.owners.read")  # fmt: skip
        at("/crm/v3/schemas", self.all("schemas"), "crm.schemas.custom.read")
        at("/crm/v3/pipelines/{kind}", self.pipelines)
        at("/crm/v3/pipelines/{kind}/{id}/audit", self.audits)
        at("/crm/v4/associations/{from}/{to}/labels", self.labels)
        at("/crm/v3/lists/search", self.lists, "crm.lists.read", post=True)
        at("/crm/v3/lists/{id}/memberships/join-order", self.memberships, "crm.lists.read")

    def pipelines(self, request: Request) -> JsonObject:
        kind = request.parts["kind"]
        rows = [row for row in self.rows["pipelines"] if row["objectType"] == kind]
        return {"results": [{name: value for name, value in row.items() if name != "objectType"} for row in rows]}

    def audits(self, request: Request) -> JsonObject:
        wanted = f"{request.parts['kind']}/{request.parts['id']}"
        rows = [row for row in self.rows["audits"] if row["pipelineId"] == wanted]
        return {"results": [{name: value for name, value in row.items() if name != "pipelineId"} for row in rows]}

    def labels(self, request: Request) -> JsonObject:
        one, other = request.parts["from"], request.parts["to"]
        rows = [row for row in self.rows["labels"] if (row["from"], row["to"]) == (one, other)]
        return {"results": [{name: row[name] for name in ("category", "typeId", "label")} for row in rows]}

    def lists(self, request: Request) -> JsonObject:
        count = request.integer("/count", 20, least=1, most=500)
        offset = request.integer("/offset", 0, most=LISTS_CAP)
        rows = self.rows["lists"].select()
        ends = offset + count
        page = rows[offset:ends]
        return {"lists": page, "hasMore": ends < len(rows), "offset": offset + len(page), "total": len(rows)}

    def memberships(self, request: Request) -> JsonObject:
        if request.parts["id"] not in self.rows["lists"]:
            raise Refuse(404, "the list does not exist")
        rows = [row for row in self.rows["memberships"].select() if row["listId"] == request.parts["id"]]
        shown = [{name: row[name] for name in ("recordId", "membershipTimestamp")} for row in rows]
        return self.served.page(request, shown, 250)

    # ---- marketing

    def marketing(self) -> None:
        at, campaign = self.served.at, "/marketing/v3/campaigns"
        at("/marketing/v3/forms", self.paged("forms", self.wanted_form, 500), "forms")
        at("/form-integrations/v1/submissions/forms/{id}", self.submissions, "forms")
        at("/marketing/v3/emails", self.emails, "content")
        at("/email/public/v1/events", self.told("email_events", "events", "created"), "content")
        at("/email/public/v1/subscriptions/timeline", self.told("timeline", "timeline", "timestamp"), "content")
        at("/communication-preferences/v4/definitions", self.all("definitions"), "communication_preferences.read")
        at("/communication-preferences/v4/statuses/{email}", self.statuses, "communication_preferences.read")
        at(campaign, self.paged("campaigns"), "marketing.campaigns.read")
        at(f"{campaign}/{{id}}/budget/totals", self.budget, "marketing.campaigns.read")
        at(f"{campaign}/{{id}}/reports/metrics", lambda request: {"sessions": 7}, "marketing.campaigns.read")
        at(f"{campaign}/{{id}}/assets/{{type}}", self.assets, "marketing.campaigns.read")
        scope = "crm.objects.marketing_events.read"
        at("/marketing/v3/marketing-events", self.paged("events"), scope)
        at("/marketing/v3/marketing-events/participations/{id}/breakdown", self.participations, scope)

    def wanted_form(self, row: JsonObject, request: Request) -> bool:
        types = request.texts("formTypes", ["hubspot"])
        return types == ["all"] or row["formType"] in types

    def submissions(self, request: Request) -> JsonObject:
        form = self.rows["forms"].get(request.parts["id"])
        if form is None:
            raise Refuse(404, "the form does not exist")
        if form["formType"] == "blog_comment":
            raise Refuse(400, "FORM_TYPE_NOT_ALLOWED")
        rows = [row for row in self.rows["submissions"].select() if row["formId"] == form["id"]]
        shown = []
        for row in rows:
            old = form["formType"] == "captured"  # these have no id of their own
            hidden = ("formId", "conversionId") if old else ("formId",)
            shown.append({name: value for name, value in row.items() if name not in hidden})
        return self.served.page(request, shown, 50)

    def emails(self, request: Request) -> JsonObject:
        since, stats = request.instant("updatedAfter", None), request.flag("includeStats")
        rows = []
        for row in self.rows["emails"].select():
            if row["archived"] != request.flag("archived") or (stats and row["stats"] is None):
                continue  # who asks for statistics is not shown e-mails without
            if since is None or instant_in(row["updatedAt"]) > since:
                rows.append(row if stats else {name: value for name, value in row.items() if name != "stats"})
        return self.served.page(request, rows)

    def told(self, collection: str, name: str, at: str) -> Handler:
        """What happened within a window, both of whose ends are included, behind an offset of letters."""

        def handler(request: Request) -> JsonObject:
            since, until = request.integer("startTimestamp"), request.integer("endTimestamp")
            if collection == "email_events" and until - since > 86_400_000:
                raise Refuse(400, "the window is longer than a day")
            rows = [row for row in self.rows[collection].select() if since <= row[at] <= until]
            page = self.served.tokens.page(request, rows, at="offset", size=request.integer("limit", 100, most=1000))
            return {"hasMore": page.more, "offset": page.next or "the end", name: page.records}

        return handler

    def statuses(self, request: Request) -> JsonObject:
        rows = [row for row in self.rows["statuses"].select() if row["email"] == request.parts["email"]]
        return {"results": [{name: value for name, value in row.items() if name != "email"} for row in rows]}

    def budget(self, request: Request) -> JsonObject:
        return {"currencyCode": "EUR", "budgetTotal": 100, "spendTotal": 40, "budgetItems": [], "spendItems": []}

    def assets(self, request: Request) -> JsonObject:
        wanted = (request.parts["id"], request.parts["type"])
        rows = [row for row in self.rows["assets"].select() if (row["campaign"], row["type"]) == wanted]
        return self.served.page(request, [{"id": row["id"], "name": row["name"]} for row in rows])

    def participations(self, request: Request) -> JsonObject:
        rows = [row for row in self.rows["participations"].select() if row["event"] == request.parts["id"]]
        return self.served.page(
            request, [{name: value for name, value in row.items() if name != "event"} for row in rows]
        )

    # ---- conversations, automation, logs

    def activity(self) -> None:
        at, conversations = self.served.at, "/conversations/v3/conversations"
        for name in ("inboxes", "channels"):
            at(f"{conversations}/{name}", self.paged(name), "conversations.read")
        at(f"{conversations}/threads", self.threads, "conversations.read")
        at(f"{conversations}/threads/{{id}}/messages", self.messages, "conversations.read")
        at("/automation/v4/flows", self.flows, "automation")
        at("/automation/v4/flows/{id}", self.flow, "automation")
        at("/automation/v4/sequences", self.paged("sequences", self.of_user), "automation.sequences.read")
        at("/events/v3/events", self.paged("web_events", self.of_object), "business-intelligence")
        at("/events/v3/events/event-types", lambda request: {"eventTypes": ["e_visited_page", "e_clicked"]},
           "business-intelligence")  # fmt: skip
        security = "account-info.security.read"
        at("/account-info/v3/activity/audit-logs", self.paged("audit_logs", self.occurred), security)
        at("/account-info/v3/activity/login", self.paged("logins"), security)
        at("/account-info/v3/activity/security", self.paged("security"), security)
        at("/account-info/v3/api-usage/daily/private-apps", self.all("usage"))
        for path in ("earliest", "latest", "offset/{offset}/next"):
            at(f"/webhooks-journal/journal-local/2026-03/{path}", self.journal)
        self.api.get("/j/{offset}", auth=False)(self.file)
        self.api.post("/oauth/v3/token", auth=False)(self.token)

    def of_user(self, row: JsonObject, request: Request) -> bool:
        return bool(row["userId"] == request.text("userId"))

    def of_object(self, row: JsonObject, request: Request) -> bool:
        return bool(row["objectId"] == request.text("objectId"))

    def threads(self, request: Request) -> JsonObject:
        since = request.instant("latestMessageTimestampAfter", None)
        if since is not None:
            request.choice("sort", ("latestMessageTimestamp",))
        rows = [row for row in self.rows["threads"].select()
                if since is None or instant_in(row["latestMessageTimestamp"]) > since]  # fmt: skip
        return self.served.page(request, rows)

    def messages(self, request: Request) -> JsonObject:
        rows = [row for row in self.rows["messages"].select() if row["conversationsThreadId"] == request.parts["id"]]
        return self.served.page(request, rows)

    def flows(self, request: Request) -> JsonObject:
        rows = [
            {name: value for name, value in row.items() if name != "actions"} for row in self.rows["flows"].select()
        ]
        return self.served.page(request, rows)

    def flow(self, request: Request) -> JsonObject:
        found = self.rows["flows"].get(request.parts["id"])
        if found is None:
            raise Refuse(404, "the flow does not exist")
        return found

    def occurred(self, row: JsonObject, request: Request) -> bool:
        since, until, at = (
            request.instant("occurredAfter"),
            request.instant("occurredBefore"),
            instant_in(row["occurredAt"]),
        )
        return since < at < until

    # ---- the journal

    def token(self, request: Request) -> JsonObject:
        form = dict(parse_qsl(request.body.decode()))
        app = form.get("client_id") == self.journal_id
        if app != (form.get("grant_type") == "client_credentials"):
            raise Refuse(400, "unsupported_grant_type")
        return (self.journal_tokens if app else self.oauth).endpoint(request)

    def journal(self, request: Request) -> JsonObject | None:
        """Where the next file lies: entries that are older than three days are not kept."""
        if not self.journal_tokens.admits(request):
            raise Refuse(401, "the journal is read with the token of its app")
        now = self.api.now()
        kept = [file for file in self.crm.journal if file["at"] > now - self.traps.journal_days * data.DAY]
        offset = request.parts.get("offset")
        if offset is not None:
            known = [file["offset"] for file in kept]
            newest = self.crm.journal[-1]["offset"] if self.crm.journal else ""
            if offset not in known and offset != newest:
                raise Refuse(404, "the offset is not kept any more")
            kept = [file for file in kept if file["offset"] > offset]
        if not kept:
            return None
        file = kept[-1] if request.path.endswith("latest") else kept[0]
        self._signed[file["offset"]] = now + 5 * data.MINUTE
        url = f"https://files.hubspot.test/j/{file['offset']}"
        return {"url": url, "currentOffset": file["offset"], "expiresAt": data.stamp(now + 5 * data.MINUTE)}

    def file(self, request: Request) -> JsonObject:
        offset = request.parts["offset"]
        if self._signed.get(offset, 0) < self.api.now():
            raise Refuse(403, "the address has expired")
        (file,) = [each for each in self.crm.journal if each["offset"] == offset]
        return {"offset": offset, "journalEvents": file["entries"]}
