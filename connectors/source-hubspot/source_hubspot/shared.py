"""What the streams share: the config, paging, limits, and what is found before they can be asked."""

from collections.abc import Sequence
from functools import cache

from pydantic import Field

from connector_sdk import (
    GET,
    NEXT,
    Bearer,
    Config,
    Credentials,
    Endpoint,
    Limit,
    Lookup,
    NextToken,
    OAuth2,
    OAuth2Credentials,
    On,
    Records,
    Secret,
    Section,
    Snapshot,
    Source,
    StartDate,
    Stream,
    lookup,
)

from .versions import PROPERTIES, SCHEMAS, TOKEN


class StaticToken(Credentials, title="Private app or service key"):
    token: Secret = Field(title="Access token")
    """The token of a private app or a service key, which begins with pat-."""

    def auth(self) -> Bearer:
        return Bearer(self.token)


class SignIn(OAuth2Credentials, title="Sign in with HubSpot"):
    provider = OAuth2("https://app.hubspot.com/oauth/authorize", TOKEN)


class Journal(Section):
    """The app whose webhooks journal is captured."""

    client_id: str = Field(title="Client ID")
    """The client ID of the app that has the journal."""
    client_secret: Secret = Field(title="Client secret")
    """The client secret of that app."""
    portal_id: str | None = Field(None, title="Account ID")
    """The HubSpot account (Hub ID) whose entries are read; of all that have installed the app, if left out."""


class HubSpotConfig(Config):
    credentials: StaticToken | SignIn
    start_date: StartDate = "2006-06-01T00:00:00Z"
    journal: Journal | None = None
    """Only for the stream webhooks_journal: the app that has the journal."""


AFTER = NextToken("/paging/next/after", stable=True, lives="7d")  # the next record's id, not a position
SHIFTING = NextToken("/paging/next/after")
NOT_HERE = On((402, 403, 404)).skip()  # of several parts: one that cannot be read is no matter of the others
REQUESTS = Limit(100, per="10s", told="X-HubSpot-RateLimit-Max")
# of the account, over all kinds of objects: five a second as they arrive, and some take longer on their way
SEARCHES = Limit(5, per="1200ms")


def paged(
    path: str,
    limit: int = 100,
    *,
    records: Records = "/results",
    pages: NextToken = SHIFTING,
    on: Sequence[On] = (),
    **params: object,
) -> Endpoint:
    """A listing whose answer names the next page."""
    return GET(path, params={"limit": limit, "after": NEXT, **params}, records=records, pages=pages, on=on)


def setting(
    name: str, key: str, read: Endpoint, scope: str, about: str, *, every: str = "1h", optional: bool = False
) -> Stream:
    """What can only be listed."""
    return Stream(name, key=key, read=read, sync=Snapshot(every), scopes=[scope], about=about, optional=optional)


@cache
def property_names(kind: str) -> Lookup[list[str]]:
    """The names of all properties of a kind of object, found anew every hour: a new one starts to flow by itself."""

    @lookup(every="1h")
    async def names(source: Source[HubSpotConfig]) -> list[str]:
        return [each["name"] async for each in source.http.records(GET(f"{PROPERTIES}/{kind}", records="/results"))]

    return names


@cache
def kept_properties(kind: str) -> Lookup[list[str]]:
    """The same without calculated ones, which would flood a history."""

    @lookup(every="1h")
    async def names(source: Source[HubSpotConfig]) -> list[str]:
        found = source.http.records(GET(f"{PROPERTIES}/{kind}", records="/results"))
        return [each["name"] async for each in found if not each.get("calculated")]

    return names


# an account without custom objects may lack the scope for them: then there are none
CUSTOM = GET(SCHEMAS, records="/results", on=[On(403).empty()])


async def custom_kinds(source: Source[HubSpotConfig]) -> list[str]:
    """The ids of the account's own kinds of objects."""
    return [each["objectTypeId"] async for each in source.http.records(CUSTOM) if not each.get("archived")]
