"""What the streams share: the config, the workspaces to capture, and lists with every field asked for."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    SIZE,
    Bearer,
    Config,
    Credentials,
    Endpoint,
    Follow,
    Json,
    Missing,
    NextToken,
    OAuth2,
    OAuth2Credentials,
    On,
    Records,
    Secret,
    Snapshot,
    Source,
    Stream,
    lookup,
)  # fmt: skip


class AccessToken(Credentials, title="Personal access token"):
    token: Secret
    """The token, from the developer console. It sees what its owner sees."""

    def auth(self) -> Bearer:
        return Bearer(self.token)


class ServiceAccount(Credentials, title="Service account"):
    token: Secret
    """The service account's token. Enterprise only; it sees the whole organization, and its audit log."""

    def auth(self) -> Bearer:
        return Bearer(self.token)


class App(OAuth2Credentials, title="OAuth app"):
    provider = OAuth2("https://app.asana.com/-/oauth_authorize", "https://app.asana.com/-/oauth_token")


class AsanaConfig(Config):
    credentials: AccessToken | ServiceAccount | App
    workspaces: list[str] = Field([], title="Workspaces")
    """The ids of the workspaces to capture; all that the credentials see, if left empty."""
    projects_by_team: bool = False
    """List projects team by team, for organizations so large that Asana does not list all at once in time."""


def fields(names: str) -> str:
    """The places to ask for, as ``opt_fields`` takes them; beside them come gid and resource_type."""
    return ",".join(names.split())


def last(body: Json) -> bool:
    """Whether a list has been read to its end. One that holds nothing then, and says so, is empty."""
    return "next_page" in body and body["next_page"] is None


def listing(path: str, wanted: str, *, on: Sequence[On] = (), records: Records = "/data", **params: Any) -> Endpoint:
    """A list with every field asked for, so that no record takes a request of its own."""
    return GET(path, params={"limit": SIZE(100), "offset": NEXT, "opt_fields": fields(wanted) or None, **params},
               records=records, pages=NextToken("/next_page/offset"), ok=last, on=on)  # fmt: skip


def listed(name: str, read: Endpoint, scope: str, about: str, every: str, **more: Any) -> Stream:
    """What can only be listed as a whole."""
    key = more.pop("key", "/gid")
    return Stream(name, key=key, read=read, scopes=[scope], about=about, sync=Snapshot(every=every), **more)


def below(name: str, read: Endpoint, scope: str, about: str, *parents: Stream, **more: Any) -> Stream:
    """What is looked at again whenever what it belongs to has changed."""
    more = {"deletes": Missing(), **more}
    return Stream(name, key="/gid", read=read, scopes=[scope], about=about, sync=Follow(*parents), **more)


WORKSPACES = listing("/workspaces", "name is_organization email_domains")
PAID = [On(402).drop()]  # the plan does not have it


async def chosen(source: Source[AsanaConfig]) -> list[Json]:
    """The workspaces that the config names, or all."""
    named = source.config.workspaces
    found = [each async for each in source.http.records(WORKSPACES) if not named or each["gid"] in named]
    if unknown := set(named) - {each["gid"] for each in found}:
        raise ValueError(f"the credentials see no workspace {', '.join(sorted(unknown))}: correct it in the config")
    return found


@lookup()
async def every_workspace(source: Source[AsanaConfig]) -> list[str]:
    return [each["gid"] for each in await chosen(source)]


@lookup()
async def every_organization(source: Source[AsanaConfig]) -> list[str]:
    """Of these, the organizations, which alone have teams."""
    return [each["gid"] for each in await chosen(source) if each["is_organization"]]


TEAMS = listing(f"/workspaces/{EACH}/teams", "name description html_description organization.gid permalink_url "
                "visibility endorsed")  # fmt: skip


@lookup()
async def every_place(source: Source[AsanaConfig]) -> list[Json]:
    """Where projects are listed: in each workspace, or in each team."""
    found = await chosen(source)
    if not source.config.projects_by_team:
        return [{"workspace": each["gid"]} for each in found]
    teams = [team for each in found if each["is_organization"]
             async for team in source.http.records(TEAMS, each=each["gid"])]  # fmt: skip
    alone = [{"workspace": each["gid"]} for each in found if not each["is_organization"]]
    return [*alone, *({"team": team["gid"]} for team in teams)]


@lookup()
def owner(source: Source[AsanaConfig]) -> str | None:
    """Whose portfolios are listed: one's own, but for a service account, which is shown all."""
    return None if isinstance(source.config.credentials, ServiceAccount) else "me"
