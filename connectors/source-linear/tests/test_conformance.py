"""Linear conforms."""

from connector_sdk.testing.conformance import conformance

test_linear_conforms = conformance(__file__)
