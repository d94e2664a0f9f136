"""A source of many records, as it is benchmarked: deals by their cursor, and owners listed whole.

``parts`` holds the same deals in sixteen partitions, ``spans`` in as many spans of ten days as there are pages.
"""

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Config,
    Connector,
    Endpoint,
    Http,
    Incremental,
    NextToken,
    Snapshot,
    StartDate,
    Stream,
)


class DealsConfig(Config):
    start_date: StartDate = "2020-01-01T00:00:00Z"
    job: str = "big/1000"
    """Which records, and how many: the first part of every path."""


def pages(path: str) -> Endpoint:
    return GET(
        path,
        params={"limit": 250, "since": SINCE, "until": UNTIL, "after": NEXT},
        records="/results",
        pages=NextToken("/paging/next/after", stable=True),
    )


ALL = Incremental("/updatedAt", step="36500d")
deals = Stream("deals", key="/id", read=pages("/items"), sync=ALL)
parts = Stream("parts", key="/id", per=[f"p{n}" for n in range(16)], read=pages(f"/parts/{EACH}"), sync=ALL)
spans = Stream("spans", key="/id", read=pages("/spans"), sync=Incremental("/updatedAt", step="10d"))
owners = Stream("owners", key="/id", read=GET("/owners", records="/results"), sync=Snapshot())

source = Connector(
    name="source-deals",
    title="Deals",
    config=DealsConfig,
    http=lambda config: Http(f"http://deals.test/{config.job}"),
    check=GET("/check", records=""),
    streams=[deals, parts, spans, owners],
)
