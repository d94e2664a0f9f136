"""Refresh tokens that are good for one use: Airbyte keeps the config that holds the newest."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.airbyte.control import Replaced
from connector_sdk.config import OAuth2, OAuth2Login
from connector_sdk.errors import ConfigError
from connector_sdk.testing.airbyte import Collections, Control, Kill, Player
from tests.apis.vendors import Books

SOURCES = Path(__file__).parents[1] / "apis" / "sources"


def config_of(books: Books) -> Any:
    return copy.deepcopy(books.config())


@pytest.fixture
def books() -> Iterator[Books]:
    vendor = Books()
    with vendor.api:
        yield vendor
    assert not vendor.api.errors, vendor.api.errors


def player(books: Books, **env: str) -> Player:
    code = "import sys; from connector_sdk.process import main; main('source_rotating')"
    settings = {"CONNECTOR_CLOCK": books.clock.spec(), "PYTHONPATH": str(SOURCES), **env}
    return Player([sys.executable, "-c", code], env=settings)


def test_every_command_hands_out_the_config_that_the_next_one_needs(books: Books) -> None:
    config: Any = config_of(books)
    checked = player(books).call("check", config=config)
    assert checked.only("CONNECTION_STATUS")["connectionStatus"]["status"] == "SUCCEEDED"
    assert checked.config is not None
    assert checked.config["credentials"]["refresh_token"] == books.tokens.refresh_token
    assert {**checked.config, "credentials": 0} == {**config, "credentials": 0}
    books.pass_time(2)
    found = player(books).call("discover", config=checked.config)
    assert found.exit_code == 0, found.error
    assert found.config is not None
    catalog = found.only("CATALOG")["catalog"]["streams"]
    assert {each["name"] for each in catalog} == set(books.streams)
    books.pass_time(2)
    configured = {"streams": [{"stream": each, "sync_mode": "incremental"} for each in catalog]}
    read = player(books).call("read", config=found.config, catalog=configured)
    assert read.exit_code == 0, read.error
    assert read.config is not None
    assert read.config["credentials"]["refresh_token"] == books.tokens.refresh_token
    # the token is in its CONTROL message alone: neither in a state, nor in a log
    others = [each for each in read.messages if each["type"] != "CONTROL"]
    assert books.tokens.refresh_token not in json.dumps(others)


def test_the_new_token_leaves_before_anything_is_read_with_it(books: Books) -> None:
    catalog = player(books).discover(config := config_of(books))
    books.pass_time(2)
    config["credentials"]["refresh_token"] = books.tokens.refresh_token
    events: list[Any] = []
    rows = Collections()
    crashed = player(books).run(
        config, catalog.configured(["accounts"]), into=rows, kill=Kill.byte(2_000), on_event=events.append
    )
    kinds = [type(each).__name__ for each in events]
    assert "Record" not in kinds or kinds.index("Control") < kinds.index("Record")
    assert crashed.config is not None
    resumed = player(books).run(crashed.config, catalog.configured(["accounts"]), crashed.states, into=rows)
    assert resumed.exit_code == 0, resumed.error
    assert any(isinstance(each, Control) for each in events)
    assert len(rows["accounts"]) == len(books.truth("accounts"))


def test_a_token_that_nothing_kept_is_told_with_what_to_do(books: Books) -> None:
    config = config_of(books)
    assert player(books).check(config) == ""
    assert "Log in again" in player(books).check(config)


def test_a_token_that_is_not_in_the_config_is_refused_before_it_is_used() -> None:
    provider = OAuth2("https://login.books.test/a", "https://login.books.test/t", rotates=True)
    with pytest.raises(ConfigError, match="not in the config"):
        Replaced({"credentials": {"refresh_token": "another"}}, OAuth2Login(provider, "id", "secret", "first"))
