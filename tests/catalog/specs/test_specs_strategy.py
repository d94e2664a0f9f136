"""The strategy's own sketches of flow.yaml: what lint says of each, line by line."""

import pytest

ONE = """\
# Estuary Flow Collection Specification
collections:
  gong_data:
    schema: GONG_DATA
    source:
      connector: source-gong
      config:
        api_key: ${GONG_API_KEY}
    destination:
      connector: destination-snowflake
      config:
        account: ${SNOWFLAKE_ACCOUNT}
"""
GONG = """\
# estuary/collections/gong.flow.yaml
collections:
  sophia/gong-calls:
    schema:
      type: object
      properties:
        id: { type: string }
        title: { type: string }
        participants: { type: array }
        transcript: { type: string }
        sentiment: { type: number }
        created_at: { type: string, format: date-time }
      required: [id, title, created_at]

    key: [/id]
"""
HUBSPOT = """\
# estuary/collections/hubspot.flow.yaml
collections:
  sophia/hubspot-deals:
    schema:
      type: object
      properties:
        dealId: { type: string }
        dealname: { type: string }
        amount: { type: number }
        stage: { type: string }
        closedate: { type: string, format: date-time }
      required: [dealId]

    key: [/dealId]
"""
SNOWFLAKE = """\
# estuary/materializations/snowflake.flow.yaml
materializations:
  sophia/snowflake-target:
    endpoint:
      connector:
        image: ghcr.io/estuary/materialize-snowflake:latest
        config:
          account: ${SNOWFLAKE_ACCOUNT}
          user: ${SNOWFLAKE_USER}
          password: ${SNOWFLAKE_PASSWORD}
          database: SOPHIA_AI
          schema: ESTUARY_DATA
          warehouse: COMPUTE_WH

    bindings:
      - source: sophia/gong-calls
        resource:
          table: gong_calls
          delta_updates: true

      - source: sophia/hubspot-deals
        resource:
          table: hubspot_deals
          delta_updates: true
"""

EXPECTED = {
    ONE: [
        (3, "error", "flow-key", "Collection gong_data lacks a key", "key: [/id]"),
        (3, "error", "flow-name", "gong_data lacks the tenant", "acmeCo/gong_data"),
        (3, "warning", "flow-unfilled", "No capture writes to collection gong_data", ""),
        (4, "error", "flow-schema", "there is no file GONG_DATA", "write the schema out"),
        (5, "error", "flow-collection", "A collection has no source: what fills it is a capture", "captures:"),
        (6, "note", "flow-image", "source-gong is known", "ghcr.io/estuary/source-gong:v1"),
        (7, "error", "flow-config", "source-gong needs credentials", "access_key_sops"),
        (8, "error", "flow-variable", "nothing in the place of ${GONG_API_KEY}", "_sops"),
        (8, "warning", "flow-config", "source-gong knows no api_key", ""),
        (9, "error", "flow-collection", "A collection has no destination: what reads it is a materialization", ""),
        (10, "error", "flow-image", "destination-snowflake is a name of Airbyte's", "materialize-snowflake:v4"),
        (11, "error", "flow-config", "needs host", "snowflakecomputing.com"),
        (11, "error", "flow-config", "needs database", ""),
        (11, "error", "flow-config", "needs schema", ""),
        (11, "error", "flow-config", "needs timestamp_type", "TIMESTAMP_LTZ"),
        (11, "error", "flow-config", "needs credentials", "auth_type: jwt"),
        (12, "error", "flow-variable", "${SNOWFLAKE_ACCOUNT}", ""),
        (12, "note", "flow-config", "does not need account", "first part of host"),
    ],
    GONG: [
        (3, "warning", "flow-unfilled", "No capture writes to collection sophia/gong-calls", "flow init source-gong"),
    ],
    HUBSPOT: [
        (3, "warning", "flow-unfilled", "No capture writes", "captures deals with the key /id, not /dealId"),
    ],
    SNOWFLAKE: [
        (6, "error", "flow-tag", "There is no tag latest", "ghcr.io/estuary/materialize-snowflake:v4"),
        (7, "error", "flow-config", "needs host", ""),
        (7, "error", "flow-config", "needs timestamp_type", ""),
        (7, "error", "flow-config", "needs credentials", "private_key_sops"),
        (7, "note", "flow-schedule", "every 30 minutes", "syncFrequency"),
        (8, "error", "flow-variable", "${SNOWFLAKE_ACCOUNT}", ""),
        (8, "note", "flow-config", "does not need account", ""),
        (9, "error", "flow-variable", "${SNOWFLAKE_USER}", ""),
        (9, "error", "flow-config", "knows no user in its config, and refuses", "credentials"),
        (10, "error", "flow-variable", "${SNOWFLAKE_PASSWORD}", ""),
        (10, "error", "flow-config", "knows no password", "auth_type: user_password"),
        (
            16,
            "error",
            "flow-source",
            "sophia/gong-calls is no collection",
            "gong.flow.yaml defines it: import that file",
        ),
        (19, "warning", "flow-delta", "each change of a document is another row", "merged by key"),
        (21, "error", "flow-source", "sophia/hubspot-deals is no collection", "hubspot.flow.yaml defines it"),
        (24, "warning", "flow-delta", "each change of a document", ""),
    ],
}
PLACES = {
    ONE: "estuary/one.flow.yaml",
    GONG: "estuary/collections/gong.flow.yaml",
    HUBSPOT: "estuary/collections/hubspot.flow.yaml",
    SNOWFLAKE: "estuary/materializations/snowflake.flow.yaml",
}


@pytest.mark.parametrize("text", EXPECTED, ids=["one", "gong", "hubspot", "snowflake"])
def test_each_block_is_explained(files, text):
    for each, name in PLACES.items():
        files.write(name, each)
    found = files.lint(PLACES[text])
    assert [(each.line, each.severity, each.rule) for each in found] == [line[:3] for line in EXPECTED[text]]
    for each, (_, _, _, message, hint) in zip(found, EXPECTED[text], strict=True):
        assert message in each.message
        assert hint in each.hint
        assert each.path == PLACES[text]


@pytest.mark.parametrize(
    ("image", "kind", "message", "hint"),
    [
        ("ghcr.io/estuary/materialize-s3:v1", "materializations", "no connector materialize-s3, but 3",
         "materialize-s3-csv:v1, ghcr.io/estuary/materialize-s3-iceberg:v2, ghcr.io/estuary/materialize-s3-parquet:v3"),
        ("ghcr.io/estuary/source-hubspot:v5", "captures", "source-hubspot is deprecated", "source-hubspot-native:v1"),
        ("airbyte/destination-snowflake:3.1", "materializations", "Airbyte's protocol", "materialize-snowflake:v4"),
        ("airbyte/source-gong:0.4", "captures", "Airbyte's protocol", "ghcr.io/estuary/source-gong:v1"),
        ("materialize-snowflake:v4", "materializations", "not named in full", "ghcr.io/estuary/materialize-snowflake"),
        ("source-gong", "captures", "not named in full", "ghcr.io/estuary/source-gong:v1"),
    ],
)  # fmt: skip
def test_the_names_that_the_strategy_has_wrong(files, image, kind, message, hint):
    found = files.of(
        f"{kind}:\n  acmeCo/a/task:\n    endpoint:\n      connector:\n        image: {image}\n        config: {{}}\n"
        "    bindings: []\n"
    )
    (wrong,) = [each for each in found if each.rule in ("flow-image", "flow-deprecated")]
    assert message in wrong.message
    assert hint in wrong.hint
    assert wrong.line == 5


def test_no_value_of_a_secret_is_ever_shown(files):
    found = files.of(SNOWFLAKE.replace("${SNOWFLAKE_PASSWORD}", "hunter2-hunter2"))
    assert not [each for each in found if "hunter2" in f"{each.message}{each.hint}"]
    assert [each.line for each in found if each.rule == "flow-secret"] == [10]
    assert [each.line for each in found if "knows no password" in each.message] == [10]
