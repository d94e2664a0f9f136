"""Gong as an OAuth app: refresh tokens for one use, and the customer's own base."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from source_gong import gong

Begin = Callable[..., Any]
README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def test_the_customers_own_base_takes_the_place_of_the_declared_one(capturing: Begin) -> None:
    it = capturing("calls", "users", oauth=True)
    it.run()
    it.compare("calls", "users")
    paths = {each.path for each in it.source.api.requests} - {"/oauth2/generate-customer-token"}
    assert {"/us-55616/v2/calls", "/us-55616/v2/users"} <= paths
    assert all(path.startswith("/us-55616/v2/") for path in paths)


def test_refresh_tokens_are_used_once_and_a_restart_goes_on_with_the_newest(capturing: Begin) -> None:
    it = capturing("calls", "users", oauth=True)
    dead = [it.source.tokens.refresh_token]
    for hours in (0, 25, 50):
        it.source.add_call()
        it.run(hours=hours)
        assert it.source.tokens.refresh_token not in dead
        assert it.source.tokens.refresh_token not in str(it.state), "it lies sealed in the state"
        dead.append(it.source.tokens.refresh_token)
    it.compare("calls", "users")
    assert it.source.tokens.given == 3


def test_without_the_state_the_used_token_of_the_config_is_refused(capturing: Begin) -> None:
    it = capturing("users", oauth=True)
    it.run()
    failed = it.player().run(it.capture, None, timeout=60)
    assert failed.exit_code == 1
    assert "Log in again" in failed.error
    assert it.source.config()["credentials"]["refresh_token"] not in failed.error


def test_an_access_token_that_dies_midway_is_renewed_once(capturing: Begin) -> None:
    it = capturing("calls", "users", oauth=True)
    it.source.api.before("/us-55616/v2/calls", lambda request: it.source.tokens.expire(), nth=2, times=1)
    it.run()
    it.compare("calls", "users")
    assert it.source.tokens.given == 2


def test_the_guide_names_the_scopes_of_all_default_streams() -> None:
    guide = README.partition("**OAuth apps.**")[2].partition("## Config")[0]
    scopes = {scope for stream in gong.declared() if not stream.optional for scope in stream.scopes}
    assert {scope for scope in scopes if f"`{scope}`" not in guide} == set()
