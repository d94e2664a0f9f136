"""A stateful fake of HubSpot's API, for preview and tests. Written from HubSpot's contract, not from the connector.

``sandbox(contacts=220)`` gives a server with a made-up account. ``hubspot_sandbox.py`` has the options,
``hubspot_data.py`` the CRM objects and the traps, ``hubspot_hub.py`` everything else, and ``hubspot_crm.py`` and
``hubspot_more.py`` serve it.
"""

from connector_sdk.testing.fake import beside

sandbox = beside(__file__, "hubspot_sandbox").sandbox
