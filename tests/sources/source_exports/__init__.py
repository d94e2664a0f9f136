"""A source of exports: a job in parts, and a table without one."""

from connector_sdk import (
    ANSWER,
    EACH,
    GET,
    POST,
    SINCE,
    UNTIL,
    Config,
    Connector,
    Csv,
    Http,
    Incremental,
    Job,
    Snapshot,
    StartDate,
    Stream,
)


class ExportsConfig(Config):
    start_date: StartDate = "2026-03-01T00:00:00Z"


clicks = Stream(
    "clicks",
    key="/id",
    read=Job(
        create=POST("/exports", json={"from": SINCE, "to": UNTIL}),
        poll=GET(f"/exports/{ANSWER['/id']}"),
        done=lambda answer: answer["state"] == "done",
        failed=lambda answer: answer["state"] == "failed",
        parts="/urls",
        result=GET(EACH, body=Csv()),
        every="1s",
    ),
    sync=Incremental("/at", moves=False, reread="1d", step="30d"),
)

people = Stream("people", key="/id", read=GET("/people.csv", body=Csv()), sync=Snapshot())

exports = Connector(
    name="source-exports",
    title="Exports",
    config=ExportsConfig,
    http=lambda config: Http("http://exports.test", error="/error"),
    check=GET("/check", records=""),
    streams=[clicks, people],
)
