"""The README says what the connector is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from source_linear import LinearConfig, linear

from connector_sdk.config import parse_config

FOLDER = Path(__file__).parents[1]
README = (FOLDER / "README.md").read_text("utf-8")


def test_the_table_of_streams_is_current() -> None:
    argv = [sys.executable, "-m", "connector_sdk.cli", "discover", str(FOLDER), "--markdown"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() in README, "write it anew: connector-sdk discover connectors/source-linear --markdown"
    assert done.stderr == ""
    for stream in linear.declared():
        assert f"| `{stream.name}` |" in done.stdout


def test_the_config_in_it_fits() -> None:
    (found,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    config = parse_config(LinearConfig, json.loads(found), name="source-linear")
    assert config.credentials.credentials_title == "API key"


def test_every_field_of_the_config_is_explained() -> None:
    section = README.partition("## Config\n")[2].partition("\n## ")[0]
    for name in (*LinearConfig.model_fields, "api_key", "client_id", "client_secret", "refresh_token"):
        assert name == "advanced" or f"{name}`" in section or f"`{name}." in section, name


def test_so_many_streams_are_told_of() -> None:
    optional = [stream for stream in linear.declared() if stream.optional]
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
    told = f"{len(linear.declared())} streams, {words[len(optional)]} of them off by default"
    assert told in " ".join(README.split())
