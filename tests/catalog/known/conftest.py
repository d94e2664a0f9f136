"""Small checkouts in the shape of Estuary's two repositories, each file written here."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DOCS = "docs/reference/Connectors"

CI = """\
name: CI
on: {push: {branches: [main], paths-ignore: &paths ["**.md"]}, pull_request: {paths-ignore: *paths}}
jobs:
  build_connectors:
    strategy:
      fail-fast: false
      matrix:
        connector:
          - source-postgres
          - source-postgres-batch
          - source-kafka
          - source-hello-world
          - materialize-snowflake
          - materialize-s3-csv
    steps:
      - run: echo ${{ matrix.connector }}
"""

PYTHON = """\
name: Python Connectors
jobs:
  py_connector:
    strategy:
      matrix:
        connector:
          # every entry must name its rate
          - {name: source-gong, type: capture, version: v1, usage_rate: "1.0"}
          - {name: source-hubspot, type: capture, version: v5, usage_rate: "1.0"}
          - {name: source-hubspot-native, type: capture, version: v1, usage_rate: "1.0"}
          - {name: source-acme, type: capture, version: v2, usage_rate: "0.0"}
"""

AIRBYTE = """\
name: Connectors
jobs:
  build_connectors:
    strategy:
      matrix:
        connector:
          - source-slack
          - source-braze
          - source-stripe
"""

DOCKERFILE = """\
ARG AIRBYTE_TO_FLOW_TAG="dev"
FROM ghcr.io/estuary/airbyte-to-flow:$AIRBYTE_TO_FLOW_TAG as airbyte-to-flow

FROM airbyte/{name}:{version}

COPY --from=airbyte-to-flow /airbyte-to-flow ./
LABEL io.airbyte.version={tag}
LABEL io.airbyte.name=airbyte/{name}
"""

GONG_SPEC = [
    {
        "protocol": 3032023,
        "configSchema": {
            "$defs": {
                "GongCredentials": {
                    "properties": {
                        "credentials_title": {"const": "API Key", "type": "string"},
                        "access_key": {"secret": True, "type": "string"},
                        "access_key_secret": {"secret": True, "type": "string"},
                    },
                    "title": "GongCredentials",
                }
            },
            "properties": {
                "credentials": {
                    "discriminator": {
                        "mapping": {"API Key": "#/$defs/GongCredentials"},
                        "propertyName": "credentials_title",
                    },
                    "oneOf": [{"$ref": "#/$defs/GongCredentials"}],
                },
                "region": {"type": "string"},
            },
            "required": ["credentials"],
        },
        "resourceConfigSchema": {"properties": {"name": {}, "interval": {}}, "required": ["name"]},
        "documentationUrl": "https://go.estuary.dev/source-gong",
        "resourcePathPointers": ["/name"],
    }
]

POSTGRES_SPEC = {
    "protocol": 3032023,
    "config_schema_json": {
        "properties": {
            "address": {"type": "string"},
            "credentials": {
                "oneOf": [
                    {"properties": {"auth_type": {"const": "UserPassword"}, "password": {"secret": True}}},
                    {"properties": {"auth_type": {"const": "AWSIAM"}, "aws_region": {}}},
                ],
                "discriminator": {"propertyName": "auth_type"},
            },
            "networkTunnel": {"properties": {"sshForwarding": {"properties": {"privateKey": {"secret": True}}}}},
        },
        "required": ["address", "credentials"],
    },
    "resource_config_schema_json": {"properties": {"namespace": {}, "stream": {}}, "required": ["namespace", "stream"]},
    "documentation_url": "https://go.estuary.dev/source-postgresql",
    "oauth2": None,
    "resource_path_pointers": ["/namespace", "/stream"],
}

CAPTURES = """\
# Capture Connectors

All our capture connectors are listed in this section.

### Estuary connectors

- Acme
  - [Configuration](./acme.md)
  - Package - ghcr.io/estuary/source-acme:v1
- Apache Kafka
  - [Configuration](./apache-kafka.md)
  - Package \u2014 ghcr.io/estuary/source-kafka:v1
- Gong
  - [Configuration](./gong.md)
  - Package - ghcr.io/estuary/source-gong:v1
- Hubspot (Real-Time)
  - [Configuration](./HubSpot-real-time.md)
  - Package - ghcr.io/estuary/source-hubspot-native:v1
- PostgreSQL
  - [Configuration](./PostgreSQL/)
  - Package \u2014 ghcr.io/estuary/source-postgres:v3
- PostgreSQL Batch
  - [Configuration](./PostgreSQL/postgres-batch.md)
  - Package - ghcr.io/estuary/source-postgres-batch:v1
- Ledger
  - [Configuration](./ledger.md)
  - Package - ghcr.io/estuary/source-ledger:v4

### Third party connectors

- Braze
  - [Configuration](./braze.md)
  - Package - ghcr.io/estuary/source-braze:v1
- Slack
  - [Configuration](./slack.md)
  - Package - ghcr.io/estuary/source-slack:v2
"""

LINKS = """\
# Capture Connectors

### Estuary connectors

- [Acme](./acme.md)
- [Apache Kafka](./apache-kafka.md)
- [Gong](./gong.md)
- [Hubspot](./HubSpot-real-time.md)
- [PostgreSQL](./PostgreSQL/)
- [PostgreSQL Batch](./PostgreSQL/postgres-batch.md)
- [Ledger](./ledger.md)

### Third party connectors

- [Braze](./braze.md)
- [Slack](./slack.md)

See also [the guide](https://docs.example.test/guide).
"""

TARGETS = """\
# Materialization Connectors

* [CSV Files in S3](./amazon-s3-csv.md)
* [Snowflake](./Snowflake.md)
* [Tinybird (Dekaf)](./Dekaf/tinybird.md)
"""


def matrix(*names: str) -> str:
    """A workflow that builds these."""
    return f"jobs: {{a: {{strategy: {{matrix: {{connector: [{', '.join(names)}]}}}}}}}}\n"


def page(title: str, image: str, more: str = "") -> str:
    """A page of the documentation."""
    return f"---\ndescription: x\n---\n\n# {title}\n{more}\n```yaml\nimage: ghcr.io/estuary/{image}\n```\n"


def discovered(**streams: str) -> list[dict[str, Any]]:
    """A recorded discovery: streams and their keys."""
    return [
        {"recommendedName": name, "resourceConfig": {"name": name}, "documentSchema": {}, "key": [key]}
        for name, key in streams.items()
    ]


class Estuary:
    """Both checkouts, in a folder; files are put and taken away by path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connectors = folder / "connectors"
        self.airbyte = folder / "airbyte"

    def put(self, path: str, content: Any) -> None:
        """Write a file; what is no text as JSON."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))

    def take(self, path: str) -> None:
        """Remove a file."""
        (self.folder / path).unlink()

    def commit(self, day: str) -> None:
        """Commit both checkouts, on a day."""
        when = f"{day}T12:00:00+00:00"
        names = {"NAME": "someone", "EMAIL": "someone@example.test", "DATE": when}
        env = {
            **os.environ,
            **{f"GIT_{who}_{key}": each for who in ("AUTHOR", "COMMITTER") for key, each in names.items()},
        }
        for each in (self.connectors, self.airbyte):
            if not (each / ".git").exists():
                subprocess.run(["git", "init", "-q", str(each)], check=True)
            subprocess.run(["git", "add", "-A"], cwd=each, check=True)
            subprocess.run(["git", "commit", "-qm", "x", "--allow-empty"], cwd=each, check=True, env=env)


@pytest.fixture
def estuary(tmp_path: Path) -> Estuary:
    """Checkouts of a dozen connectors, in the shape that they have."""
    made = Estuary(tmp_path / "checkouts")
    put: Callable[[str, Any], None] = made.put
    put("connectors/.github/workflows/ci.yaml", CI)
    put("connectors/.github/workflows/python.yaml", PYTHON)
    put("connectors/estuary-cdk/README.md", "kit")
    for name, version in {
        "source-postgres": "v3",
        "source-postgres-batch": "v1",
        "source-hello-world": "v1",
        "materialize-snowflake": "v4",
        "materialize-s3-csv": "v1",
    }.items():
        put(f"connectors/{name}/main.go", "package main\n")
        put(f"connectors/{name}/VERSION", f"{version}\n")
    put("connectors/source-postgres/VARIANTS", "source-alloydb\nsource-supabase-postgres\n")
    put("connectors/source-kafka/Cargo.toml", "[package]\n")
    put("connectors/source-kafka/VERSION", "v1")
    for name in ("source-gong", "source-hubspot", "source-hubspot-native", "source-acme"):
        put(f"connectors/{name}/pyproject.toml", "[tool.poetry]\n")
        put(f"connectors/{name}/{name.replace('-', '_')}/__init__.py", "")
    put("connectors/source-hubspot/source_hubspot/shim.py", "from estuary_cdk.shim_airbyte_cdk import CaptureShim\n")
    put(
        "connectors/source-acme/source_acme/api.py",
        'API = "https://api.acme.test/v1"\nDOCS = "https://docs.acme.test/reference"\nREGION = f"https://eu.api.acme.test"\n',
    )
    put("connectors/source-gong/tests/snapshots/snapshots__spec__stdout.json", GONG_SPEC)
    put(
        "connectors/source-gong/tests/snapshots/snapshots__discover__stdout.json",
        discovered(calls="/id", scorecards="/scorecardId", users="/id"),
    )
    put("connectors/source-postgres/.snapshots/TestSpec", POSTGRES_SPEC)
    put(f"connectors/{DOCS}/capture-connectors/README.md", CAPTURES)
    put(f"connectors/{DOCS}/materialization-connectors/README.md", TARGETS)
    for path, text in {
        "capture-connectors/acme.md": page("Acme", "source-acme:v2"),
        "capture-connectors/apache-kafka.md": page("Apache Kafka", "source-kafka:v1"),
        "capture-connectors/gong.md": page("Gong", "source-gong:v1"),
        "capture-connectors/HubSpot-real-time.md": page("HubSpot Real-time", "source-hubspot-native:v1"),
        "capture-connectors/HubSpot.md": page(
            "HubSpot (Deprecated)",
            "source-hubspot:v5",
            ":::deprecated\nUse the [new](/reference/Connectors/capture-connectors/HubSpot-real-time) one.\n:::\n",
        ),
        "capture-connectors/PostgreSQL/PostgreSQL.md": page("PostgreSQL", "source-postgres:v3"),
        "capture-connectors/PostgreSQL/postgres-batch.md": page("PostgreSQL Batch", "source-postgres-batch:v1"),
        "capture-connectors/PostgreSQL/Supabase.md": page("Supabase", "source-postgres:v3"),
        "capture-connectors/ledger.md": page("Ledger", "source-ledger:v4"),
        "capture-connectors/braze.md": page("Braze", "source-braze:v1"),
        "capture-connectors/slack.md": page("Slack", "source-slack:v2"),
        "materialization-connectors/Snowflake.md": page("Snowflake", "materialize-snowflake:v4"),
        "materialization-connectors/amazon-s3-csv.md": page("CSV Files in S3", "materialize-s3-csv:v1"),
        "materialization-connectors/Dekaf/tinybird.md": page("Tinybird", "none"),
    }.items():
        put(f"connectors/{DOCS}/{path}", text)
    put("airbyte/.github/workflows/connectors.yml", AIRBYTE)
    for name, version, tag in (("slack", "0.1.25", "v2"), ("braze", "0.1.3", "v1"), ("stripe", "3.13.0", "v3")):
        recipe = DOCKERFILE.format(name=f"source-{name}", version=version, tag=tag)
        put(f"airbyte/airbyte-integrations/connectors/source-{name}/Dockerfile", recipe)
    return made
