"""A made-up source that charges for whole records: what is gone is found by a listing of keys alone."""

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Bearer,
    Config,
    Connector,
    Credentials,
    Follow,
    Http,
    Incremental,
    Iso,
    Missing,
    NextToken,
    On,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)


class Token(Credentials):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class CardsConfig(Config):
    credentials: Token
    start_date: StartDate = "2025-01-01T00:00:00Z"


PAGES = NextToken("/next")
cards = Stream(
    "cards",
    key="/id",
    read=GET("/cards", params={"since": SINCE, "until": UNTIL, "at": NEXT}, records="/items", pages=PAGES),
    sync=Incremental("/updated", format=Iso("1s"), reread="1h", sweep="1d", every="5m"),
    deletes=Missing(listing=GET("/keys", params={"at": NEXT}, records="/items", pages=PAGES)),
)
notes = Stream("notes", key="/id", read=GET(f"/cards/{EACH['/id']}/notes", records="/items"), sync=Follow(cards))
marks = Stream(
    "marks", key="/id", read=GET(f"/cards/{EACH['/id']}/marks", records="/items"), sync=Follow(cards, sweep="2d")
)
decks = Stream(
    "decks",
    key="/id",
    read=GET("/keys", params={"at": NEXT}, records="/items", pages=PAGES, on=[On(400).expired()]),
    sync=Snapshot(every="5m"),
)

source = Connector(
    name="source-cards",
    title="Cards",
    config=CardsConfig,
    http=lambda config: Http("https://cards.example.test", auth=config.credentials),
    check=GET("/check"),
    streams=[cards, notes, marks, decks],
)
