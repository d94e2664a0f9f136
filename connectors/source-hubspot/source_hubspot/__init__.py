"""HubSpot: CRM and custom objects, associations, lists, marketing, service and logs. API v3, v4 and 2026-03."""

from connector_sdk import GET, Connector, Http, On

from . import activity, crm, marketing, settings
from .shared import REQUESTS, HubSpotConfig
from .versions import OWNERS

__all__ = ["HubSpotConfig", "hubspot"]

LIMITED = [
    On(429, error="DAILY").wait("5m"),
    On(429, error="TEN_SECONDLY").wait("10s"),
    On(429).wait("1s"),
]

hubspot = Connector(
    name="source-hubspot",
    title="HubSpot",
    config=HubSpotConfig,
    http=lambda config: Http(
        "https://api.hubapi.com",
        auth=config.credentials,
        limits=[REQUESTS],
        error=["/policyName", "/errorType", "/message"],
        on=[*LIMITED, On((402, 403)).drop()],
    ),
    check=GET(
        OWNERS,
        params={"limit": 1},
        records="/results",
        on=[On(403).fail("give the token the scope crm.objects.owners.read, and those of the streams to be captured")],
    ),
    streams=[
        *crm.MAIN,
        *crm.ENGAGEMENTS,
        *crm.OTHERS,
        crm.custom_objects,
        *crm.ASSOCIATED,
        *crm.HISTORIES,
        settings.owners,
        settings.properties,
        settings.property_groups,
        settings.pipelines,
        settings.pipeline_stages,
        settings.pipeline_audits,
        settings.schemas,
        settings.association_labels,
        settings.contact_lists,
        settings.list_memberships,
        marketing.forms,
        marketing.form_submissions,
        marketing.marketing_emails,
        marketing.marketing_email_statistics,
        marketing.email_events,
        marketing.subscription_changes,
        marketing.email_subscriptions,
        marketing.subscription_statuses,
        marketing.campaigns,
        marketing.campaign_budget,
        marketing.campaign_metrics,
        marketing.campaign_assets,
        marketing.marketing_events,
        marketing.marketing_event_participations,
        activity.inboxes,
        activity.channels,
        activity.threads,
        activity.messages,
        activity.workflows,
        activity.sequences,
        activity.event_types,
        activity.web_analytics,
        activity.audit_logs,
        activity.login_activity,
        activity.security_activity,
        activity.api_usage,
        activity.webhooks_journal,
    ],
)
