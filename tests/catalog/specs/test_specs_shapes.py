"""Specifications as people write them: none of these has an error, whatever the style."""

import pytest

CDC = """\
# a database, with what people add by hand
captures:
  acmeCo/pg/source-postgres:
    autoDiscover:
      addNewBindings: true
      evolveIncompatibleCollections: false
    interval: 5m
    shards: {logLevel: debug, flags: {enable-runtime-v2: "true"}}
    endpoint:
      connector:
        image: ghcr.io/estuary/source-postgres:v3
        config: pg.yaml
    bindings:
      - resource: {namespace: public, stream: orders}
        target: acmeCo/pg/orders
      - resource: {namespace: public, stream: customers}
        target: acmeCo/pg/customers
        backfill: 2
      - disable: true
        resource: {namespace: public, stream: logs}
        target: acmeCo/pg/logs

collections:
  acmeCo/pg/orders: &table
    schema:
      $defs: {Orders: {type: object, required: [id], $anchor: PublicOrders, properties: {id: {type: integer}}}}
      allOf:
        - if: {properties: {_meta: {properties: {op: {const: d}}}}}
          then: {reduce: {delete: true, strategy: merge}}
          else: {reduce: {strategy: merge}}
          required: [_meta]
          properties: {_meta: {type: object, required: [op], properties: {op: {enum: [c, d, u]}}}}
        - $ref: "#/$defs/Orders"
    key: [/id]
    projections:
      region: {location: /region, partition: true}
      who: /customer/name
    journals: {fragments: {compressionCodec: ZSTANDARD, length: 512, flushInterval: 1h}}
  acmeCo/pg/customers: *table
  acmeCo/pg/logs: *table
materializations:
  acmeCo/pg/warehouse:
    source: {capture: acmeCo/pg/source-postgres, targetNaming: prefixSchema}
    onIncompatibleSchemaChange: backfill
    endpoint:
      connector:
        image: ghcr.io/estuary/materialize-bigquery@sha256:%(digest)s
        config: bigquery.yaml
    bindings:
      - source: {name: acmeCo/pg/orders, partitions: {include: {region: [EU]}}, notBefore: 2026-01-01T00:00:00Z}
        resource: {table: orders, dataset: sales}
        fields: {recommended: 1, require: {flow_document: {}}, exclude: [secret], groupBy: [id]}
        onIncompatibleSchemaChange: abort
        priority: 3
"""

DERIVED = """\
import:
  - collections.flow.yaml
collections:
  acmeCo/sums:
    schema:
      type: object
      properties:
        user: { type: string }
        total: { type: number, reduce: { strategy: sum } }
      required: [user]
      reduce: { strategy: merge }
    key: [/user]
    derive:
      using: { sqlite: { migrations: [] } }
      transforms:
        - name: fromOrders
          source: acmeCo/orders
          shuffle: { key: [/user] }
          lambda: select $user, $amount as total where $AMOUNT > 0;
tests:
  acmeCo/tests/sums:
    - ingest:
        collection: acmeCo/orders
        documents:
          - { id: "1", user: a, amount: 1.5 }
    - verify:
        collection: { name: acmeCo/sums }
        description: one user
        documents: [{ user: a, total: 1.5 }]
  acmeCo/tests/described: { description: none, steps: [] }
"""

KAFKA = """\
materializations:
  acmeCo/kafka:
    endpoint:
      dekaf:
        variant: generic
        config: { token: "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]", strict_topic_names: false, sops: { mac: x } }
    bindings:
      - resource: { topic_name: orders }
        source: acmeCo/orders
import: [collections.flow.yaml]
"""

JSON = """\
{"import": ["collections.flow.yaml"],
 "captures": {"acmeCo/api/source-gong": {"endpoint": {"connector": {"image": "ghcr.io/estuary/source-gong:v1",
   "config": {"credentials": {"access_key_sops": "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]",
    "access_key_secret_sops": "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]"}, "region": "us-1",
    "sops": {"mac": "ENC[m]", "encrypted_suffix": "_sops"}}}},
   "bindings": [{"resource": {"name": "calls", "interval": "PT5M"}, "target": "acmeCo/orders"}]}}}
"""

COLLECTIONS = """\
collections:
  acmeCo/orders:
    key: [/id]
    schema: schemas/orders.json#/definitions/order
"""

LOCAL = """\
import: [collections.flow.yaml]
captures:
  acmeCo/local:
    endpoint:
      local:
        command: ["go", "run", "."]
        env: {LOG: debug}
        protobuf: true
        config: {address: "localhost:5432", password_hint: none}
    bindings:
      - {resource: {}, target: acmeCo/orders}
"""

UNICODE = """\
---
# début
collections:
  "acmeCo/données/日本":
    derive: {}
    key: ["/id"]
    schema:
      required: [id]
      properties: {id: {type: string, title: 'clé: "é"'}}
...
""".replace("\n", "\r\n")


@pytest.fixture
def tree(files):
    files.write("schemas/orders.json", '{"definitions": {"order": {"required": ["id"], "properties": {"id": '
                '{"type": "string"}, "user": {"type": "string"}}}}}')  # fmt: skip
    files.write("collections.flow.yaml", COLLECTIONS)
    files.write("pg.yaml", "address: h:5432\ndatabase: d\nuser: u\ncredentials: {auth_type: UserPassword, "
                "password_sops: 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]'}\nsops: {mac: 'ENC[b]'}\n")  # fmt: skip
    files.write("bigquery.yaml", "project_id: p\nregion: EU\ndataset: d\nbucket: b\ncredentials:\n"
                "  {auth_type: CredentialsJSON, credentials_json_sops: 'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]'}\n"
                "sops: {mac: x}\n"
                "syncSchedule: {syncFrequency: 0s}\n")  # fmt: skip
    return files


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cdc/flow.yaml", CDC % {"digest": "0" * 64}),
        ("derived.flow.yaml", DERIVED),
        ("kafka.flow.yaml", KAFKA),
        ("api.flow.json", JSON),
        ("local.flow.yaml", LOCAL),
        ("unicode.flow.yaml", UNICODE),
        ("empty.flow.yaml", "collections: {}\n"),
        ("schema.flow.yaml", "$schema: https://example.test/flow.json\nimport: []\n"),
    ],
    ids=lambda text: text if text.endswith(("yaml", "json")) else "",
)
def test_what_people_write_has_no_error(tree, name, text):
    path = tree.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.replace("pg.yaml", "../pg.yaml").replace("bigquery.yaml", "../bigquery.yaml").encode())
    found = tree.lint(name)
    assert [each for each in found if each.severity == "error"] == []
    assert "flow-shape" not in {each.rule for each in found}
