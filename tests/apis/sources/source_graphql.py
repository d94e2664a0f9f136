"""An issue tracker that speaks GraphQL: connections with pageInfo, errors in a 200, a key without a scheme."""

from connector_sdk import (
    SINCE,
    UNTIL,
    ApiKey,
    Config,
    Connector,
    Credentials,
    GraphQL,
    Http,
    Incremental,
    Secret,
    Snapshot,
    StartDate,
    Stream,
)


class PersonalKey(Credentials, title="Personal key"):
    key: Secret

    def auth(self) -> ApiKey:
        return ApiKey(self.key, header="Authorization")


class TrackerConfig(Config):
    credentials: PersonalKey
    start_date: StartDate = "2026-01-01T00:00:00Z"


teams = Stream(
    "teams",
    key="/id",
    read=GraphQL("/graphql", at="/data/teams", stable=True, query="""
        query Teams($after: String) {
          teams(first: 20, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } } }"""),
    sync=Snapshot(),
)  # fmt: skip
issues = Stream(
    "issues",
    key="/id",
    read=GraphQL("/graphql", at="/data/issues", stable=True, variables={"since": SINCE, "until": UNTIL}, query="""
        query Issues($since: DateTime!, $until: DateTime!, $after: String) {
          issues(first: 20, after: $after, filter: { updatedAt: { gte: $since, lt: $until } }) {
            nodes { id title updatedAt } pageInfo { hasNextPage endCursor } } }"""),
    sync=Incremental("/updatedAt", lag="5s"),
)  # fmt: skip

tracker = Connector(
    name="source-tracker",
    title="Tracker",
    config=TrackerConfig,
    http=lambda config: Http("https://api.tracker.test", auth=config.credentials, error="/errors/0/message"),
    streams=[teams, issues],
)
