"""A help desk that counts pages, and tells how many there are. Basic auth with an API token."""

from connector_sdk import (
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Basic,
    Config,
    Connector,
    Credentials,
    Http,
    Incremental,
    Iso,
    NextNumber,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)


class ApiToken(Credentials, title="API token"):
    email: str
    token: Secret

    def auth(self) -> Basic:
        return Basic(f"{self.email}/token", self.token)


class DeskConfig(Config):
    credentials: ApiToken
    start_date: StartDate = "2026-01-01T00:00:00Z"


PAGES = NextNumber(last="/meta/total_pages", size=20)

agents = Stream(
    "agents",
    key="/id",
    read=GET("/api/v2/agents", params={"page": NEXT, "per_page": 20}, records="/agents", pages=PAGES,
             total="/meta/total_entries"),
    sync=Snapshot(),
)  # fmt: skip
tickets = Stream(
    "tickets",
    key="/id",
    read=GET("/api/v2/tickets", params={"updated_from": SINCE, "updated_to": UNTIL, "page": NEXT, "per_page": 20},
             records="/tickets", pages=PAGES, total="/meta/total_entries"),
    sync=Incremental("/updated_at", format=Iso("1s"), lag="5s"),
)  # fmt: skip

desk = Connector(
    name="source-desk",
    title="Desk",
    config=DeskConfig,
    http=lambda config: Http("https://api.desk.test", auth=config.credentials, error="/error/message"),
    streams=[agents, tickets],
)
