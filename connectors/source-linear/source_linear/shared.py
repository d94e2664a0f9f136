"""What the streams share: the config, how a connection is asked for, and what Linear's errors mean."""

import re
from collections.abc import Iterator

from connector_sdk import (
    EACH,
    POST,
    SINCE,
    SIZE,
    UNTIL,
    ApiKey,
    Config,
    Credentials,
    Endpoint,
    GraphQL,
    Incremental,
    Inner,
    Iso,
    Json,
    Marked,
    Missing,
    OAuth2,
    OAuth2Credentials,
    On,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)  # fmt: skip

AUTHORIZE, TOKEN = "https://linear.app/oauth/authorize", "https://api.linear.app/oauth/token"


class PersonalKey(Credentials, title="API key"):
    api_key: Secret
    """A personal API key, made under Settings > Account > Security & access. It begins with lin_api_."""

    def auth(self) -> ApiKey:
        return ApiKey(self.api_key, header="Authorization")


class OAuthApp(OAuth2Credentials, title="OAuth app"):
    provider = OAuth2(AUTHORIZE, TOKEN, rotates=True)


class AppItself(OAuth2Credentials, title="OAuth app as itself"):
    provider = OAuth2(AUTHORIZE, TOKEN, grant="client_credentials", params={"scope": "read"})


class LinearConfig(Config):
    credentials: PersonalKey | OAuthApp | AppItself
    start_date: StartDate = "2019-01-01T00:00:00Z"


def named(*errors: str) -> re.Pattern[str]:
    """Exactly one of these errors."""
    return re.compile(f"^({'|'.join(errors)})$")


MESSAGE = "/errors/0/message"
RULES = [
    On(error=named("ratelimited", "RATELIMITED")).wait("900ms"),  # then 2 s, 4 s ... up to a minute
    On(error=named("internal error", "network error", "lock timeout", "INTERNAL_SERVER_ERROR")).retry(),
    On(error=named("authentication error", "AUTHENTICATION_ERROR")).refresh(),
    On(error=named("forbidden", "feature not accessible", "FORBIDDEN", "FEATURE_NOT_ACCESSIBLE")).drop(),
    On(error=re.compile("(?i)too complex"), at=MESSAGE).smaller(),
    On(error=named("invalid input", "INPUT_ERROR")).expired(),
    On(error=named("graphql error", "GRAPHQL_VALIDATION_FAILED")).fail("update this connector: the schema has changed"),
]
ENTITY = "id createdAt updatedAt archivedAt"
NEVER_THERE = On(error=re.compile("(?i)not found"), at=MESSAGE).gone()


def listing(field: str, nodes: str, *, takes: str = "", filter: str = "", size: SIZE | None = None) -> Endpoint:
    """All records of a connection, or those that a filter on their ``updatedAt`` or ``createdAt`` lets pass, archived
    ones too. In the order of creation, which no edit changes; by ``updatedAt`` Linear lists the newest first, and each
    edit would jump to the front."""
    variables: dict[str, object] = {"first": size or SIZE(250, first=50)}
    typed = "$first: Int!, $after: String"
    if filter:
        variables |= {"since": SINCE, "until": UNTIL}
        typed += ", $since: DateTimeOrDuration!, $until: DateTimeOrDuration!"
        takes += f", filter: {{{filter}: {{gte: $since, lt: $until}}}}"
    page = f"nodes {{ {nodes} }} pageInfo {{ hasNextPage endCursor }}"
    asked = f"{field}(first: $first, after: $after, includeArchived: true{takes})"
    query = f"query Page({typed}) {{ {asked} {{ {page} }} }}"
    return GraphQL("/graphql", query, at=f"/data/{field}", variables=variables, on=RULES)


def changing(
    name: str, field: str, nodes: str, about: str, *, trash: bool = False, scope: str = "read", every: str = "5m",
    takes: str = "", optional: bool = False,
) -> Stream:  # fmt: skip
    """Records that are asked for by when they changed. What has vanished leaves no trace, so all keys are compared
    once a day; what lies in the trash says so."""
    keys = Missing(listing=listing(field, "id updatedAt", takes=takes, size=SIZE(250)))
    return Stream(
        name,
        key="/id",
        scopes=[scope],
        about=about,
        optional=optional,
        read=listing(field, f"{ENTITY} {'trashed ' * trash}{nodes}", takes=takes, filter="updatedAt"),
        sync=Incremental("/updatedAt", format=Iso("1ms"), lag="30s", reread="1h", sweep="1d", every=every),
        deletes=[Marked("/trashed"), keys] if trash else keys,
    )


def listed(name: str, field: str, nodes: str, about: str, *, scope: str = "read", every: str = "1h") -> Stream:
    """Records that Linear does not filter."""
    read = listing(field, f"{ENTITY} {nodes}")
    return Stream(name, key="/id", scopes=[scope], about=about, read=read, sync=Snapshot(every=every))


def whole(field: str, nodes: str) -> Endpoint:
    """What has no pages."""
    return POST("/graphql", json={"query": f"{{ {field} {{ {nodes} }} }}"}, records=f"/data/{field}")


def below(parents: str, parent: str, field: str, nodes: str, first: int, *, ids: object = None) -> Endpoint:
    """The connection ``field`` inside each of the ``parents``, every row with its parent's id: of all of them, or of
    those with these ``ids``. What a parent has beyond ``first`` is asked for by itself: Linear cuts such a list off
    without a word."""
    page = f"nodes {{ {nodes} }} pageInfo {{ hasNextPage endCursor }}"
    parent_id, at = f"{parent}Id", f"/data/{parents}"

    def rows(body: Json) -> Iterator[Json]:
        for each in body["data"][parents]["nodes"]:
            yield from ({**row, parent_id: each["id"]} for row in each[field]["nodes"])

    own = f"{field}(first: 250, after: $after)"
    rest = GraphQL(
        "/graphql",
        f"query Rest($id: String!, $after: String) {{ {parent}(id: $id) {{ {own} {{ {page} }} }} }}",
        at=f"/data/{parent}/{field}",
        variables={"id": EACH["/id"]},
        add={parent_id: EACH["/id"]},
        on=[NEVER_THERE, *RULES],
    )
    inner = Inner(f"{at}/nodes", f"/{field}/pageInfo/endCursor", rest, more=f"/{field}/pageInfo/hasNextPage")
    inside = f"nodes {{ id {field}(first: {first}) {{ {page} }} }}"
    if ids is not None:
        some = f"{parents}(filter: {{id: {{in: $ids}}}}, first: 20, includeArchived: true)"
        json = {"query": f"query Some($ids: [ID!]) {{ {some} {{ {inside} }} }}", "variables": {"ids": ids}}
        return POST("/graphql", json=json, records=rows, inner=inner)
    query = (f"query Page($after: String) {{ {parents}(first: 100, after: $after, includeArchived: true) "
             f"{{ {inside} pageInfo {{ hasNextPage endCursor }} }} }}")  # fmt: skip
    return GraphQL("/graphql", query, at=at, records=rows, inner=inner, on=RULES)
