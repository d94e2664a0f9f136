"""What the streams share: the config, methods with their limits, and what Slack's errors mean."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import Field

from connector_sdk import (
    GET,
    NEXT,
    Bearer,
    Config,
    Credentials,
    Endpoint,
    Limit,
    NextNumber,
    NextToken,
    OAuth2,
    OAuth2Credentials,
    On,
    Records,
    Secret,
    Snapshot,
    Source,
    StartDate,
    Stream,
    lookup,
)  # fmt: skip


class Token(Credentials, title="Token"):
    token: Secret
    """The token of your Slack app: a bot's begins with xoxb-, a user's with xoxp-."""

    def auth(self) -> Bearer:
        return Bearer(self.token)


class RotatingToken(OAuth2Credentials, title="App with token rotation"):
    provider = OAuth2("https://slack.com/oauth/v2/authorize", "https://slack.com/api/oauth.v2.access", rotates=True,
                      scheme="Bearer")  # fmt: skip


class SlackConfig(Config):
    credentials: Token | RotatingToken
    start_date: StartDate = "2024-01-01T00:00:00Z"
    channel_types: list[str] = Field(["public_channel", "private_channel"], title="Channel types")
    """Which conversations to capture: any of public_channel, private_channel, mpim and im."""
    join_channels: bool = False
    """Have the bot join every public channel. People see that in each of them."""
    lookback_days: int = Field(7, ge=1, le=90)
    """Messages of so many days are read again, every seventh of that time, for edits and deletes."""
    retention_days: int = Field(90, ge=1, le=90)
    """The age at which your workspace deletes messages by itself. What vanishes at that age is kept."""
    team_id: str | None = None
    """With the token of a whole organisation: the workspace to capture."""


@lookup()
def team_id(source: Source[SlackConfig]) -> str | None:
    return source.config.team_id


@cache
def limit_of(method: str, tier: int) -> Limit:
    """Slack counts by method; apps that are sold outside its Marketplace get one request a minute of some."""
    return Limit({2: 20, 3: 50, 4: 100}[tier], per="1m", least=1)


def sure(params: Mapping[str, object]) -> str | None:
    """A channel may well hold nothing, and its answer says whether it is good; nobody has no people or channels."""
    return "/ok" if params.keys() & {"channel", "channel_id"} else None


def method(name: str, records: Records | None, tier: int, **params: object) -> Endpoint:
    """A method without pages."""
    return GET(f"/{name}", params=params, records=records, ok=sure(params), limits=[limit_of(name, tier)])


CURSOR = NextToken("/response_metadata/next_cursor")
HISTORY = NextToken("/response_metadata/next_cursor", more="/has_more", below="/ts")


def paged(
    name: str, records: Records, tier: int, size: int = 200, pages: NextToken = CURSOR, **params: object
) -> Endpoint:
    """A method whose pages go on by a cursor."""
    path, params = name if "://" in name else f"/{name}", {"limit": size, "cursor": NEXT, **params}
    return GET(path, params=params, records=records, pages=pages, ok=sure(params), limits=[limit_of(name, tier)])


def numbered(name: str, records: str, tier: int, size: int, total: str | None = None, **params: object) -> Endpoint:
    """A method whose pages are counted."""
    pages, params = NextNumber(last="/paging/pages"), {"count": size, "page": NEXT, **params}
    return GET(f"/{name}", params=params, records=records, pages=pages, total=total, limits=[limit_of(name, tier)])


def listed(name: str, key: str | tuple[str, ...], read: Any, scope: str, about: str, every: str, **more: Any) -> Stream:
    """What can only be listed as a whole."""
    return Stream(name, key=key, read=read, scopes=[scope], about=about, sync=Snapshot(every=every), **more)


def named(*errors: str) -> re.Pattern[str]:
    """Exactly one of these errors."""
    return re.compile(f"^({'|'.join(errors)})$")


RULES = [
    On(error=named("ratelimited", "team_added_to_org")).wait("1m"),
    On(error=named("internal_error", "fatal_error", "service_unavailable", "request_timeout")).retry(),
    On(error=named("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
                   "org_login_required", "ekm_access_denied", "access_denied", "enterprise_is_restricted")).refresh(),
    On(error=named("no_permission", "missing_scope", "not_allowed_token_type", "paid_only")).drop(),
    On(error=named("not_in_channel", "channel_not_found", "thread_not_found", "fetch_members_failed",
                   "method_not_supported_for_channel_type")).skip(),
    On(error=named("invalid_cursor")).expired(),
    On(error=named("over_pagination_limit")).split(),
]  # fmt: skip
