"""HubSpot conforms."""

from connector_sdk.testing.conformance import conformance

test_hubspot_conforms = conformance(__file__)
