"""The company: workspaces, library, permission profiles, logs and CRM systems."""

from collections.abc import Iterator

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Digest,
    Incremental,
    Iso,
    Json,
    Missing,
    Snapshot,
    Source,
    Stream,
    lookup,
)

from .shared import CURSOR, TOTAL, GongConfig, below, setting

workspaces = setting(
    "workspaces",
    "/id",
    GET("/v2/workspaces", records="/workspaces"),
    "api:workspaces:read",
    "The company's workspaces.",
)
library_folders = Stream(
    "library_folders",
    key="/id",
    per=workspaces,
    scopes=["api:library:read"],
    about="Public folders of the call library, of every workspace.",
    read=below("/v2/library/folders", "workspaceId", "/folders"),
    sync=Snapshot(),
    deletes=Missing(orphans=True),
)
library_folder_content = Stream(
    "library_folder_content",
    key=("/folderId", "/id"),
    per=library_folders,
    scopes=["api:library:read"],
    about="Calls that were put into the library's folders.",
    read=below("/v2/library/folder-content", "folderId", "/calls"),
    sync=Snapshot(every="6h"),
    deletes=Missing(orphans=True),
)
permission_profiles = Stream(
    "permission_profiles",
    key="/id",
    per=workspaces,
    about="Permission profiles of every workspace.",
    read=below("/v2/all-permission-profiles", "workspaceId", "/profiles"),
    sync=Snapshot(every="6h"),
    deletes=Missing(orphans=True),
)
permission_profile_users = Stream(
    "permission_profile_users",
    key=("/profileId", "/id"),
    per=permission_profiles,
    about="Who has which permission profile.",
    read=below("/v2/permission-profile/users", "profileId", "/users"),
    sync=Snapshot(every="6h"),
    deletes=Missing(orphans=True),
)
audit_logs = Stream(
    "audit_logs",
    key="/id",
    per=["AccessLog", "UserActivityLog", "UserCallPlay", "ExternallySharedCallAccess", "ExternallySharedCallPlay"],
    scopes=["api:logs:read"],
    about="Who signed in, what they did, and which calls were played or shared.",
    read=GET(
        "/v2/logs",
        params={"logType": EACH, "fromDateTime": SINCE, "toDateTime": UNTIL, "cursor": NEXT},
        records="/logEntries",
        pages=CURSOR,
        total=TOTAL,
        add={"logType": EACH, "id": Digest("/logType", "/eventTime", "/userId", "/logRecord")},
    ),
    sync=Incremental("/eventTime", format=Iso("1s"), lag="5m", reread="1d", every="1h"),
)

crm_integrations = setting(
    "crm_integrations",
    "/id",
    GET("/v2/crm/integrations", records="/integrations"),
    "api:crm:integrations:read",
    "CRM systems that are connected.",
)


@lookup()
async def crm_objects(source: Source[GongConfig]) -> list[Json]:
    """The types of objects that each CRM may have."""
    ids = [each["id"] async for each in source.http.records(GET("/v2/crm/integrations", records="/integrations"))]
    return [{"integration": id, "type": type} for id in ids for type in ("ACCOUNT", "CONTACT", "DEAL", "LEAD")]


def one_field_each(body: Json) -> Iterator[Json]:
    """The fields, which Gong lists by type of object."""
    for object_type, fields in body["objectTypeToSelectedFields"].items():
        for field in fields:
            yield {"objectType": object_type, **field}


crm_entity_schema = Stream(
    "crm_entity_schema",
    key=("/integrationId", "/objectType", "/name"),
    per=crm_objects,
    scopes=["api:crm:schema"],
    about="Fields that Gong takes from each CRM, by type of object.",
    read=GET(
        "/v2/crm/entity-schema",
        params={"integrationId": EACH["/integration"], "objectType": EACH["/type"]},
        records=one_field_each,
    ).plus(integrationId=EACH["/integration"]),
    sync=Snapshot(every="6h"),
    deletes=Missing(orphans=True),
)
