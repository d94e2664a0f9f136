"""A source of many shelves, each a chain of pages: ``SHELVES`` says how many."""

import os

from connector_sdk import EACH, GET, NEXT, Config, Connector, Http, NextToken, Snapshot, Stream

books = Stream(
    "books",
    key="/id",
    per=[f"s{number}" for number in range(int(os.environ.get("SHELVES", "1")))],
    read=GET(f"/shelves/{EACH}", params={"page": NEXT}, records="/items", pages=NextToken("/next", stable=True)),
    sync=Snapshot(every="1d"),
)

shelf = Connector(
    name="source-shelf",
    title="Shelf",
    config=Config,
    http=lambda config: Http("http://shelf.test"),
    check=GET("/check", records=""),
    streams=[books],
)
