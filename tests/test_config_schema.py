"""The form of a config: each mark that Flow and Airbyte read, and a linter that finds what is missing."""

# ruff: noqa: RUF012 (pydantic copies defaults)
from __future__ import annotations

import copy
import enum
import json
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, Field, HttpUrl

from connector_sdk.config import (
    Advanced,
    ApiKey,
    Basic,
    Bearer,
    Config,
    Credentials,
    OAuth2,
    OAuth2Credentials,
    Secret,
    Section,
    StartDate,
    config_schema,
    lint_config_schema,
    parse_config,
)
from connector_sdk.config._words import describe, sentence, title_from
from connector_sdk.errors import DefinitionError


class AccessKey(Credentials, title="Access key"):
    """A key made under Company settings

    Said to developers only.
    """

    access_key: str
    access_key_secret: Secret
    """Shown once"""

    def auth(self) -> Basic:
        return Basic(self.access_key, self.access_key_secret)


class PrivateKey(Credentials):
    private_key: Secret = Field(description="In PEM form.", json_schema_extra={"multiline": True})

    def auth(self) -> ApiKey:
        return ApiKey(self.private_key, header="X-Key")


class Login(OAuth2Credentials, title="Sign in with Gong"):
    provider = OAuth2("https://app.gong.io/oauth2/authorize", "https://app.gong.io/oauth2/token")


class Machine(OAuth2Credentials):
    provider = OAuth2("", "https://app.gong.io/oauth2/token", grant="client_credentials")


class Token(Credentials):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class GongConfig(Config):
    base_url: str = Field(
        "https://api.gong.io", title="API base URL", description="Shown under Company settings > API."
    )
    credentials: AccessKey | PrivateKey | Login | Machine
    start_date: StartDate = "2024-01-01"
    workspace_id: str | None = None
    """Only the calls of this workspace."""


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Inner(BaseModel):
    deep_size: int = 7
    on: bool


class Window(Section):
    """How far back."""

    size: int = Field(7, ge=1, le=90)
    inner: Inner = Inner(on=True)


class Account(Section):
    name: str
    key: Secret


class Cat(Section):
    kind: Literal["cat"]
    lives: int


class Dog(Section):
    kind: Literal["dog"] = "dog"
    tricks: list[str]


class Mine(Advanced):
    page_size: int = 100


class Wide(Config):
    credentials: Token
    start_date: StartDate = Field(title="From")
    level: Level = Level.LOW
    size: Size | None = None
    mode: Literal["fast", "slow"] | None = None
    only: Literal["one"] = "one"
    maybe_only: Literal["one"] | None = None
    window: Window = Window()
    maybe_window: Window | None = None
    accounts: list[Account] = []
    tags: list[str] | None = None
    levels: list[Level] = [Level.LOW]
    by_name: dict[str, Window] = {}
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    maybe_pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    ratio: float | None = None
    include_archived: bool
    maybe: bool | None = None
    day: date = date(2024, 1, 1)
    wait: timedelta = timedelta(minutes=5)
    site: HttpUrl | None = None
    pem: Secret = Field(default=Secret(""), json_schema_extra={"multiline": True})
    advanced: Mine = Mine()


class Optional(Config):
    credentials: Token | None = None
    advanced: Advanced = Field(Advanced(), description="Rarely needed")


SHAPES: list[type[Config]] = [Config, GongConfig, Wide, Optional]


@pytest.mark.parametrize("cls", SHAPES)
def test_a_schema_keeps_every_rule(cls: type[Config]) -> None:
    schema = config_schema(cls, title="Gong")
    assert lint_config_schema(schema) == []
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert (schema["type"], schema["title"]) == ("object", "Gong")
    for word in ("$ref", "$defs", 'additionalProperties": false', "x-sdk", "writeOnly", 'password"', "anyOf", "null}"):
        assert word not in json.dumps(schema)
    assert json.dumps(schema) == json.dumps(config_schema(cls, title="Gong"))


@pytest.mark.parametrize("cls", SHAPES)
def test_properties_stand_in_the_order_declared_and_advanced_last(cls: type[Config]) -> None:
    properties = config_schema(cls, title="x")["properties"]
    assert [each["order"] for each in properties.values()] == list(range(len(properties)))
    assert list(properties)[-1] == "advanced"
    assert properties["advanced"]["advanced"] is True
    assert properties["advanced"]["properties"]["base_url"]["x-hidden-field"] is True
    assert [key for key in cls.model_fields if key != "advanced"] == list(properties)[:-1]


def test_words_come_from_the_author_or_from_the_name() -> None:
    schema = config_schema(GongConfig, title="Gong")
    properties = schema["properties"]
    assert schema["required"] == ["credentials"]
    assert properties["base_url"]["title"] == "API base URL"
    assert properties["workspace_id"] == {
        "title": "Workspace ID",
        "description": "Only the calls of this workspace.",
        "type": ["string", "null"],
        "order": 3,
    }
    assert properties["start_date"] == {
        "title": "Start date",
        "description": "Records from before this date and time are not captured.",
        "type": "string",
        "format": "date-time",
        "default": "2024-01-01T00:00:00Z",
        "order": 2,
    }


def test_each_way_to_log_in_is_an_option() -> None:
    credentials = config_schema(GongConfig, title="Gong")["properties"]["credentials"]
    assert credentials["discriminator"] == {"propertyName": "credentials_title"}
    assert credentials["type"] == "object"
    key, private, login, machine = credentials["oneOf"]
    assert [each["title"] for each in credentials["oneOf"]] == [
        "Access key",
        "Private key",
        "Sign in with Gong",
        "Machine",
    ]
    title = key["properties"]["credentials_title"]
    assert (title["type"], title["const"], title["default"], title["order"]) == (
        "string",
        "Access key",
        "Access key",
        0,
    )
    assert key["description"] == "A key made under Company settings."
    assert key["required"] == ["credentials_title", "access_key", "access_key_secret"]
    assert key["properties"]["access_key"]["description"] == "The access key."
    assert key["properties"]["access_key_secret"] == {
        "title": "Access key secret",
        "description": "Shown once.",
        "type": "string",
        "secret": True,
        "airbyte_secret": True,
        "order": 2,
    }
    assert private["properties"]["private_key"]["multiline"] is True
    assert private["properties"]["private_key"]["description"] == "In PEM form."
    assert login["x-oauth2-provider"] == "gong"
    assert login["required"] == ["credentials_title", "client_id", "client_secret", "refresh_token"]
    assert "x-oauth2-provider" not in machine
    assert list(machine["properties"]) == ["credentials_title", "client_id", "client_secret"]


def test_every_kind_of_field_has_its_shape() -> None:
    schema = config_schema(Wide, title="Wide")
    made = {
        key: {word: value for word, value in each.items() if word not in ("title", "description", "order")}
        for key, each in schema["properties"].items()
    }
    assert schema["required"] == ["credentials", "start_date", "pet", "include_archived"]
    assert schema["properties"]["start_date"]["title"] == "From"
    assert len(made["credentials"]["oneOf"]) == 1
    assert made["level"] == {"type": "string", "enum": ["low", "high"], "default": "low"}
    assert made["size"] == {"type": ["integer", "null"], "enum": [1, 2, None]}
    assert made["mode"] == {"type": ["string", "null"], "enum": ["fast", "slow", None]}
    assert made["only"] == {"type": "string", "const": "one", "default": "one"}
    assert made["maybe_only"] == {"type": ["string", "null"], "enum": ["one", None]}
    assert made["window"]["properties"]["size"]["maximum"] == 90
    assert made["window"]["properties"]["inner"]["properties"]["deep_size"]["title"] == "Deep size"
    assert made["window"]["properties"]["inner"]["properties"]["on"]["default"] is False
    assert made["window"] == made["maybe_window"]
    assert schema["properties"]["window"]["description"] == "How far back."
    assert made["accounts"]["items"]["properties"]["key"]["secret"] is True
    assert made["accounts"]["items"]["required"] == ["name", "key"]
    assert made["tags"] == {"type": "array", "items": {"type": "string"}}
    assert made["levels"] == {"type": "array", "items": {"type": "string", "enum": ["low", "high"]}, "default": ["low"]}
    assert made["by_name"]["additionalProperties"]["properties"]["size"]["title"] == "Size"
    assert made["pet"]["discriminator"] == {"propertyName": "kind"}
    assert made["pet"] == made["maybe_pet"]
    assert [option["title"] for option in made["pet"]["oneOf"]] == ["Cat", "Dog"]
    assert made["pet"]["oneOf"][1]["required"] == ["kind", "tricks"]
    assert made["ratio"] == {"type": ["number", "null"]}
    assert made["include_archived"] == {"type": "boolean", "default": False}
    assert made["day"] == {"type": "string", "format": "date", "default": "2024-01-01"}
    assert made["wait"] == {"type": "string", "format": "duration", "default": "PT5M"}
    assert made["site"]["type"] == ["string", "null"]
    assert made["pem"] == {"type": "string", "secret": True, "airbyte_secret": True, "multiline": True}
    assert made["advanced"]["properties"]["page_size"]["default"] == 100
    assert config_schema(Optional, title="x")["properties"]["advanced"]["description"] == "Rarely needed."


def test_what_the_schema_accepts_is_parsed() -> None:
    data: dict[str, Any] = {
        "credentials": {"credentials_title": "Token", "token": "abcd"},
        "start_date": "2024-01-01T00:00:00Z",
        "pet": {"kind": "cat", "lives": 9},
        "include_archived": True,
        "size": None,
        "accounts": [{"name": "a", "key": "kkkk"}],
        "advanced": {"page_size": 3, "feature_flags": "x"},
    }
    jsonschema.validate(data, config_schema(Wide, title="x"))
    assert parse_config(Wide, data, name="").advanced.page_size == 3
    data["sops"] = {}
    jsonschema.validate(data, config_schema(Wide, title="x"))


def test_a_required_setting_in_advanced_makes_it_required() -> None:
    class Strict(Advanced):
        page_size: int

    class StrictConfig(Config):
        advanced: Strict

    assert config_schema(StrictConfig, title="x")["required"] == ["advanced"]
    assert config_schema(Optional, title="x")["required"] == []

    class Loose(Config):
        advanced: Mine

    assert config_schema(Loose, title="x")["required"] == []
    assert parse_config(Loose, {}, name="").advanced.page_size == 100


@pytest.mark.parametrize("annotation", [Any, Literal["a", 1], object])
def test_what_no_form_can_show_is_a_definition_error(annotation: Any) -> None:
    class Odd(Config):
        __annotations__ = {"it": annotation}

    with pytest.raises(DefinitionError, match=r"^Odd .*\bit\b|^Odd has a field"):
        config_schema(Odd, title="x")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("access_key_id", "Access key ID"),
        ("AccessKey", "Access key"),
        ("APIKey", "API key"),
        ("OAuthLogin", "OAuth login"),
        ("base_urls", "Base URLs"),
        ("start_date", "Start date"),
        ("s3_bucket", "S3 bucket"),
        ("feature_1", "Feature 1"),
        ("größe", "Größe"),
        ("_", "_"),
    ],
)
def test_titles_are_made_from_names(name: str, title: str) -> None:
    assert title_from(name) == title


def test_descriptions_end() -> None:
    assert describe("API key") == "The API key."
    assert describe("Access key") == "The access key."
    assert sentence("Two\n  lines\n\nmore") == "Two lines."
    assert sentence("Why?") == "Why?"
    assert sentence("") == ""


def broken(path: str, value: Any) -> dict[str, Any]:
    """The Gong schema with one place changed; ... removes it."""
    schema = copy.deepcopy(config_schema(GongConfig, title="Gong"))
    at: Any = schema
    *way, last = path.split("/")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return schema


SECRET = "properties/credentials/oneOf/0/properties/access_key_secret"
TITLE = "properties/credentials/oneOf/0/properties/credentials_title"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("type", ..., 'the schema must have type "object"'),
        ("title", "", "the schema has no title"),
        ("properties", ..., "the schema has no properties"),
        ("additionalProperties", False, "the schema must not have additionalProperties: false"),
        ("$defs", {}, "the schema has $defs"),
        ("required", ["nothing"], "nothing is required and is no property"),
        ("properties/base_url", True, "base_url is no schema"),
        ("properties/base_url", {"$ref": "#/x", "title": "a", "description": "b."}, "properties.base_url has $ref"),
        ("properties/base_url/title", ..., "base_url has no title"),
        ("properties/base_url/description", ..., "base_url has no description"),
        ("properties/base_url/description", "No stop", "does not end in a full stop"),
        ("properties/base_url/description", "An <a href='x'>link</a>.", "has HTML"),
        ("properties/base_url/order", "1", "base_url must have a whole number as its order"),
        ("properties/base_url/order", 1, "has the order 1, as"),
        ("properties/base_url/type", ..., "base_url has no type"),
        ("properties/base_url/type", "text", "has a type that JSON Schema does not have"),
        ("properties/base_url/type", ["string", "integer"], 'may be null only as [scalar, "null"]'),
        ("properties/base_url/type", ["array", "null"], 'may be null only as [scalar, "null"]'),
        ("properties/base_url/type", "boolean", "is true or false and has no default"),
        ("properties/base_url/anyOf", [{"type": "null"}], "base_url has anyOf"),
        ("properties/base_url/advanced", True, "must not have the mark advanced"),
        ("properties/base_url", {"title": "A", "description": "B.", "enum": [1]}, "has an enum without a type"),
        (SECRET + "/type", ["string", "null"], "credentials.access_key_secret is a secret and must have type"),
        (SECRET + "/secret", False, "has a mark for secrets that is not true"),
        (SECRET + "/secret", ..., "has airbyte_secret without secret"),
        (SECRET + "/default", "abc", "is a secret and shows a value"),
        (
            SECRET,
            {"title": "A", "description": "B.", "type": "array", "items": {"type": "string", "secret": True}},
            "a list of",
        ),
        (TITLE + "/const", ..., "credentials option 1 has no const for credentials_title"),
        (TITLE + "/const", "Machine", "credentials option 4 has the same credentials_title"),
        (TITLE + "/default", "Other", "must have its const as the default"),
        (TITLE + "/type", ..., 'must have type "string" for credentials_title'),
        ("properties/credentials/discriminator", ..., "oneOf without a discriminator"),
        ("properties/credentials/oneOf/0/title", ..., "credentials option 1 has no title"),
        ("properties/credentials/oneOf/0/type", ..., 'credentials option 1 must have type "object"'),
        (
            "properties/credentials/oneOf/0/additionalProperties",
            False,
            "credentials must not have",
        ),
        ("properties/credentials/oneOf/2/x-oauth2-provider", "", "x-oauth2-provider that is no text"),
    ],
)
def test_the_linter_tells_each_broken_rule(path: str, value: Any, told: str) -> None:
    found = lint_config_schema(broken(path, value))
    assert any(told in each for each in found), found
    assert not any(each.endswith(".") for each in found)


def test_the_linter_survives_anything() -> None:
    for odd in ({}, {"properties": 1}, {"properties": {"a": {"oneOf": [1], "discriminator": 3}}}, {"required": ["a"]}):
        assert lint_config_schema(odd)
