"""spec, check, discover and wrong usage, as Airbyte's runtime meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.testing.airbyte import CommandFailedError
from tests.conftest import TOKEN

SCHEMA = "http://json-schema.org/draft-07/schema#"


def words(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*(words(each) for each in schema)) if schema else set()
    return set(schema) | words(list(schema.values())) if isinstance(schema, dict) else set()


def test_the_spec_has_airbytes_marks_and_no_other(toy: Any) -> None:
    spec = toy.airbyte().spec()
    schema = spec["connectionSpecification"]
    assert schema["$schema"] == SCHEMA
    assert [each["order"] for each in schema["properties"].values()] == [0, 1, 2]
    assert schema["properties"]["credentials"]["oneOf"][0]["properties"]["token"]["airbyte_secret"] is True
    assert not words(schema) & {"secret", "advanced_", "discriminator", "x-hidden-field", "x-oauth2-provider"}
    assert schema["properties"]["advanced"]["properties"]["base_url"]["airbyte_hidden"] is True
    assert spec["documentationUrl"].startswith("https://")


def test_a_good_config_passes_check(toy: Any) -> None:
    assert toy.airbyte().check(toy.config()) == ""


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "credentials"),
        ({"credentials": {"credentials_title": "Token", "token": "x"}, "start_dat": "2026-01-01"}, "start_date"),
        (b"{", "line 1"),
        (b"[]", "must be an object"),
    ],
)
def test_a_config_that_does_not_fit_fails_check_with_exit_code_0(toy: Any, config: Any, said: str) -> None:
    assert said in toy.airbyte().check(config)


def test_a_wrong_secret_fails_check_and_is_not_shown(toy: Any) -> None:
    config = toy.config(credentials={"credentials_title": "Token", "token": "wrong-and-unmistakable"})
    call = toy.airbyte().call("check", config=config)
    assert call.only("CONNECTION_STATUS")["connectionStatus"]["status"] == "FAILED"
    assert call.exit_code == 0
    assert b"unmistakable" not in call.stdout + call.stderr


def test_a_config_that_is_not_there_fails_check(toy: Any) -> None:
    call = toy.airbyte().call("check", "--config", "no/such/file.json")
    assert "no/such/file.json" in call.only("CONNECTION_STATUS")["connectionStatus"]["message"]


def test_discovery_offers_streams_with_keys_cursors_modes_and_columns(toy: Any) -> None:
    items, rows, tickets = (toy.catalog[name] for name in ("items", "rows", "tickets"))
    assert items["supported_sync_modes"] == ["full_refresh", "incremental"]
    assert items["source_defined_primary_key"] == [["id"]]
    assert (items["source_defined_cursor"], items["is_resumable"]) == (True, True)
    assert items["default_cursor_field"] == ["_ab_cdc_cursor"]  # a listing has no cursor of its own
    assert items["json_schema"]["$schema"] == SCHEMA
    assert items["json_schema"]["properties"]["id"] == {"type": "integer"}
    assert items["json_schema"]["properties"]["name"] == {"type": ["null", "string"]}
    assert "_ab_cdc_deleted_at" in items["json_schema"]["properties"]
    assert tickets["default_cursor_field"] == ["updated"]
    assert "_ab_cdc_deleted_at" not in tickets["json_schema"]["properties"]
    assert rows["supported_sync_modes"] == ["full_refresh"]
    assert "source_defined_primary_key" not in rows
    assert rows["is_resumable"] is False
    assert rows["json_schema"]["properties"]["tags"] == {"type": ["null", "array"],
                                                         "items": {"type": ["null", "string"]}}  # fmt: skip


def test_discovery_of_a_stream_that_fails_has_its_key_alone(toy: Any) -> None:
    assert set(toy.catalog["lost"]["json_schema"]["properties"]) == {"id", "_ab_cdc_cursor", "_ab_cdc_deleted_at"}


def test_discovery_refuses_a_wrong_config_and_wrong_credentials(toy: Any) -> None:
    for config in ({}, toy.config(credentials={"credentials_title": "Token", "token": "wrong"})):
        with pytest.raises(CommandFailedError) as told:
            toy.airbyte().discover(config)
        assert told.value.call.exit_code == 1
        assert told.value.call.errors[-1].failure_type == "config_error"


def test_what_an_author_prints_is_a_log(toy: Any) -> None:
    call = toy.airbyte().call("spec")
    assert not call.violations
    assert b"stray print" not in call.stdout or any("stray print" in each.message for each in call.logs)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "did you mean 'check'"),
        (["check"], "--config"),
        (["read", "--config", "x"], "--catalog"),
        (["spec", "--config", "x"], "--config"),
        (["read", "--config", "x", "--catalog", "y", "--sate", "z"], "--sate"),
    ],
)
def test_wrong_usage_is_told_on_stderr_with_exit_code_2(toy: Any, arguments: list[str], said: str) -> None:
    call = toy.airbyte().call(*arguments)
    assert (call.exit_code, call.stdout) == (2, b"")
    assert said in call.stderr.decode()


def test_help_is_told_and_debug_may_stand_anywhere(toy: Any) -> None:
    assert toy.airbyte().call("--debug", "spec").exit_code == 0
    assert toy.airbyte().call("spec", "--debug").exit_code == 0


def test_flags_before_any_command_are_flows(toy: Any) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "source_toy", "--log.level=debug", "discover"], input=b'{"spec":{}}\n',
        capture_output=True, env={**os.environ, "PYTHONPATH": toy.airbyte().env["PYTHONPATH"]}, check=True,
    )  # fmt: skip
    assert "configSchema" in json.loads(ran.stdout)["spec"]


def test_a_definition_that_cannot_be_imported_is_a_trace(tmp_path: Path, toy: Any) -> None:
    package = tmp_path / "source_broken"
    package.mkdir()
    (package / "__init__.py").write_text("from connector_sdk import Stream\nStream('x', key='/id')\n")
    (package / "__main__.py").write_text("from connector_sdk.process import main\nmain('source_broken')\n")
    player = toy.airbyte(PYTHONPATH=str(tmp_path))
    player.argv[-1] = "source_broken"
    call = player.call("spec")
    assert call.exit_code == 1
    assert call.errors[0].failure_type == "system_error"
    assert "sync" in call.error
    assert TOKEN not in call.error
