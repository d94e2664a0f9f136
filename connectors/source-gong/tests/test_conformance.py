"""Gong conforms."""

from connector_sdk.testing.conformance import conformance

test_gong_conforms = conformance(__file__)
