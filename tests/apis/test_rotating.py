"""Refresh tokens that are good for one use: they survive restarts, and nobody but the capture uses them up."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from connector_sdk.config import OAuth2, OAuth2Login
from connector_sdk.errors import NotPerformedError
from connector_sdk.http import Safe
from connector_sdk.testing.flow import Collections, KeyRange, Kill

from .test_apis import captured, player
from .vendors import Books


@pytest.fixture
def books() -> Iterator[Books]:
    vendor = Books()
    with vendor.api:
        yield vendor
    assert not vendor.api.errors, vendor.api.errors


def test_whoever_only_asks_what_there_is_uses_no_token_up(books: Books) -> None:
    player(books).prepare(books.config(), streams=list(books.streams))
    assert books.tokens.given == 0


def test_the_newest_token_survives_and_the_state_does_not_show_it(books: Books) -> None:
    capture = player(books).prepare(books.config(), streams=["accounts"])
    first = player(books).run(capture, secrets=["refresh-token-of-the-first-login"], keep_output=True)
    assert first.exit_code == 0, first.error
    newest = books.tokens.refresh_token
    assert newest != books.credentials["refresh_token"]
    assert newest not in json.dumps(first.state)
    assert newest.encode() not in first.stdout + first.stderr
    books.pass_time(2)
    second = player(books).run(capture, first.state)
    assert second.exit_code == 0, second.error
    assert books.tokens.given == 2
    assert second.state["credentialsV1"] != first.state["credentialsV1"]


def test_a_new_login_of_the_user_takes_the_place_of_the_token_in_the_state(books: Books) -> None:
    capture = player(books).prepare(books.config(), streams=["accounts"])
    state = player(books).run(capture).state
    books.tokens.refresh_token = "refresh-token-of-a-second-login"
    config = books.config()
    config["credentials"] = {**config["credentials"], "refresh_token": "refresh-token-of-a-second-login"}
    books.pass_time(2)
    again = player(books).prepare(config, streams=["accounts"])
    session = player(books).run(again, state)
    assert session.exit_code == 0, session.error
    assert books.tokens.given == 2


def test_a_token_that_nothing_kept_is_told_with_what_to_do(books: Books) -> None:
    capture = player(books).prepare(books.config(), streams=["accounts"])
    player(books).run(capture)
    session = player(books).run(capture)  # as if the state had been thrown away
    assert session.exit_code == 1
    assert "Log in again" in session.error


def test_kills_behind_the_first_checkpoint_lose_no_token(books: Books) -> None:
    capture, rows = (
        player(books).prepare(books.config(), streams=list(books.streams)),
        Collections(keep=lambda doc: doc),
    )
    state: Any = None
    for byte in (700, 1500, 2500, 4000):
        state = player(books).run(capture, state, into=rows, kill=Kill.byte(byte)).state
        assert "credentialsV1" in state
    session = player(books).run(capture, state, into=rows)
    assert session.exit_code == 0, session.error
    assert captured(rows, "invoices") == books.truth("invoices")


def test_shards_cannot_share_it(books: Books) -> None:
    capture = player(books).prepare(books.config(), streams=["accounts"])
    session = player(books).run(capture, range=KeyRange.split(2)[0])
    assert session.exit_code == 1
    assert "cannot be shared by several shards" in session.error
    assert books.tokens.given == 0


# ---- the seal

PROVIDER = OAuth2("https://login.books.test/a", "https://login.books.test/t", rotates=True)
LOGIN = OAuth2Login(PROVIDER, "client", "the-clients-secret", "first-token")


def test_a_seal_is_opened_by_the_same_login_only() -> None:
    sealed = Safe(LOGIN).seal("newest-token")
    assert Safe(LOGIN).open(sealed) == "newest-token"
    assert Safe(LOGIN).seal("newest-token") != sealed
    for other in (
        OAuth2Login(PROVIDER, "client", "the-clients-secret", "second-token"),
        OAuth2Login(PROVIDER, "client", "another-secret", "first-token"),
    ):
        assert Safe(other).open(sealed) is None


@pytest.mark.parametrize("sealed", [None, "", 5, "nonsense", "gAAAAA=="])
def test_what_is_no_seal_holds_nothing(sealed: Any) -> None:
    assert Safe(LOGIN).open(sealed) is None


def test_without_the_library_the_extra_is_named(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "nacl.secret", None)
    with pytest.raises(NotPerformedError, match=r"estuary-connector-sdk\[rotating\]"):
        Safe(LOGIN)
