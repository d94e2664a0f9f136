"""A source of many channels: one stream over all of them, or as many streams as ``CROWD_STREAMS`` says."""

import os

from connector_sdk import EACH, GET, SINCE, UNTIL, Config, Connector, Http, Incremental, Snapshot, StartDate, Stream


class CrowdConfig(Config):
    start_date: StartDate = "2026-03-01T00:00:00Z"


SPAN = {"since": SINCE, "until": UNTIL}
channels = Stream("channels", key="/id", read=GET("/channels", records="/items"), sync=Snapshot())
messages = Stream(
    "messages",
    key="/id",
    per=channels,
    read=GET(f"/channels/{EACH['/id']}/messages", params=SPAN, records="/items"),
    sync=Incremental("/updated", reread="1h"),
)


def channel(number: int) -> Stream:
    read = GET(f"/channels/c{number}/messages", params=SPAN, records="/items")
    return Stream(f"channel_{number}", key="/id", read=read, sync=Incremental("/updated", reread="1h"))


COUNT = int(os.environ.get("CROWD_STREAMS", "1"))

crowd = Connector(
    name="source-crowd",
    title="Crowd",
    config=CrowdConfig,
    http=lambda config: Http("http://crowd.test"),
    check=GET("/check", records=""),
    streams=[channels, messages] if COUNT == 1 else [channel(number) for number in range(COUNT)],
)
