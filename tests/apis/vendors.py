"""Ten vendors as fakes, each written from the way such vendors document themselves, never from the connector."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from base64 import b64decode, b64encode
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import (
    Answer,
    ApiKey,
    Basic,
    Bearer,
    FakeApi,
    OAuthTokens,
    Refuse,
    between,
    day_of,
    equals,
    next_link,
    numbered,
    offsets,
    zoned_text,
)

HOUR = 3_600_000_000


class Vendor:
    """A vendor: its API, what it holds, and what happens there after the first capture."""

    source: ClassVar[str]
    streams: ClassVar[tuple[str, ...]]
    credentials: ClassVar[dict[str, Any]]
    jump: ClassVar[float] = 2.0
    """Hours between the two captures."""
    spoilt: ClassVar[str] = "*"
    """The requests that faults may meet."""

    def __init__(self) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
        self.api = FakeApi(self.source, clock=self.clock)
        self.serve()

    def serve(self) -> None:
        """Declare the routes, and fill the collections."""
        raise NotImplementedError

    def change(self) -> None:
        """What happens between the two captures."""
        raise NotImplementedError

    def truth(self, stream: str) -> dict[Any, Any]:
        """What a perfect capture of the stream holds now."""
        found: dict[Any, Any] = getattr(self, stream).truth()
        return found

    def config(self) -> dict[str, Any]:
        return {"credentials": self.credentials, "advanced": {"base_url": self.api.url}}

    def ago(self, hours: float = 0) -> str:
        return zoned_text(self.clock.now() - int(hours * HOUR))

    def pass_time(self, hours: float) -> None:
        self.clock._start += int(hours * HOUR)


class Desk(Vendor):
    source, streams = "source_pagenumber", ("agents", "tickets")
    credentials: ClassVar = {"email": "ann@acme.example", "token": "a-made-up-desk-token"}

    def serve(self) -> None:
        api = self.api
        api.auth.append(Basic("ann@acme.example/token", "a-made-up-desk-token"))
        api.error_body = lambda status, message, request: {"error": {"code": status, "message": message}}
        self.agents = api.collection("agents")
        self.tickets = api.collection("tickets", order="/updated_at")
        self.agents.put_all({"id": n, "name": f"agent {n}"} for n in range(41))
        self.tickets.put_all({"id": n, "updated_at": self.ago(n * 9), "subject": "s"} for n in range(65))

        def shown(request: Any, name: str, found: Any) -> dict[str, Any]:
            page = numbered(request, found, size=25, most=100)
            pages = -(-page.total // request.integer("per_page", 25))
            return {name: page.records, "meta": {"total_entries": page.total, "total_pages": pages}}

        api.get("/api/v2/agents")(lambda request: shown(request, "agents", self.agents.select()))

        @api.get("/api/v2/tickets")
        def tickets(request: Any) -> Any:
            begin, end = (request.instant(name, fraction=False) for name in ("updated_from", "updated_to"))
            return shown(request, "tickets", self.tickets.select(between("/updated_at", begin, end, unit="1s")))

    def change(self) -> None:
        self.agents.delete(3)
        self.agents.edit(40, name="new")
        self.tickets.edit(64, updated_at=self.ago(), subject="reopened")
        self.tickets.put_all({"id": 100 + n, "updated_at": self.ago(), "subject": "new"} for n in range(25))


class Recruiting(Vendor):
    source, streams = "source_linkheader", ("jobs", "candidates")
    credentials: ClassVar = {"key": "a-made-up-harvest-key"}

    def serve(self) -> None:
        api = self.api
        api.auth.append(Basic("a-made-up-harvest-key", ""))
        self.jobs = api.collection("jobs")
        self.candidates = api.collection("candidates", order="/updated_at")
        self.jobs.put_all({"id": n, "name": f"job {n}"} for n in range(20))
        self.candidates.put_all({"id": n, "updated_at": self.ago(n * 9)} for n in range(45))
        pages = api.pager("keyset", size=20, order=("/id",))

        def shown(request: Any, found: Any) -> Answer:
            page = pages.page(request, sorted(found, key=lambda each: each["id"]), at="after_id")
            # the vendor writes its own public address into the links, whoever asked
            link = next_link(request, page, base="https://harvest.recruiting.test", at="after_id")
            first = f'<https://harvest.recruiting.test{request.path}?page=1>; rel="first"'
            return Answer(page.records, headers={"Link": first + (f', <{link}>; rel="next"' if link else "")})

        api.get("/v1/jobs")(lambda request: shown(request, self.jobs.select()))
        api.get("/v1/candidates")(
            lambda request: shown(
                request, self.candidates.select(between("/updated_at", request.instant("updated_after"), None))
            )
        )

    def change(self) -> None:
        self.jobs.delete(0)
        self.candidates.edit(44, updated_at=self.ago(), stage="offer")
        self.candidates.put_all({"id": 100 + n, "updated_at": self.ago()} for n in range(20))


class Tracker(Vendor):
    source, streams = "source_graphql", ("teams", "issues")
    credentials: ClassVar = {"key": "a-made-up-tracker-key"}

    def serve(self) -> None:
        api = self.api
        api.auth.append(ApiKey("authorization", "a-made-up-tracker-key"))
        self.teams = api.collection("teams")
        self.issues = api.collection("issues", order="/updatedAt")
        self.teams.put_all({"id": f"t{n}", "name": f"team {n}"} for n in range(3))
        self.issues.put_all({"id": f"i{n:03}", "updatedAt": self.ago(n * 9), "title": "t"} for n in range(50))
        complaints = iter(["Query too complex: rate limit exceeded", None, None, "INTERNAL_SERVER_ERROR"])

        @api.post("/graphql")
        def graphql(request: Any) -> dict[str, Any]:
            if complaint := next(complaints, None):
                return {"data": None, "errors": [{"message": complaint, "path": ["x"]}]}
            query, given = request.text("/query"), request.value("/variables")
            found = re.search(r"\{\s*(\w+)\((.*?)\)\s*\{", query, re.DOTALL)
            if found is None or "pageInfo" not in query:
                return {"errors": [{"message": "Syntax Error", "extensions": {"code": "GRAPHQL_PARSE_FAILED"}}]}
            rows = self.teams.select()
            if found[1] == "issues":
                span = (request.instant(f"/variables/{name}") for name in ("since", "until"))
                rows = self.issues.select(between("/updatedAt", *span))
            after = b64decode(given.get("after") or "").decode()
            rows = [each for each in sorted(rows, key=lambda each: each["id"]) if each["id"] > after]
            end = b64encode(rows[:20][-1]["id"].encode()).decode() if rows else None
            assert set(given) <= {"since", "until", "after"}
            return {"data": {found[1]: {"nodes": rows[:20], "pageInfo": {
                "hasNextPage": len(rows) > 20, "endCursor": end}}}}  # fmt: skip

    def change(self) -> None:
        self.teams.delete("t0")
        self.issues.edit("i049", updatedAt=self.ago(), title="again")
        self.issues.put_all({"id": f"n{n}", "updatedAt": self.ago(), "title": "new"} for n in range(21))


class Marketing(Vendor):
    source, streams = "source_exportjob", ("events",)
    credentials: ClassVar = {"key": "a-made-up-marketing-key"}

    def serve(self) -> None:
        api = self.api
        api.auth.append(ApiKey("api-key", "a-made-up-marketing-key"))
        self.events = api.collection("events", key="/eventId", order="/createdAt")
        self.events.put_all({"eventId": f"e{n}", "createdAt": self.ago(n * 7), "n": n} for n in range(120))
        jobs: list[dict[str, Any]] = []

        @api.post("/api/export/start")
        def start(request: Any) -> dict[str, Any]:
            assert request.choice("/dataType", ["emailSend"])
            span = between("/createdAt", request.instant("/from"), request.instant("/to"), unit="1s")
            jobs.append({"rows": self.events.select(span), "polls": 0})
            return {"jobId": len(jobs)}

        @api.get("/api/export/{id}")
        def poll(request: Any) -> dict[str, Any]:
            number = int(request.parts["id"])
            job = jobs[number - 1]
            job["polls"] += 1
            if job["polls"] < 3:
                return {"jobId": number, "state": "running"}
            file = f"https://exports.cloud.test/bucket/{number}.jsonl.gz?X-Signature=s%2F{number}"
            return {"jobId": number, "state": "completed", "file": file}

        @api.get("/bucket/{file}", auth=False)
        def file(request: Any) -> Answer:
            number = int(request.parts["file"].partition(".")[0])
            if request.query.get("X-Signature") != f"s/{number}" or "api-key" in request.headers:
                raise Refuse(403, "SignatureDoesNotMatch")
            lines = [json.dumps(each) for each in jobs[number - 1]["rows"]]
            return Answer(gzip.compress("\n".join(lines).encode()), content_type="application/octet-stream")

        api.get("/api/lists")(lambda request: {"lists": []})

    def change(self) -> None:
        self.events.put_all({"eventId": f"n{n}", "createdAt": self.ago(), "n": n} for n in range(9))
        self.events.put({"eventId": "late", "createdAt": self.ago(0.5), "n": 0})


class Erp(Vendor):
    source, streams = "source_sessionlogin", ("items", "orders", "order_lines")
    credentials: ClassVar = {"user": "manager", "password": "a-made-up-erp-password"}

    def serve(self) -> None:
        api = self.api
        api.error_body = lambda status, message, request: {"error": {"message": {"value": message}}}
        sessions: dict[str, int] = {}

        class Session:
            header = "x-session"

            def admits(self, request: Any) -> bool:
                begun = sessions.get(request.headers.get("x-session", ""), 0)
                return begun + HOUR // 20 > request.time  # three minutes on the clock

        api.auth.append(Session())
        self.items = api.collection("items", key="/ItemCode")
        self.orders = api.collection("orders", key="/DocEntry")
        self.order_lines = api.collection("order_lines", key=("/DocEntry", "/LineNum"))
        self.items.put_all({"ItemCode": f"A{n:03}", "Price": n} for n in range(60))
        self.orders.put_all({"DocEntry": n, "Total": n} for n in range(7))
        self.order_lines.put_all({"DocEntry": n % 7, "LineNum": n // 7, "Qty": n} for n in range(30))

        @api.post("/b1s/v1/Login", auth=False)
        def login(request: Any) -> Any:
            if (request.text("/UserName"), request.text("/Password")) != tuple(self.credentials.values()):
                raise Refuse(401, "Fail to get DB Credentials")
            sessions[f"made-up-session-{len(sessions)}"] = request.time
            return {"SessionId": list(sessions)[-1], "SessionTimeout": 3}

        def rows(request: Any, found: Any) -> Any:
            return {"value": offsets(request, found, offset_at="$skip", limit_at="$top", size=20).records}

        api.get("/b1s/v1/Items")(lambda request: rows(request, self.items.select()))
        api.get("/b1s/v1/Orders")(lambda request: rows(request, self.orders.select()))

        @api.get("/b1s/v1/Orders/{entry}/Lines")
        def lines(request: Any) -> Any:
            found = self.order_lines.select(equals("/DocEntry", int(request.parts["entry"])))
            return {"value": [{"LineNum": each["LineNum"], "Qty": each["Qty"]} for each in found]}

    def change(self) -> None:
        self.items.delete("A007")
        self.items.edit("A059", Price=1000)
        self.order_lines.edit((6, 0), Qty=99)
        self.order_lines.delete((1, 1))
        self.orders.put({"DocEntry": 77, "Total": 1})
        self.order_lines.put({"DocEntry": 77, "LineNum": 0, "Qty": 1})


class Books(Vendor):
    source, streams = "source_rotating", ("accounts", "invoices")
    spoilt = "/api/*"  # an answer with the only good token in it that is cut off is lost to any client
    credentials: ClassVar = {
        "client_id": "books-client",
        "client_secret": "a-made-up-client-secret",
        "refresh_token": "refresh-token-of-the-first-login",
    }

    def serve(self) -> None:
        api = self.api
        self.tokens = OAuthTokens(api.now, **self.credentials, life=1800, rotating=True)
        api.auth.append(self.tokens)
        api.post("/token", auth=False)(self.tokens.endpoint)
        self.accounts = api.collection("accounts", key="/AccountID")
        self.invoices = api.collection("invoices", key="/InvoiceID", order="/UpdatedUTC")
        self.accounts.put_all({"AccountID": f"a{n}", "Name": f"account {n}"} for n in range(5))
        self.invoices.put_all({"InvoiceID": n, "UpdatedUTC": self.ago(n * 9), "Total": n} for n in range(50))
        pages = api.pager("keyset", size=20, order=("/InvoiceID",))

        @api.get("/api/Accounts")
        def accounts(request: Any) -> Any:
            return {"Accounts": self.accounts.select(), "pagination": {"next": None}}

        @api.get("/api/Invoices")
        def invoices(request: Any) -> Any:
            span = between("/UpdatedUTC", request.instant("from"), request.instant("to"), unit="1s")
            page = pages.page(request, sorted(self.invoices.select(span), key=lambda each: each["InvoiceID"]))
            return {"Invoices": page.records, "pagination": {"next": page.next}}

    def change(self) -> None:
        self.accounts.delete("a1")
        self.invoices.edit(49, UpdatedUTC=self.ago(), Total=-1)
        self.invoices.put({"InvoiceID": 1000, "UpdatedUTC": self.ago(), "Total": 5})


class Ads(Vendor):
    source, streams, jump = "source_reports", ("spend",), 50.0
    credentials: ClassVar = {"key": "a-made-up-ads-key"}
    zone = "America/Los_Angeles"

    def serve(self) -> None:
        api = self.api
        self.spend: dict[tuple[str, str], dict[str, Any]] = {}
        today = self.today()
        for back in range(1, 29):
            self._day(today - timedelta(days=back))

        def known(request: Any) -> None:
            if request.query.get("api_key") != "a-made-up-ads-key":
                raise Refuse(401, "Invalid API key")

        @api.get("/v3/account")
        def account(request: Any) -> Any:
            known(request)
            return {"id": "act_1", "timezone_name": self.zone}

        @api.get("/v3/insights")
        def insights(request: Any) -> Any:
            known(request)
            first, last = request.day("start_date"), request.day("end_date")
            if first > last:
                raise Refuse(400, "end_date is before start_date")
            if (last - first).days >= 31:
                raise Refuse(400, "at most 31 days")
            return {"rows": [row for (day, _), row in self.spend.items() if str(first) <= day <= str(last)]}

    def today(self) -> date:
        return day_of(self.clock.now(), self.zone)

    def _day(self, day: date) -> None:
        for campaign in ("brand", "search"):
            self.spend[str(day), campaign] = {"date": str(day), "campaign": campaign, "spend": day.day * 1.25}

    def truth(self, stream: str) -> dict[Any, Any]:
        return dict(self.spend)

    def change(self) -> None:
        today = self.today()  # two days have ended since; the one before them is restated
        for back in (1, 2):
            self._day(today - timedelta(days=back))
        restated = str(today - timedelta(days=3))
        self.spend[restated, "brand"] = {"date": restated, "campaign": "brand", "spend": 0.01}


class Warehouse(Vendor):
    source, streams = "source_csvfile", ("stock", "prices")
    credentials: ClassVar = {"token": "a-made-up-warehouse-token"}

    def serve(self) -> None:
        api = self.api
        api.auth.append(Bearer("a-made-up-warehouse-token"))
        self.stock = api.collection("stock", key=("/sku", "/site"))
        self.prices = api.collection("prices", key="/sku")
        self.stock.put_all({"sku": f"s{n}", "site": f"Köln, {n % 2}", "note": 'a "b"\nc;d'} for n in range(300))
        self.prices.put_all({"sku": f"s{n}", "price": f"{n},50"} for n in range(20))

        def table(rows: Any) -> bytes:
            out = io.StringIO()
            writer = csv.DictWriter(out, list(rows[0]), delimiter=";", lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)
            return b"\xef\xbb\xbf" + out.getvalue().encode()

        api.get("/exports/stock.csv")(lambda request: Answer(table(self.stock.select()), content_type="text/csv"))

        @api.get("/exports/prices.csv.gz")
        def prices(request: Any) -> Answer:
            body = table(self.prices.select())
            half = len(body) // 2
            parts = gzip.compress(body[:half]) + gzip.compress(body[half:])
            return Answer(parts, content_type="application/gzip")

    def change(self) -> None:
        self.stock.delete(("s5", "Köln, 1"))
        self.stock.edit(("s6", "Köln, 0"), note="")
        self.prices.put({"sku": "new", "price": "0"})


class Payments(Vendor):
    source, streams, jump = "source_keyset", ("customers", "charges"), 30.0
    credentials: ClassVar = {"key": "a-made-up-payments-key"}

    def serve(self) -> None:
        api = self.api
        api.auth.append(Bearer("a-made-up-payments-key"))
        api.error_body = lambda status, message, request: {"error": {"type": "invalid", "message": message}}
        self.customers = api.collection("customers")
        self.charges = api.collection("charges")
        self.customers.put_all({"id": f"cus_{n:03}", "name": f"c {n}"} for n in range(40))
        self.charges.put_all(self.charge(n, n * 9) for n in range(70))

        def after(request: Any, rows: list[Any]) -> Any:
            limit, last = request.integer("limit", 10, least=1, most=100), request.text("starting_after", None)
            ids = [each["id"] for each in rows]
            if last is not None and last not in ids:
                raise Refuse(400, f"No such object: {last}")
            begin = 0 if last is None else ids.index(last) + 1
            return {"object": "list", "data": rows[begin : begin + limit], "has_more": begin + limit < len(rows)}

        api.get("/v1/customers")(lambda request: after(request, self.customers.select()))

        @api.get("/v1/charges")
        def charges(request: Any) -> Any:
            begin, end = (request.integer(f"created[{name}]") for name in ("gte", "lt"))
            newest = sorted(self.charges.select(), key=lambda each: (each["created"], each["id"]), reverse=True)
            return after(request, [each for each in newest if begin <= each["created"] < end])

    def charge(self, number: int, hours: float = 0) -> dict[str, Any]:
        created = (self.clock.now() - int(hours * HOUR)) // 1_000_000
        return {"id": f"ch_{number:03}", "created": created, "refunded": False, "amount": number}

    def change(self) -> None:
        self.customers.delete("cus_000")
        self.charges.edit("ch_005", refunded=True)  # two days old: within the re-read
        for number in range(100, 122):
            self.charges.put(self.charge(number))


class Crm(Vendor):
    source, streams = "source_dynamic", ("owners", "custom_boats", "custom_trips")
    credentials: ClassVar = {"token": "a-made-up-crm-token"}

    def serve(self) -> None:
        api = self.api
        api.auth.append(Bearer("a-made-up-crm-token"))
        self.owners = api.collection("owners")
        self.owners.put_all({"id": n, "email": f"o{n}@acme.example"} for n in range(4))
        self.objects = {name: api.collection(name) for name in ("boats", "trips")}
        schemas = [{"name": "boats", "modified": "lastmodified", "archived": False},
                   {"name": "trips", "modified": "changed", "archived": False},
                   {"name": "horses", "modified": "x", "archived": True}]  # fmt: skip
        for number in range(45):
            self.put("boats", "lastmodified", number, number * 9)
            self.put("trips", "changed", number, number * 3)
        api.get("/crm/schemas")(lambda request: {"results": schemas})
        api.get("/crm/owners")(lambda request: {"results": self.owners.select()})

        @api.post("/crm/objects/{name}/search")
        def search(request: Any) -> Any:
            form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            modified = next(each["modified"] for each in schemas if each["name"] == request.parts["name"])
            begin, end = int(form["from"]), int(form["to"])
            rows = sorted(self.objects[request.parts["name"]].select(), key=lambda each: each["id"])
            rows = [each for each in rows if begin <= each["properties"][modified] < end]
            rows = [each for each in rows if each["id"] > int(form.get("after", "-1"))]
            more = {"paging": {"next": {"after": str(rows[19]["id"])}}} if len(rows) > 20 else {}
            return {"results": rows[:20], **more}

    def put(self, name: str, modified: str, number: int, hours: float = 0) -> None:
        at = (self.clock.now() - int(hours * HOUR)) // 1000
        self.objects[name].put({"id": number, "properties": {modified: at, "hours": hours}})

    def truth(self, stream: str) -> dict[Any, Any]:
        name = stream.removeprefix("custom_")
        return self.objects[name].truth() if name != stream else super().truth(stream)

    def change(self) -> None:
        self.owners.delete(2)
        self.put("boats", "lastmodified", 44)
        for number in range(100, 122):
            self.put("trips", "changed", number)


VENDORS: tuple[type[Vendor], ...] = (
    Desk, Recruiting, Tracker, Marketing, Erp, Books, Ads, Warehouse, Payments, Crm,
)  # fmt: skip
