"""A CRM whose customers make objects of their own: a stream for each, found from its schema."""

from collections.abc import AsyncIterator

from connector_sdk import (
    GET,
    NEXT,
    POST,
    SINCE,
    UNTIL,
    Bearer,
    Config,
    Connector,
    Credentials,
    Epoch,
    Http,
    Incremental,
    NextToken,
    Secret,
    Snapshot,
    Source,
    StartDate,
    Stream,
)


class Token(Credentials, title="Private app"):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class CrmConfig(Config):
    credentials: Token
    start_date: StartDate = "2026-01-01T00:00:00Z"


AFTER = NextToken("/paging/next/after", stable=True)
SCHEMAS = GET("/crm/schemas", records="/results")

owners = Stream("owners", key="/id", read=GET("/crm/owners", records="/results"), sync=Snapshot())


def custom(name: str, modified: str) -> Stream:
    read = POST(f"/crm/objects/{name}/search", form={"after": NEXT, "from": SINCE, "to": UNTIL}, records="/results",
                pages=AFTER)  # fmt: skip
    return Stream(f"custom_{name}", key="/id", read=read, sync=Incremental(modified, format=Epoch("ms"), lag="5s"))


async def custom_objects(source: Source[CrmConfig]) -> AsyncIterator[Stream]:
    async for schema in source.http.records(SCHEMAS):
        if not schema["archived"]:
            yield custom(schema["name"], f"/properties/{schema['modified']}")


crm = Connector(
    name="source-crm",
    title="CRM",
    config=CrmConfig,
    http=lambda config: Http("https://api.crm.test", auth=config.credentials, error="/message"),
    check=SCHEMAS,
    streams=[owners, custom_objects],
)
