"""The source of the protocol's transcripts; DESK_KEY and DESK_CURSOR change its definition between two sessions."""

import os

from connector_sdk import (
    GET,
    NEXT,
    ROW_ID,
    SINCE,
    UNTIL,
    ApiKey,
    Config,
    Connector,
    Credentials,
    Http,
    Incremental,
    NextToken,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)


class Key(Credentials, title="API Key"):
    api_key: Secret

    def auth(self) -> ApiKey:
        return ApiKey(self.api_key, header="X-Key")


class DeskConfig(Config):
    credentials: Key
    start_date: StartDate = "2026-01-01T00:00:00Z"


PAGES = NextToken("/next")

tickets = Stream(
    "tickets",
    key=os.environ.get("DESK_KEY", "/id"),
    read=GET("/tickets", params={"since": SINCE, "until": UNTIL, "cursor": NEXT}, records="/tickets", pages=PAGES),
    sync=Incremental(os.environ.get("DESK_CURSOR", "/updated"), every="5m", reread="1d", step="3650d"),
)
users = Stream(
    "users", key=ROW_ID, read=GET("/users", params={"cursor": NEXT}, records="/users", pages=PAGES),
    sync=Snapshot(), optional=True,
)  # fmt: skip
teams = Stream(
    "teams", key="/id", read=GET("/teams", params={"cursor": NEXT}, records="/teams", pages=PAGES), sync=Snapshot()
)

desk = Connector(
    name="source-desk",
    title="Acme",
    config=DeskConfig,
    http=lambda config: Http(os.environ.get("DESK_URL", "http://desk.test"), auth=config.credentials, error="/error"),
    check=GET("/check", records=""),
    streams=[tickets, users, teams],
)
