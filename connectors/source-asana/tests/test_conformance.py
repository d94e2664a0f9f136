"""What every connector has to prove: ``connector-sdk test connectors/source-asana`` in pytest."""

from connector_sdk.testing.conformance import conformance

test_it_conforms = conformance(__file__)
