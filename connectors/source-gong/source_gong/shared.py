"""What the streams share: the config, what is found before they can be asked, paging and re-reading."""

import re

from pydantic import Field

from connector_sdk import (
    EACH,
    GET,
    POST,
    SINCE,
    UNTIL,
    Basic,
    Config,
    Credentials,
    Day,
    Endpoint,
    Incremental,
    Iso,
    NextToken,
    OAuth2,
    OAuth2Credentials,
    On,
    Secret,
    Snapshot,
    Source,
    StartDate,
    Stream,
    lookup,
)


class AccessKey(Credentials, title="Access key"):
    access_key: Secret
    """The access key, made by a technical administrator under Company settings > Ecosystem > API."""
    access_key_secret: Secret
    """The access key's secret. Gong shows it once."""

    def auth(self) -> Basic:
        return Basic(self.access_key, self.access_key_secret)


class OAuthApp(OAuth2Credentials, title="OAuth app"):
    provider = OAuth2(
        "https://app.gong.io/oauth2/authorize",
        "https://app.gong.io/oauth2/generate-customer-token",
        client="basic",
        rotates=True,
        base_url="/api_base_url_for_customer",
    )


class GongConfig(Config):
    credentials: AccessKey | OAuthApp
    start_date: StartDate = "2024-01-01T00:00:00Z"
    base_url: str = Field("https://api.gong.io", title="API base URL", pattern="^https?://")
    """The API's address for your company, shown under Company settings > Ecosystem > API. An OAuth app is told it."""
    workspace_id: str | None = None
    """Capture only the calls and trackers of this workspace."""


@lookup()
def workspace(source: Source[GongConfig]) -> str | None:
    return source.config.workspace_id


async def told_zone(source: Source[GongConfig]) -> str | None:
    """The company's time zone. Only statistics tell it, and only where there are some."""
    year = {"fromDate": "2024-01-01", "toDate": "2025-01-01"}
    page = await source.http.page(POST("/v2/stats/activity/aggregate", json={"filter": year}))
    return page.json["timeZone"] if page.json else None


@lookup(every="1d")
async def company_zone(source: Source[GongConfig]) -> str | None:
    """The zone whose days are meant where Gong filters by dates."""
    return await told_zone(source)


@lookup(every="1d")
async def whole_days(source: Source[GongConfig]) -> str:
    """A zone whose days end no sooner than the company's: its own or, where that is not told, the last of all."""
    return await told_zone(source) or "Etc/GMT+12"


NOTHING = On(404, error=re.compile("^No .* found")).empty()
CURSOR = NextToken("/records/cursor")
TOTAL = "/records/totalRecords"
WINDOW = {"fromDateTime": SINCE, "toDateTime": UNTIL, "workspaceId": workspace}


def by_start(cursor: str) -> Incremental:
    """Calls are known by when they started; what is said about them comes within the hour, or days later."""
    return Incremental(cursor, moves=False, format=Iso("1s"), lag="5m", reread=("7h", "7d"), every="5m")


def by_whole_days() -> Incremental:
    """Gong adds up what happened in a window; one of one day each can be compared, and late changes be found."""
    return Incremental("/date", moves=False, format=Day(whole_days), step="1d", reread="7d", every="1h")


def below(path: str, parameter: str, records: str) -> Endpoint:
    """A listing below each parent, whose id every record then has under the parameter's name."""
    return GET(path, params={parameter: EACH["/id"]}, records=records).plus(**{parameter: EACH["/id"]})


def setting(name: str, key: str, read: Endpoint, scope: str, about: str, *ids: str) -> Stream:
    return Stream(name, key=key, text=[key, *ids], about=about, read=read, sync=Snapshot(), scopes=[scope])
