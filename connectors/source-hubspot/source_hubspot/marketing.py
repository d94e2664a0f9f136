"""Marketing: forms and who filled them in, e-mails and what became of them, campaigns, events, subscriptions."""

import hashlib
import json
from collections.abc import Iterator

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    SINCE,
    UNTIL,
    Digest,
    Endpoint,
    Epoch,
    Follow,
    Incremental,
    Json,
    Missing,
    NextToken,
    On,
    Records,
    Snapshot,
    Source,
    Stream,
    lookup,
)

from .crm import contacts
from .shared import NOT_HERE, HubSpotConfig, paged, setting
from .versions import (
    CAMPAIGNS,
    EMAIL_EVENTS,
    EMAILS,
    FORM_SUBMISSIONS,
    FORMS,
    MARKETING_EVENTS,
    SUBSCRIPTION_CHANGES,
    SUBSCRIPTIONS,
)

forms = setting("forms", "/id", paged(FORMS, limit=500, formTypes="all"), "forms", "Forms of every type.")


def submissions(body: Json) -> Iterator[Json]:
    """Submissions with an id: HubSpot's own, or a hash of all that makes one of its form known."""
    for each in body["results"]:
        made = json.dumps([each["submittedAt"], each["values"]], sort_keys=True, default=str).encode()
        yield {"submissionId": each.get("conversionId") or hashlib.sha256(made).hexdigest()[:24], **each}


form_submissions = Stream(
    "form_submissions",
    key=("/formId", "/submissionId"),
    per=forms,
    scopes=["forms"],
    about="What was filled into each form. Fields are as they were sent; contacts hold what became of them.",
    read=paged(
        f"{FORM_SUBMISSIONS}/{EACH['/id']}",
        limit=50,
        records=submissions,
        on=[On(400, error="FORM_TYPE_NOT_ALLOWED").empty(), NOT_HERE],  # comments of a blog are none
    ).plus(formId=EACH["/id"]),
    sync=Incremental("/submittedAt", format=Epoch("ms"), order="falling", reread="1h", every="5m"),
)

marketing_emails = Stream(
    "marketing_emails",
    key="/id",
    per=[False, True],
    shared=True,
    scopes=["content"],
    about="Marketing e-mails. What they hold, without statistics; those that were archived say so.",
    read=paged(EMAILS, updatedAfter=SINCE.exclusive, archived=EACH),
    sync=Incremental("/updatedAt", reread="1h", every="5m"),
)


def statistics(body: Json) -> Iterator[Json]:
    """The statistics of each e-mail; the rest of it is in marketing_emails."""
    for each in body["results"]:
        yield {"id": each["id"], "name": each.get("name"), "stats": each.get("stats")}


marketing_email_statistics = setting(
    "marketing_email_statistics",
    "/id",
    paged(EMAILS, records=statistics, includeStats=True),
    "content",
    "How often each marketing e-mail was delivered, opened, clicked and so on. HubSpot lists those that have any.",
    every="6h",
)


def told(path: str, records: Records) -> Endpoint:
    """What happened to e-mails within a window of whole milliseconds, both ends of it included."""
    return GET(
        path,
        params={"startTimestamp": SINCE, "endTimestamp": UNTIL.inclusive, "limit": 1000, "offset": NEXT},
        records=records,
        pages=NextToken("/offset", more="/hasMore"),
    )


def typed(body: Json) -> Iterator[Json]:
    """Events, each with its type: HubSpot leaves it out of those that undo a bounce."""
    for event in body["events"]:
        yield event if event.get("type") else {**event, "type": "UNBOUNCE"}


email_events = Stream(
    "email_events",
    key=("/id", "/created"),
    scopes=["content"],
    about="What happened to each marketing e-mail: sent, delivered, opened, clicked, bounced and so on.",
    read=told(EMAIL_EVENTS, typed),
    sync=Incremental("/created", format=Epoch("ms"), lag="5m", step="1d", reread="1d", every="5m"),
)
subscription_changes = Stream(
    "subscription_changes",
    key="/id",
    scopes=["content"],
    about="When people subscribed and unsubscribed. `id` is a hash of the entry.",
    read=told(SUBSCRIPTION_CHANGES, "/timeline").plus(id=Digest()),
    sync=Incremental("/timestamp", format=Epoch("ms"), lag="5m", step="30d", reread="1d", every="5m"),
)
email_subscriptions = setting(
    "email_subscriptions",
    "/id",
    GET(f"{SUBSCRIPTIONS}/definitions", records="/results"),
    "communication_preferences.read",
    "Types of subscriptions.",
)
subscription_statuses = Stream(
    "subscription_statuses",
    key=("/contactId", "/subscriptionId"),
    optional=True,
    scopes=["communication_preferences.read"],
    about="What each contact is subscribed to. A request for each contact.",
    read=GET(
        f"{SUBSCRIPTIONS}/statuses/{EACH['/properties/email']}",
        params={"channel": "EMAIL"},
        records="/results",
        add={"contactId": EACH["/id"]},
        on=[NOT_HERE],
    ),
    sync=Follow(contacts, where=lambda contact: contact["properties"].get("email")),
    deletes=Missing(),
)

campaigns = setting(
    "campaigns",
    "/id",
    paged(CAMPAIGNS, properties="hs_name,hs_start_date,hs_end_date,hs_campaign_status,hs_owner,hs_utm"),
    "marketing.campaigns.read",
    "Marketing campaigns.",
)


def of_campaign(name: str, path: str, about: str) -> Stream:
    """What HubSpot adds up for a campaign: one record each."""
    return Stream(
        name,
        key="/campaignId",
        per=campaigns,
        optional=True,
        scopes=["marketing.campaigns.read"],
        about=f"{about} A request for each campaign.",
        read=GET(f"{CAMPAIGNS}/{EACH['/id']}/{path}", records="", add={"campaignId": EACH["/id"]}, on=[NOT_HERE]),
        sync=Snapshot(every="6h"),
        deletes=Missing(orphans=True),
    )


campaign_budget = of_campaign("campaign_budget", "budget/totals", "Budget and spend of each, with their items.")
campaign_metrics = of_campaign("campaign_metrics", "reports/metrics", "Sessions, new contacts and influence of each.")


@lookup(every="6h")
async def kinds_of_assets(source: Source[HubSpotConfig]) -> list[Json]:
    """Each campaign with each kind of asset: HubSpot lists them kind by kind."""
    ids = [each["id"] async for each in source.http.records(paged(CAMPAIGNS))]
    kinds = ("FORM", "MARKETING_EMAIL", "LANDING_PAGE", "SITE_PAGE", "BLOG_POST", "AUTOMATION_PLATFORM_FLOW",
             "OBJECT_LIST", "SOCIAL_BROADCAST", "WEB_INTERACTIVE", "AD_CAMPAIGN")  # fmt: skip
    return [{"campaign": id, "type": kind} for id in ids for kind in kinds]


campaign_assets = Stream(
    "campaign_assets",
    key=("/campaignId", "/assetType", "/id"),
    per=kinds_of_assets,
    optional=True,
    scopes=["marketing.campaigns.read"],
    about="What belongs to each campaign. A request for each campaign and kind of asset.",
    read=paged(f"{CAMPAIGNS}/{EACH['/campaign']}/assets/{EACH['/type']}", on=[NOT_HERE]).plus(
        campaignId=EACH["/campaign"], assetType=EACH["/type"]
    ),
    sync=Snapshot(every="6h"),
    deletes=Missing(orphans=True),
)

marketing_events = setting(
    "marketing_events",
    "/objectId",
    paged(MARKETING_EVENTS),
    "crm.objects.marketing_events.read",
    "Webinars, conferences and other events.",
)
marketing_event_participations = Stream(
    "marketing_event_participations",
    key=("/marketingEventId", "/id"),
    per=marketing_events,
    scopes=["crm.objects.marketing_events.read"],
    about="Who registered for, attended or cancelled each marketing event. A request for each event.",
    read=paged(f"{MARKETING_EVENTS}/participations/{EACH['/objectId']}/breakdown", on=[NOT_HERE]).plus(
        marketingEventId=EACH["/objectId"]
    ),
    sync=Snapshot(every="6h"),
    deletes=Missing(orphans=True),
)
