"""An author's mistakes in config classes are told on import, in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pydantic
import pytest
from pydantic import BaseModel, Field, SecretBytes, create_model

from connector_sdk import config as face
from connector_sdk.config import (
    Advanced,
    Bearer,
    Config,
    Credentials,
    OAuth2Credentials,
    Secret,
    Section,
    StartDate,
    config_schema,
    parse_config,
)
from connector_sdk.errors import DefinitionError


class Token(Credentials):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class Token2(Credentials, title="Token"):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class Account(Section):
    key: Secret


class Plain(BaseModel):
    size: int = 1


class Hidden(BaseModel):
    keys: list[Secret]


class Inner(Config):
    size: int = 1


class Tree(BaseModel):
    children: list[Tree] = []


def field(annotation: Any, default: Any = ...) -> Callable[[], object]:
    return lambda: create_model("Mine", __base__=Config, it=(annotation, default))


def no_auth() -> None:
    class Nothing(Credentials):
        token: Secret


def own_title() -> None:
    class Own(Credentials):
        credentials_title: str = "Own"

        def auth(self) -> Bearer:
            return Bearer("x")


def title_in_config() -> None:
    class Own(Config):
        credentials_title: str = "Own"


def own_advanced() -> None:
    class Own(Config):
        advanced: Plain = Plain()  # type: ignore[assignment]


def no_provider() -> None:
    class Login(OAuth2Credentials):
        pass


def inner_credentials() -> None:
    class Part(Section):
        credentials: Token


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (no_auth, r"^Nothing has no auth\(\): add def auth"),
        (no_provider, "^Login has no provider: write provider = OAuth2"),
        (own_title, "^Own.credentials_title: the SDK adds credentials_title"),
        (title_in_config, "^Own.credentials_title: the SDK adds credentials_title"),
        (own_advanced, "^Own.advanced: the advanced section is the SDK's; make it a subclass of Advanced"),
        (inner_credentials, "^Part.credentials: Credentials stand directly in the Config"),
        (field(list[Token]), "^Mine.it: Credentials stand directly in the Config"),
        (field(Token | Token2), "^Mine.it: Token and Token2 have one title, 'Token'"),
        (field(Token | str), "^Mine.it mixes Credentials with other kinds"),
        (field(Credentials), "^Mine.it: Credentials is no way to log in by itself"),
        (field(OAuth2Credentials), "^Mine.it: OAuth2Credentials is no way to log in by itself"),
        (field(list[Secret]), "^Mine.it is a list of secrets, which Flow cannot encrypt"),
        (field(Hidden), "^Hidden.keys is a list of secrets"),
        (field(dict[str, Secret]), '^Mine.it: a Secret is plain text; write "it: Secret"'),
        (field(Secret | None), '^Mine.it: a Secret is plain text; write "it: Secret"'),
        (field(Secret | str), "^Mine.it may be of 2 kinds"),
        (field(SecretBytes), "^Mine.it: a secret that is not plain text"),
        (field(pydantic.Secret[int]), "^Mine.it: a secret that is not plain text"),
        (field(Secret, Secret("abc")), "^Mine.it: a secret has no default but the empty one"),
        (field(Secret, Field(default_factory=lambda: Secret("a"))), "^Mine.it: a secret has no default"),
        (field(Account, Account(key=Secret("abc"))), "^Mine.it: a secret has no default"),
        (field(list[Account], [Account(key=Secret("abc"))]), "^Mine.it: a secret has no default"),
        (field(int | str), "^Mine.it may be of 2 kinds, which no form can show"),
        (field(Account | Plain), "^Mine.it may be of 2 kinds"),
        (field(Inner), "^Mine.it is a Config inside a Config; make Inner a Section"),
        (field(Tree), "contains Tree within itself"),
        (field(StartDate, "soon"), "^Mine.it: its own default does not fit it: must be a date"),
        (field(int, "x"), "^Mine.it: its own default does not fit it"),
    ],
)
def test_it_is_refused(make: Callable[[], object], told: str) -> None:
    with pytest.raises(DefinitionError, match=told) as caught:
        make()
    assert "\n" not in str(caught.value)
    assert "abc" not in str(caught.value)


def test_what_is_right_is_not_refused() -> None:
    for annotation, default in ((Secret, Secret("")), (Account, ...), (list[Account], []), (Plain, Plain())):
        field(annotation, default)()
    for annotation in (Token, Token | None, StartDate, str | None, dict[str, int], dict[str, Plain], tuple[str, ...]):
        field(annotation)()


def test_a_subclass_of_credentials_has_a_title_of_its_own() -> None:
    class Sub(Token2):
        pass

    class Both(Config):
        credentials: Token2 | Sub

    assert [each["title"] for each in config_schema(Both, title="x")["properties"]["credentials"]["oneOf"]] == [
        "Token",
        "Sub",
    ]


def test_names_that_are_known_only_later_are_checked_later() -> None:
    class Early(Config):
        part: Later
        """Defined below."""

    class Later(BaseModel):
        keys: list[Secret]

    with pytest.raises(DefinitionError, match=r"Later\.keys is a list of secrets"):
        raise_for(Early, Later)


def test_a_name_that_is_never_known_is_told() -> None:
    class Never(Config):
        part: Missing  # noqa: F821

    with pytest.raises(DefinitionError, match=r"^Never: the name 'Missing' in an annotation is not known"):
        config_schema(Never, title="x")


def raise_for(cls: type[Config], later: type[BaseModel]) -> None:
    cls.model_rebuild(_types_namespace={"Later": later})
    parse_config(cls, {}, name="")


def test_the_face_names_what_it_has() -> None:
    assert sorted(face.__all__) == face.__all__
    assert all(hasattr(face, name) for name in face.__all__)
    assert issubclass(face.Advanced, Section)
    assert Advanced().base_url == ""
