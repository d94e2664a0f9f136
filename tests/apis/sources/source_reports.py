"""An advertising platform: one report a day, in the account's own time zone, restated for three days."""

from connector_sdk import (
    GET,
    SINCE,
    UNTIL,
    ApiKey,
    Config,
    Connector,
    Credentials,
    Day,
    Http,
    Incremental,
    Secret,
    Source,
    StartDate,
    Stream,
    lookup,
)


class Key(Credentials, title="Key"):
    key: Secret

    def auth(self) -> ApiKey:
        return ApiKey(self.key, param="api_key")


class AdsConfig(Config):
    credentials: Key
    start_date: StartDate = "2026-02-01T00:00:00Z"


ACCOUNT = GET("/v3/account", records="")


@lookup(every="1d")
async def account_zone(source: Source[AdsConfig]) -> str:
    return str((await source.http.page(ACCOUNT)).json["timezone_name"])


spend = Stream(
    "spend",
    key=("/date", "/campaign"),
    read=GET("/v3/insights", params={"start_date": SINCE, "end_date": UNTIL.inclusive, "by": "campaign"},
             records="/rows"),
    sync=Incremental("/date", moves=False, format=Day(account_zone), step="7d", reread="3d", every="1h"),
)  # fmt: skip

ads = Connector(
    name="source-ads",
    title="Ads",
    config=AdsConfig,
    http=lambda config: Http("https://api.ads.test", auth=config.credentials, error="/error/message"),
    check=ACCOUNT,
    streams=[spend],
)
