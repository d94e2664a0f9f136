"""CRM objects: HubSpot's own kinds and the account's, with their associations and the history of their properties."""

from collections.abc import AsyncIterator, Iterator

from connector_sdk import (
    ALL,
    EACH,
    GET,
    NEXT,
    POST,
    SINCE,
    UNTIL,
    Follow,
    Incremental,
    Inner,
    Json,
    Listed,
    Marked,
    Missing,
    NextKey,
    On,
    Source,
    Stream,
)

from .shared import AFTER, SEARCHES, HubSpotConfig, kept_properties, paged, property_names
from .versions import ASSOCIATIONS, OBJECT_ASSOCIATIONS, OBJECTS, SCHEMAS

KNOWN = {"OBJECT_NOT_FOUND", "NO_ASSOCIATIONS_FOUND"}  # these say that there is nothing; other errors say nothing of it
UNKNOWN_KIND = On(404).drop()


def checked(body: Json) -> list[Json]:
    """The results of a batch, of which only what is certainly not there may be missing."""
    for error in body.get("errors", []):
        if not {error.get("category"), error.get("subCategory")} & KNOWN:
            raise ValueError(f"a part of a batch could not be read: {error.get('category')}: {error.get('message')}")
    return list(body["results"])


def with_merged(record: Json) -> Iterator[Json]:
    """The ids that were merged into a record, which are gone, and the record."""
    for id in (record["properties"].get("hs_merged_object_ids") or "").split(";"):
        if id.strip() and id.strip() != record["id"]:
            yield {"id": id.strip(), "archived": True, "updatedAt": record["updatedAt"], "mergedInto": record["id"]}
    yield record


def archived(body: Json) -> Iterator[Json]:
    """What the archive shows; what was merged into a record before went with it, and is told of nowhere else."""
    for record in body["results"]:
        for each in with_merged(record):
            yield {**each, "archivedAt": record["archivedAt"]}


def listed(body: Json) -> Iterator[Json]:
    """What a listing shows."""
    for record in body["results"]:
        yield from with_merged(record)


def by_id(body: Json) -> Iterator[Json]:
    """What a search found, in the order of ids that was asked for: in any other, its next page would leave some out."""
    ids = [int(each["id"]) for each in body["results"]]
    if ids != sorted(ids):
        raise ValueError("the search did not come in the order of hs_object_id that was asked for")
    return listed(body)


def complete(body: Json) -> Iterator[Json]:
    """Whole records, with null where a property is empty."""
    for record in checked(body):
        record["properties"] = {name: None if value == "" else value for name, value in record["properties"].items()}
        yield from with_merged(record)


def crm_object(
    name: str, scope: str, about: str, *, path: str = "", modified: str = "hs_lastmodifieddate", every: str = "5m"
) -> Stream:
    """Objects of one kind: listed once, then searched for by when they changed; either way read whole in batches."""
    path = path or name
    whole = POST(
        f"{OBJECTS}/{path}/batch/read",
        json={"inputs": ALL({"id": EACH["/id"]}, at_most=100), "properties": property_names(path)},
        records=complete,
    )
    # by id within the window: a search ends at 10,000 results, and bulk imports give more than that one millisecond
    changed = POST(
        f"{OBJECTS}/{path}/search",
        json={
            "filterGroups": [{"filters": [
                {"propertyName": modified, "operator": "BETWEEN", "value": SINCE, "highValue": UNTIL.inclusive},
                {"propertyName": "hs_object_id", "operator": "GT", "value": NEXT},
            ]}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": [modified, "hs_merged_object_ids"],
            "limit": 200,
        },
        records=by_id,
        pages=NextKey("/id", start="0"),
        limits=[SEARCHES],
    )  # fmt: skip
    every_one = paged(
        f"{OBJECTS}/{path}", records=listed, pages=AFTER, on=[UNKNOWN_KIND], properties="hs_merged_object_ids"
    )
    archive = paged(
        f"{OBJECTS}/{path}", records=archived, pages=AFTER, archived=True, properties="hs_merged_object_ids"
    )
    return Stream(
        name,
        key="/id",
        scopes=[scope],
        about=about,
        read=every_one.then(whole),
        sync=Incremental(
            "/updatedAt", changes=changed.then(whole), lag="10s", reread="1h", step="1d", sweep="7d", every=every
        ),
        deletes=[Marked("/mergedInto"), Listed(archive, "/archivedAt")],
    )


contacts = crm_object("contacts", "crm.objects.contacts.read", "People.", modified="lastmodifieddate", every="1m")
companies = crm_object("companies", "crm.objects.companies.read", "Companies.", every="1m")
deals = crm_object("deals", "crm.objects.deals.read", "Deals.", every="1m")
tickets = crm_object("tickets", "tickets", "Tickets.", every="1m")
MAIN = (contacts, companies, deals, tickets)

ENGAGEMENTS = [
    crm_object(name, scope, about)
    for name, scope, about in (
        ("calls", "crm.objects.contacts.read", "Calls that were logged."),
        ("emails", "sales-email-read", "One-to-one e-mails that were logged."),
        ("meetings", "crm.objects.contacts.read", "Meetings."),
        ("notes", "crm.objects.contacts.read", "Notes."),
        ("tasks", "crm.objects.contacts.read", "Tasks."),
        ("communications", "crm.objects.contacts.read", "WhatsApp, LinkedIn and SMS messages that were logged."),
        ("postal_mail", "crm.objects.contacts.read", "Postal mail that was logged."),
    )
]
OTHERS = [
    crm_object(name, scope or f"crm.objects.{name}.read", about)
    for name, scope, about in (
        ("leads", "", "Leads."),
        ("products", "e-commerce", "The product library."),
        ("line_items", "", "Lines of deals, quotes and invoices."),
        ("quotes", "", "Quotes."),
        ("orders", "", "Orders."),
        ("carts", "", "Carts."),
        ("invoices", "", "Invoices."),
        ("commerce_payments", "", "Payments."),
        ("subscriptions", "", "Subscriptions that are paid again and again."),
        ("discounts", "crm.objects.line_items.read", "Discounts of quotes."),
        ("fees", "crm.objects.line_items.read", "Fees of quotes."),
        ("taxes", "crm.objects.line_items.read", "Taxes of quotes."),
        ("goal_targets", "crm.objects.goals.read", "Goals of people."),
        ("feedback_submissions", "", "Answers to feedback surveys."),
        ("users", "", "Users of the account."),
        ("appointments", "", "Appointments."),
        ("courses", "", "Courses."),
        ("listings", "", "Listings."),
        ("services", "", "Services."),
        ("deal_splits", "crm.objects.deals.read", "How the amount of deals is split between owners."),
        ("contracts", "", "Contracts."),
    )
]
KINDS = [stream.name for stream in (*MAIN, *ENGAGEMENTS, *OTHERS)]


def links(found: list[Json], **more: str) -> Iterator[Json]:
    """One record for each type of each association."""
    for link in found:
        for type in link["associationTypes"]:
            yield {"toId": str(link["toObjectId"]), **type, **more}  # in the order of the further pages


def first_pages(body: Json) -> Iterator[Json]:
    """The associations that a batch shows at once: those of each object, up to a page of them."""
    for result in checked(body):
        yield from links(result["to"], fromId=str(result["from"]["id"]))


def associations(origin: Stream, to: str, *, path: str = "", optional: bool = False) -> Stream:
    """What objects of one kind are associated with, of another."""
    path = path or origin.name
    rest = GET(
        f"{OBJECT_ASSOCIATIONS}/{path}/{EACH['/from/id']}/associations/{to}",
        params={"limit": 500, "after": NEXT},
        records=lambda body: links(body["results"]),
        pages=AFTER,
        add={"fromId": EACH["/from/id"]},
    )
    return Stream(
        f"{origin.name}_{to}_associations",
        key=("/fromId", "/toId", "/typeId"),
        scopes=origin.scopes,
        optional=optional,
        about=f"Which {to} each of the {origin.name} is associated with, and how.",
        read=POST(
            f"{ASSOCIATIONS}/{path}/{to}/batch/read",
            json={"inputs": ALL({"id": EACH["/id"]}, at_most=100)},
            records=first_pages,
            inner=Inner("/results", "/paging/next/after", rest),
        ),
        sync=Follow(origin, as_listed=True),
        deletes=Missing(of="/fromId", orphans=True),
    )


def versions(body: Json) -> Iterator[Json]:
    """One record for each value that a property ever had."""
    for record in checked(body):
        for name, history in record["propertiesWithHistory"].items():
            for version in history:
                yield {"id": record["id"], "property": name, **version}


def property_history(origin: Stream, *, path: str = "") -> Stream:
    """The values that the properties of one kind of object had over time."""
    path = path or origin.name
    return Stream(
        f"{origin.name}_property_history",
        key=("/id", "/property", "/timestamp"),
        scopes=origin.scopes,
        optional=True,
        about=f"Every value that a property of {origin.name} had, when, and who set it. Without calculated properties.",
        read=POST(
            f"{OBJECTS}/{path}/batch/read",
            json={
                "inputs": ALL({"id": EACH["/id"]}, at_most=50),
                "properties": [],
                "propertiesWithHistory": kept_properties(path),
            },
            records=versions,
        ),
        sync=Follow(origin, as_listed=True),
    )


ASSOCIATED = [
    *(associations(origin, to.name) for origin in MAIN for to in MAIN if to is not origin),
    associations(deals, "line_items"),
    *(associations(origin, to.name, optional=True) for origin in ENGAGEMENTS for to in MAIN),
]
HISTORIES = [property_history(origin) for origin in MAIN]


async def custom_objects(source: Source[HubSpotConfig]) -> AsyncIterator[Stream]:
    """The account's own kinds of objects. Their names may be those of others, or be refused: their ids never are."""
    async for schema in source.http.records(GET(SCHEMAS, records="/results")):
        if schema.get("archived"):
            continue
        path, label = schema["objectTypeId"], schema.get("labels", {}).get("plural") or schema["name"]
        custom = crm_object(f"custom_{schema['name']}", "crm.objects.custom.read", f"{label}.", path=path, every="1m")
        yield custom
        for to in MAIN:
            yield associations(custom, to.name, path=path, optional=True)
        yield property_history(custom, path=path)
