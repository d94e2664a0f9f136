"""Every path of HubSpot's API, in one table. A new dated version of one of them is an edit here.

HubSpot moves its API from ``/v1`` ... ``/v4`` to paths with a date (``/crm/objects/2026-03``); all undated paths end in
September 2027. Paths of version 1 stand here only where HubSpot offers no later one.
"""

OBJECTS = "/crm/v3/objects"  # dated: /crm/objects/2026-03
OBJECT_ASSOCIATIONS = "/crm/v4/objects"
ASSOCIATIONS = "/crm/v4/associations"
SCHEMAS = "/crm/v3/schemas"
PROPERTIES = "/crm/v3/properties"
PIPELINES = "/crm/v3/pipelines"
OWNERS = "/crm/v3/owners"
LISTS = "/crm/v3/lists"

FORMS = "/marketing/v3/forms"
FORM_SUBMISSIONS = "/form-integrations/v1/submissions/forms"
EMAILS = "/marketing/v3/emails"
CAMPAIGNS = "/marketing/v3/campaigns"
MARKETING_EVENTS = "/marketing/v3/marketing-events"
EMAIL_EVENTS = "/email/public/v1/events"
SUBSCRIPTION_CHANGES = "/email/public/v1/subscriptions/timeline"
SUBSCRIPTIONS = "/communication-preferences/v4"

EVENTS = "/events/v3/events"
FLOWS = "/automation/v4/flows"
SEQUENCES = "/automation/v4/sequences"
CONVERSATIONS = "/conversations/v3/conversations"
ACTIVITY = "/account-info/v3/activity"
API_USAGE = "/account-info/v3/api-usage/daily/private-apps"

JOURNAL = "/webhooks-journal/journal-local/2026-03"
TOKEN = "https://api.hubapi.com/oauth/v3/token"  # dated: /oauth/2026-03/token
