"""A marketing platform that exports events: a job is created, polled, and its file fetched from another host."""

from connector_sdk import (
    ANSWER,
    GET,
    POST,
    SINCE,
    UNTIL,
    ApiKey,
    Config,
    Connector,
    Credentials,
    Http,
    Incremental,
    Iso,
    Job,
    JsonLines,
    Secret,
    StartDate,
    Stream,
)


class ApiUser(Credentials, title="API user"):
    key: Secret

    def auth(self) -> ApiKey:
        return ApiKey(self.key, header="Api-Key")


class MarketingConfig(Config):
    credentials: ApiUser
    start_date: StartDate = "2026-01-01T00:00:00Z"


events = Stream(
    "events",
    key="/eventId",
    read=Job(
        create=POST("/api/export/start", json={"dataType": "emailSend", "from": SINCE, "to": UNTIL}),
        poll=GET(f"/api/export/{ANSWER['/jobId']}"),
        done=lambda answer: answer["state"] == "completed",
        failed=lambda answer: answer["state"] == "failed",
        result=GET(ANSWER["/file"], body=JsonLines()),
    ),
    sync=Incremental("/createdAt", moves=False, format=Iso("1s"), lag="1m", every="10m", reread="2h"),
)

marketing = Connector(
    name="source-marketing",
    title="Marketing",
    config=MarketingConfig,
    http=lambda config: Http("https://api.marketing.test", auth=config.credentials, error="/msg"),
    check=GET("/api/lists", records="/lists"),
    streams=[events],
)
