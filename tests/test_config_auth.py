"""What logging in carries, and every form in which a secret could show up."""

# ruff: noqa: RUF012 (pydantic copies defaults)
from __future__ import annotations

import base64
import json
from dataclasses import FrozenInstanceError
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_sdk.config import (
    ApiKey,
    Auth,
    Basic,
    Bearer,
    Config,
    Credentials,
    OAuth2,
    OAuth2Credentials,
    OAuth2Login,
    Secret,
    Section,
    reveal,
    secrets_of,
)
from connector_sdk.errors import DefinitionError


class Pair(Credentials):
    user: str
    password: Secret = Secret("")

    def auth(self) -> Basic:
        return Basic(f"{self.user}/token", self.password)


class Broken(Credentials):
    token: Secret

    def auth(self) -> Auth:
        raise RuntimeError("not today")


class Account(Section):
    key: Secret


class Several(Config):
    credentials: Pair | Broken
    accounts: list[Account] = []
    by_name: dict[str, Account] = {}


def test_auth_is_plain_data_that_shows_no_secret() -> None:
    shown = [Basic("user", "pw"), Bearer("tok"), ApiKey("kkk", header="X-Key"), ApiKey("kkk", param="key")]
    assert [repr(each) for each in shown] == [
        "Basic()",
        "Bearer()",
        "ApiKey(header='X-Key', param=None)",
        "ApiKey(header=None, param='key')",
    ]
    assert reveal(Bearer(Secret("tok")).token) == reveal("tok") == "tok"
    with pytest.raises(FrozenInstanceError):
        Bearer("x").token = "y"  # type: ignore[misc]


def test_a_key_goes_to_one_place() -> None:
    for where in ({}, {"header": "a", "param": "b"}, {"header": ""}):
        with pytest.raises(DefinitionError, match="into a header or into a parameter"):
            ApiKey("k", **where)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"authorize": "app"}, "authorize='app' is no http"),
        ({"token": ""}, "token='' is no http"),
        ({"authorize": ""}, "authorize='' is no http"),
        ({"grant": "refresh"}, "did you mean 'refresh_token'"),
        ({"client": "header"}, "client='header' is not known"),
        ({"base_url": "url"}, "is no pointer"),
    ],
)
def test_a_provider_that_cannot_work(arguments: dict[str, Any], told: str) -> None:
    given_ = {"authorize": "https://a.example.com/a", "token": "https://a.example.com/t", **arguments}
    with pytest.raises(DefinitionError, match=told):
        OAuth2(**given_)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://app.gong.io/o", "gong"),
        ("https://slack.com/o", "slack"),
        ("https://id.example.co.uk/o", "example"),
        ("http://localhost:1/o", "localhost"),
    ],
)
def test_a_providers_name_is_the_main_word_of_its_host(url: str, name: str) -> None:
    assert OAuth2(url, url).name == name
    assert OAuth2("", url, grant="client_credentials").name == name
    assert OAuth2(url, url, name="mine").name == "mine"


def test_an_oauth_login_carries_its_provider_and_fields() -> None:
    class Login(OAuth2Credentials):
        provider = OAuth2("https://a.example.com/a", "https://a.example.com/t", rotates=True, client="json")

    login = Login(client_id="id", client_secret=Secret("cs"), refresh_token=Secret("rt")).auth()
    assert login == OAuth2Login(Login.provider, "id", Secret("cs"), Secret("rt"))
    assert "cs" not in repr(login)
    assert "rt" not in repr(login).replace("Grant", "")


def test_secrets_are_found_wherever_they_are() -> None:
    config = Several(
        credentials=Pair(user="me@example.com", password=Secret("pa ss/w\u00f6rd")),
        accounts=[Account(key=Secret("first-key"))],
        by_name={"x": Account(key=Secret("second-key")), "y": Account(key=Secret("abc"))},
    )
    found = secrets_of(config)
    assert {"pa ss/w\u00f6rd", "pa%20ss%2Fw%C3%B6rd", "pa+ss%2Fw%C3%B6rd", "first-key", "second-key"} <= found
    header = base64.b64encode("me@example.com/token:pa ss/w\u00f6rd".encode()).decode()
    assert any(each in header for each in found)
    assert "abc" not in found
    assert all(len(each) >= 4 for each in found)
    assert not any("me@example.com" in each for each in found)


def test_a_failing_auth_hides_nothing_less() -> None:
    assert "token-1" in secrets_of(Several(credentials=Broken(token=Secret("token-1"))))


def test_a_config_without_secrets_has_none() -> None:
    class Plain(Config):
        site: str = "https://example.com"

    assert secrets_of(Plain()) == set()


@settings(deadline=None)
@given(st.text(min_size=4))
def test_what_encoders_make_of_a_secret_is_found(value: str) -> None:
    found = secrets_of(Several(credentials=Broken(token=Secret(value))))
    outputs = [
        value,
        json.dumps({"a": value}),
        json.dumps(value, ensure_ascii=False),
        quote(value),
        urlencode({"a": value}),
    ]
    outputs.append(base64.b64encode(value.encode()).decode())
    outputs.append(base64.b64encode(f"{value}:".encode()).decode())
    assert all(any(each in output for each in found) for output in outputs)
