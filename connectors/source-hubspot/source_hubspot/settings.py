"""How the account is set up: owners, properties, pipelines, labels of associations, lists and who is on them."""

from collections.abc import Iterator

from connector_sdk import EACH, GET, NEXT, POST, Digest, Json, Lookup, NextOffset, Snapshot, Source, Stream, lookup

from .crm import KINDS, MAIN
from .shared import NOT_HERE, SHIFTING, HubSpotConfig, custom_kinds, paged, setting
from .versions import ASSOCIATIONS, LISTS, OWNERS, PIPELINES, PROPERTIES, SCHEMAS

PIPED = ["deals", "tickets", "leads", "orders", "appointments", "courses", "listings", "services"]

owners = Stream(
    "owners",
    key="/id",
    per=[False, True],
    shared=True,
    scopes=["crm.objects.owners.read"],
    about="Users who may own records, with their teams. Those who left are archived.",
    read=paged(OWNERS, archived=EACH),
    sync=Snapshot(),
)


@lookup(every="1h")
async def all_kinds(source: Source[HubSpotConfig]) -> list[str]:
    """HubSpot's kinds of objects, and the account's own."""
    return [*KINDS, *await custom_kinds(source)]


@lookup(every="1h")
async def piped_kinds(source: Source[HubSpotConfig]) -> list[str]:
    """The kinds of objects that may go through pipelines."""
    return [*PIPED, *await custom_kinds(source)]


@lookup(every="1h")
async def two_kinds(source: Source[HubSpotConfig]) -> list[Json]:
    """Every two kinds of objects whose associations may have labels."""
    kinds = [*(stream.name for stream in MAIN), *await custom_kinds(source)]
    return [{"from": one, "to": other} for one in kinds for other in kinds]


def of_kinds(
    name: str, key: str, kinds: Lookup[list[str]], path: str, about: str, *, records: object = "/results"
) -> Stream:
    """A setting that is listed for each kind of object."""
    return Stream(
        name,
        key=("/objectType", key),
        per=kinds,
        scopes=["crm.schemas.*.read"],
        about=about,
        read=GET(path, records=records, add={"objectType": EACH}, on=[NOT_HERE]),  # type: ignore[arg-type]
        sync=Snapshot(every="1h"),
    )


def stages(body: Json) -> Iterator[Json]:
    """The stages of every pipeline, one record each."""
    for pipeline in body["results"]:
        for stage in pipeline["stages"]:
            yield {"pipelineId": pipeline["id"], **stage}


properties = of_kinds("properties", "/name", all_kinds, f"{PROPERTIES}/{EACH}", "Properties of every kind of object.")
property_groups = of_kinds(
    "property_groups", "/name", all_kinds, f"{PROPERTIES}/{EACH}/groups", "Groups that properties are shown in."
)
pipelines = of_kinds("pipelines", "/id", piped_kinds, f"{PIPELINES}/{EACH}", "Pipelines, with their stages.")
pipeline_stages = Stream(
    "pipeline_stages",
    key=("/objectType", "/pipelineId", "/id"),
    per=piped_kinds,
    scopes=pipelines.scopes,
    about="Stages of pipelines.",
    read=GET(f"{PIPELINES}/{EACH}", records=stages, add={"objectType": EACH}, on=[NOT_HERE]),
    sync=Snapshot(),
)
pipeline_audits = Stream(
    "pipeline_audits",
    key="/id",
    per=pipelines,
    optional=True,
    scopes=pipelines.scopes,
    about="Who changed a pipeline, and how. A request for each pipeline.",
    read=GET(
        f"{PIPELINES}/{EACH['/objectType']}/{EACH['/id']}/audit",
        records="/results",
        add={"objectType": EACH["/objectType"], "pipelineId": EACH["/id"], "id": Digest()},
        on=[NOT_HERE],
    ),
    sync=Snapshot(every="1d"),
)
schemas = setting(
    "schemas", "/objectTypeId", GET(SCHEMAS, records="/results"), "crm.schemas.custom.read", "Custom objects, defined."
)
association_labels = Stream(
    "association_labels",
    key=("/fromObjectType", "/toObjectType", "/category", "/typeId"),
    per=two_kinds,
    scopes=pipelines.scopes,
    about="Types and labels that associations between two kinds of objects may have.",
    read=GET(
        f"{ASSOCIATIONS}/{EACH['/from']}/{EACH['/to']}/labels",
        records="/results",
        add={"fromObjectType": EACH["/from"], "toObjectType": EACH["/to"]},
        on=[NOT_HERE],
    ),
    sync=Snapshot(every="6h"),
)

contact_lists = setting(
    "contact_lists",
    "/listId",
    POST(
        f"{LISTS}/search",
        json={
            "count": 500,
            "offset": NEXT,
            "additionalProperties": ["hs_lastmodifieddate", "hs_list_size", "hs_last_record_added_at"],
        },
        records="/lists",
        pages=NextOffset(more="/hasMore"),
        total="/total",
        cap=10_000,
    ),
    "crm.lists.read",
    "Lists, now called segments, of every kind of object.",
)
list_memberships = Stream(
    "list_memberships",
    key=("/listId", "/recordId"),
    per=contact_lists,
    scopes=["crm.lists.read"],
    about="Which records are on which list, and since when.",
    read=GET(
        f"{LISTS}/{EACH['/listId']}/memberships/join-order",
        params={"limit": 250, "after": NEXT},
        records="/results",
        pages=SHIFTING,
        add={"listId": EACH["/listId"]},
        on=[NOT_HERE],
    ),
    sync=Snapshot(every="6h"),
)
