"""A recruiting system whose pages follow the Link header (RFC 8288). Basic auth with a key and no password."""

from connector_sdk import (
    GET,
    SINCE,
    Basic,
    Config,
    Connector,
    Credentials,
    Http,
    Incremental,
    NextLink,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)


class HarvestKey(Credentials, title="Harvest key"):
    key: Secret

    def auth(self) -> Basic:
        return Basic(self.key, "")


class RecruitingConfig(Config):
    credentials: HarvestKey
    start_date: StartDate = "2026-01-01T00:00:00Z"


jobs = Stream(
    "jobs",
    key="/id",
    read=GET("/v1/jobs", params={"per_page": 20}, records="", pages=NextLink(stable=True)),
    sync=Snapshot(),
)
candidates = Stream(
    "candidates",
    key="/id",
    read=GET("/v1/candidates", params={"updated_after": SINCE, "per_page": 20}, records="",
             pages=NextLink(stable=True)),
    sync=Incremental("/updated_at", lag="5s"),
)  # fmt: skip

recruiting = Connector(
    name="source-recruiting",
    title="Recruiting",
    config=RecruitingConfig,
    http=lambda config: Http("https://harvest.recruiting.test", auth=config.credentials, error="/message"),
    streams=[jobs, candidates],
)
