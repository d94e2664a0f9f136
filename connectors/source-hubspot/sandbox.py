"""A stateful fake of HubSpot's API, for preview and tests. Written from HubSpot's contract, not from the connector.

``sandbox(contacts=220)`` gives a server with a made-up account. ``hubspot_sandbox.py`` has the options,
``hubspot_data.py`` the CRM objects and the traps, ``hubspot_hub.py`` everything else, and ``hubspot_crm.py`` and
``hubspot_more.py`` serve it.
"""

from connector_sdk.testing.fake import Part, beside

PARTS = [
    Part(
        "objects, marketing, service and logs",
        streams=("contacts", "deals", "deals_contacts_associations", "owners", "contact_lists", "list_memberships",
                 "form_submissions", "marketing_emails", "marketing_email_statistics", "email_events",
                 "subscription_changes", "marketing_event_participations", "conversation_threads",
                 "conversation_messages", "workflows", "audit_logs", "webhooks_journal"),
        # what is erased for privacy and what an old offset of the journal misses is not promised, and does not happen
        options={"contacts": 16, "others": 0, "days": 2, "wide": 1, "search_lag": "20s", "loose_search": True,
                 "association_page": 2, "journal_days": 1_000},
    ),
]  # fmt: skip

sandbox = beside(__file__, "hubspot_sandbox").sandbox
