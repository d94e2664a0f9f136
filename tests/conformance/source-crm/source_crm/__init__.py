"""A CRM with a search: capped, lagging, by the millisecond; what is archived is listed elsewhere."""

from connector_sdk import (
    EACH,
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
    Follow,
    Http,
    Incremental,
    Limit,
    Listed,
    Missing,
    NextKey,
    NextToken,
    Secret,
    Snapshot,
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


PAGES = NextToken("/paging/next", lives="10d")
STABLE = NextToken("/paging/next", stable=True)
SPAN = {"from": SINCE, "to": UNTIL}


def crm_object(name: str) -> Stream:
    """Changes by the search, deletes by the archive, both within an hour of lag."""
    by_id = POST(f"/{name}/search", json={"filter": SPAN, "sort": "id", "above": NEXT}, records="/results",
                 pages=NextKey("/id", start=0))  # fmt: skip
    search = POST(f"/{name}/search", json={"filter": SPAN, "after": NEXT}, records="/results", pages=PAGES,
                  total="/total", cap=20, then_by=by_id)  # fmt: skip
    return Stream(
        name,
        key="/id",
        read=GET(f"/{name}", params={"after": NEXT}, records="/results", pages=PAGES),
        sync=Incremental("/updatedAt", changes=search, format=Epoch("ms"), lag="10s", reread="2h"),
        deletes=Listed(
            GET(f"/{name}/archived", params={**SPAN, "after": NEXT}, records="/results", pages=PAGES),
            cursor="/archivedAt", every="1h",
        ),
    )  # fmt: skip


companies, deals = crm_object("companies"), crm_object("deals")
owners = Stream("owners", key="/id", read=GET("/owners", records="/results"), sync=Snapshot())
notes = Stream(
    "notes",
    key="/id",
    read=GET(f"/deals/{EACH['/id']}/notes", params={"after": NEXT}, records="/results", pages=STABLE),
    sync=Follow(deals, changed="/updatedAt"),
    deletes=Missing(),
)

crm = Connector(
    name="source-crm",
    title="CRM",
    config=CrmConfig,
    http=lambda config: Http(
        "https://crm.example.test", auth=config.credentials, limits=[Limit(100, "10s")], error="/message"
    ),
    check=GET("/owners", records="/results"),
    streams=[companies, deals, owners, notes],
)
