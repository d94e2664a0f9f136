"""The README says what the connector is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from source_hubspot import HubSpotConfig, hubspot

from connector_sdk.config import parse_config

FOLDER = Path(__file__).parents[1]
README = (FOLDER / "README.md").read_text("utf-8")


def test_the_table_of_streams_is_current() -> None:
    argv = [sys.executable, "-m", "connector_sdk.cli", "discover", str(FOLDER), "--markdown"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() in README, "write it anew: connector-sdk discover connectors/source-hubspot --markdown"
    assert done.stderr == ""
    for stream in hubspot.declared():
        assert f"| `{stream.name}` |" in done.stdout


def test_the_configs_in_it_fit() -> None:
    found = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    configs = [parse_config(HubSpotConfig, each, name="source-hubspot") for each in found]
    titles = [config.credentials.credentials_title for config in configs]
    assert titles == ["Private app or service key", "Sign in with HubSpot"]


def test_every_field_of_the_config_is_explained() -> None:
    section = README.partition("## Config\n")[2].partition("\n## ")[0]
    names = ["credentials.token", "credentials.client_id", "credentials.refresh_token", "start_date"]
    for name in [*names, "journal.client_id", "journal.client_secret", "journal.portal_id"]:
        assert f"`{name}`" in section, name
    assert set(HubSpotConfig.model_fields) == {"credentials", "start_date", "journal", "advanced"}


def test_a_stream_takes_twenty_lines_of_definition_at_most() -> None:
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in (FOLDER / "source_hubspot").glob("*.py"))
    assert lines / len(hubspot.declared()) <= 20
