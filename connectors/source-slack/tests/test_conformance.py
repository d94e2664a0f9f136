"""Slack conforms."""

from connector_sdk.testing.conformance import conformance

test_slack_conforms = conformance(__file__)
