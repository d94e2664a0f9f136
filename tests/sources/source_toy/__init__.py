"""A small source for tests: good streams, and streams that are wrong on purpose."""

import sys

from connector_sdk import (
    GET,
    NEXT,
    ROW_ID,
    SINCE,
    UNTIL,
    Bearer,
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

print("an author's stray print", file=sys.stdout)


class Token(Credentials, title="Token"):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class ToyConfig(Config):
    credentials: Token
    start_date: StartDate = "2026-01-01T00:00:00Z"


PAGES = NextToken("/next")
STABLE = NextToken("/next", stable=True)


def listing(path: str, records: str = "/items") -> object:
    return GET(path, params={"cursor": NEXT}, records=records, pages=PAGES)


def spans(path: str) -> object:
    return GET(path, params={"since": SINCE, "until": UNTIL, "cursor": NEXT}, records="/items", pages=STABLE)


items = Stream("items", key="/id", read=listing("/items"), sync=Snapshot())
rows = Stream("rows", key=ROW_ID, read=listing("/rows"), sync=Snapshot())
tickets = Stream("tickets", key="/id", read=spans("/tickets"), sync=Incremental("/updated", every="1s", reread="1d"))
big = Stream("big", key="/id", read=spans("/big"), sync=Incremental("/updated", step="3650d"))
lost = Stream("lost", key="/id", read=listing("/items", "/nothing"), sync=Snapshot())
keyless = Stream("keyless", key="/number", read=listing("/items"), sync=Snapshot())
huge = Stream("huge", key="/id", read=listing("/huge"), sync=Snapshot())

raw = Stream("raw", key="/id", read=listing("/raw"), sync=Snapshot())

toy = Connector(
    name="source-toy",
    title="Toy",
    config=ToyConfig,
    http=lambda config: Http("http://toy.test", auth=config.credentials, error="/error"),
    check=GET("/check", records=""),
    streams=[items, rows, tickets, big, lost, keyless, huge, raw],
)
