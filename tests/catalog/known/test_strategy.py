"""Everything that the ETL strategy names: the right answer, the right name, and what is wrong in its text."""

from __future__ import annotations

import pytest

from connector_sdk.catalog.known import check, load
from connector_sdk.errors import CatalogUsageError

CAPTURE, TARGET = "capture", "materialization"
S3 = ("materialize-s3-csv", "materialize-s3-iceberg", "materialize-s3-parquet")
LOG = "native change data capture"


@pytest.mark.parametrize(
    ("query", "kind", "answer", "name", "said"),
    [
        # its sources, by system and by name
        ("Gong", None, "use-existing", "source-gong", "there is no api_key"),
        ("HubSpot", None, "use-existing", "source-hubspot-native", "/id, not /dealId"),
        ("Slack", None, "use-existing", "source-slack", "wraps airbyte/source-slack:0.1.25"),
        ("Asana", None, "use-existing", "source-asana", "Airbyte's code"),
        ("PostgreSQL", None, "use-existing", "source-postgres", LOG),
        ("MySQL", None, "use-existing", "source-mysql", LOG),
        ("MongoDB", None, "use-existing", "source-mongodb", LOG),
        ("PostgreSQL", CAPTURE, "use-existing", "source-postgres", "source-postgres-batch queries tables instead"),
        ("source-gong", None, "use-existing", "source-gong", "no call transcripts"),
        ("source-hubspot", None, "use-replacement", "source-hubspot-native", "source-hubspot is deprecated"),
        ("source-slack", None, "use-existing", "source-slack", "polls in batches"),
        ("source-asana", None, "use-existing", "source-asana", ":v1"),
        ("source-postgres", None, "use-existing", "source-postgres", LOG),
        ("source-mysql", None, "use-existing", "source-mysql", LOG),
        ("source-mongodb", None, "use-existing", "source-mongodb", LOG),
        # its targets
        ("Snowflake", TARGET, "use-existing", "materialize-snowflake", "syncSchedule.syncFrequency"),
        ("PostgreSQL", TARGET, "use-existing", "materialize-postgres", "writes into PostgreSQL"),
        ("Elasticsearch", TARGET, "use-existing", "materialize-elasticsearch", ":v3"),
        ("Elasticsearch", None, "use-existing", "materialize-elasticsearch", "Nothing in the catalog captures"),
        ("Elasticsearch", CAPTURE, "request-custom", None, "only materializations of this name"),
        ("S3", TARGET, "needs-choice", S3, "Parquet and CSV write files"),
        ("S3", None, "needs-choice", ("source-s3", *S3), "say which with --kind"),
        ("Snowflake", None, "needs-choice", ("source-snowflake", "materialize-snowflake"), "say which with --kind"),
        ("materialize-snowflake", None, "use-existing", "materialize-snowflake", "user and password at the top level"),
        ("materialize-postgres", None, "use-existing", "materialize-postgres", ":v5"),
        ("materialize-elasticsearch", None, "use-existing", "materialize-elasticsearch", ":v3"),
        ("materialize-s3", None, "needs-choice", S3, "The catalog has no materialize-s3."),
        # its specifications
        (
            "ghcr.io/estuary/materialize-snowflake:latest",
            None,
            "use-existing",
            "materialize-snowflake",
            "The tag :latest is never pushed: write :v4",
        ),
        ("ghcr.io/estuary/source-gong:latest", None, "use-existing", "source-gong", ":latest is never pushed"),
        ("source-gong:latest", None, "use-existing", "source-gong", "An image needs its registry"),
        ("destination-snowflake", None, "use-existing", "materialize-snowflake", "Airbyte's word"),
        ("${GONG_API_KEY}", None, "use-existing", "source-gong", "flow.yaml knows no variables"),
        ("${SNOWFLAKE_PASSWORD}", TARGET, "use-existing", "materialize-snowflake", "flow.yaml knows no variables"),
        ("GONG_API_URL", None, "use-existing", "source-gong", "api_key"),
        ("gong_calls", None, "needs-choice", ("source-gong",), "only similar names"),
        ("hubspot_deals", CAPTURE, "needs-choice", ("source-hubspot-native",), "only similar names"),
        ("slack_messages", CAPTURE, "needs-choice", ("source-slack",), "only similar names"),
        ("asana_tasks", None, "needs-choice", ("source-asana",), "only similar names"),
    ],
)
def test_what_the_strategy_names(
    query: str, kind: str | None, answer: str, name: str | tuple[str, ...] | None, said: str
) -> None:
    found = check(load(), query, kind=kind)
    assert found.answer == answer
    if isinstance(name, tuple):
        assert tuple(each.name for each in found.candidates) == name
    else:
        assert (found.entry.name if found.entry else None) == name
    assert said in "\n".join([found.why, *found.notes])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("api_key", "a field of a config"),
        ("password", "a field of a config"),
        ("delta_updates", "a field of a binding"),
        ("estuary_flow", "There is no package estuary_flow"),
        ("FlowClient", "no such package"),
        ("trigger_capture", "There is no trigger_capture"),
        ("Estuary", "the platform"),
        ("Airbyte", "moves data itself"),
        ("Fivetran", "moves data itself"),
    ],
)
def test_what_the_strategy_takes_for_a_system_and_is_none(query: str, said: str) -> None:
    with pytest.raises(CatalogUsageError, match=said) as wrong:
        check(load(), query)
    assert wrong.value.hint
