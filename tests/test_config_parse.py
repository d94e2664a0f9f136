"""A user's config: what is accepted, and that a refusal names everything and shows nothing."""

# ruff: noqa: RUF012 (pydantic copies defaults)
from __future__ import annotations

import enum
import traceback
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, HttpUrl, ValidationError, field_validator, model_validator

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
    parse_config,
)
from connector_sdk.errors import ConfigError


class AccessKey(Credentials, title="Access key"):
    access_key: str
    access_key_secret: Secret

    def auth(self) -> Basic:
        return Basic(self.access_key, self.access_key_secret)


class Token(Credentials):
    token: Secret

    def auth(self) -> Bearer:
        return Bearer(self.token)


class PrivateToken(Credentials):
    token: Secret

    def auth(self) -> ApiKey:
        return ApiKey(self.token, header="X-Token")


class Login(OAuth2Credentials, title="Sign in with Gong"):
    provider = OAuth2("https://app.gong.io/oauth2/authorize", "https://app.gong.io/oauth2/token")


class Machine(OAuth2Credentials):
    provider = OAuth2("", "https://app.gong.io/oauth2/token", grant="client_credentials")


class GongConfig(Config):
    credentials: AccessKey | Login
    start_date: StartDate = "2024-01-01T00:00:00Z"
    workspace_id: str | None = None


class OneWay(Config):
    credentials: Token


class MayLogIn(Config):
    credentials: Token | None = None


class Twins(Config):
    credentials: Token | PrivateToken


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Window(Section):
    size: int = Field(7, ge=1, le=90)
    names: list[str] = []


class Account(Section):
    name: str
    key: Secret


class Cat(Section):
    kind: Literal["cat"]
    lives: int


class Dog(Section):
    kind: Literal["dog"]
    tricks: list[str]


class Wide(Config):
    credentials: Token
    start_date: StartDate
    level: Level = Level.LOW
    mode: Literal["fast", "slow"] = "fast"
    window: Window = Window()
    accounts: list[Account] = []
    by_name: dict[str, Window] = {}
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    ratio: float = 0.5
    amount: Decimal = Decimal(1)
    on: bool = False
    day: date = date(2024, 1, 1)
    wait: timedelta = timedelta(minutes=5)
    site: HttpUrl | None = None
    id: UUID | None = None
    short: str = Field("abc", min_length=2, max_length=4, pattern="^[a-z]+$")
    few: list[str] = Field(["a"], min_length=1, max_length=2)


KEY = {"access_key": "AK", "access_key_secret": "hush-hush"}
OAUTH = {"client_id": "id", "client_secret": "cs-secret", "refresh_token": "rt-secret"}
WIDE = {"credentials": {"token": "t-secret"}, "start_date": "2024-01-01"}


def problems(cls: type[Config], data: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(cls, data, name="source-x")
    text = str(caught.value)
    head, _, rest = text.partition("\n- ")
    if not rest:
        return [head.removeprefix("The config of source-x has a problem: ")]
    listed = rest.split("\n- ")
    assert head == f"The config of source-x has {len(listed)} problems:"
    return listed


def test_a_good_config_is_typed_and_immutable() -> None:
    config = parse_config(GongConfig, {"credentials": {**KEY, "credentials_title": "Access key"}}, name="source-x")
    assert isinstance(config.credentials, AccessKey)
    assert config.credentials.credentials_title == "Access key"
    assert config.credentials.auth() == Basic("AK", Secret("hush-hush"))
    assert (config.start_date, config.workspace_id, config.advanced.base_url) == ("2024-01-01T00:00:00Z", None, "")
    with pytest.raises(ValidationError):
        config.start_date = "2025-01-01T00:00:00Z"


def test_the_missing_title_is_found_by_the_fields() -> None:
    assert isinstance(parse_config(GongConfig, {"credentials": KEY}, name="").credentials, AccessKey)
    assert isinstance(parse_config(GongConfig, {"credentials": OAUTH}, name="").credentials, Login)
    assert isinstance(parse_config(OneWay, {"credentials": {"token": "abc"}}, name="").credentials, Token)
    assert problems(Twins, {"credentials": {"token": "t"}}) == [
        'credentials.credentials_title must be one of "Token", "Private token".'
    ]
    assert problems(GongConfig, {"credentials": {"credentials_title": None}}) == [
        'credentials.credentials_title must be one of "Access key", "Sign in with Gong".'
    ]


def test_two_oauth_grants_differ_by_the_refresh_token() -> None:
    class Both(Config):
        credentials: Login | Machine

    no_token = {key: value for key, value in OAUTH.items() if key != "refresh_token"}
    assert isinstance(parse_config(Both, {"credentials": OAUTH}, name="").credentials, Login)
    assert isinstance(parse_config(Both, {"credentials": no_token}, name="").credentials, Machine)
    assert problems(Both, {"credentials": {**no_token, "credentials_title": "Sign in with Gong"}}) == [
        "credentials.refresh_token is missing."
    ]


@pytest.mark.parametrize("title", ["Acces key", "", 7, ["Access key"], {"a": 1}])
def test_a_wrong_title_lists_the_titles(title: object) -> None:
    assert problems(GongConfig, {"credentials": {**KEY, "credentials_title": title}}) == [
        'credentials.credentials_title must be one of "Access key", "Sign in with Gong".'
    ]
    assert problems(OneWay, {"credentials": {"token": "t", "credentials_title": title}}) == [
        'credentials.credentials_title must be "Token".'
    ]


def test_every_problem_is_told_at_once_and_only_of_the_chosen_way() -> None:
    data = {
        "credentials": {"credentials_title": "Access key", "acess_key": "a", "access_key_secret": 7},
        "start_dat": "x",
        "workspace_id": 4,
        "advanced": {"base_ulr": "x"},
    }
    assert problems(GongConfig, data) == [
        'start_dat is no field of the config: did you mean "start_date"?',
        'advanced.base_ulr is no field of advanced: did you mean "base_url"?',
        'credentials.acess_key is no field of Access key: did you mean "access_key"?',
        "credentials.access_key_secret must be text, not a number.",
        "workspace_id must be text, not a number.",
    ]


def test_a_name_that_is_near_none_lists_the_fields() -> None:
    assert problems(GongConfig, {"credentials": KEY, "zzz": 1}) == [
        'zzz is no field of the config: there is "advanced", "credentials", "start_date", "workspace_id".'
    ]


def test_an_author_without_a_name_is_told_of_the_config() -> None:
    with pytest.raises(ConfigError, match=r"^The config has a problem: credentials is missing\.$"):
        parse_config(GongConfig, {}, name="")


@pytest.mark.parametrize(
    ("data", "kind"), [([], "a list"), (None, "null"), ("x", "text"), (1, "a number"), (True, "true or false")]
)
def test_what_is_no_object_is_refused(data: object, kind: str) -> None:
    assert problems(GongConfig, data) == [f"it must be an object, not {kind}."]
    assert problems(GongConfig, {"credentials": data}) == [f"credentials must be an object, not {kind}."]


def test_credentials_may_be_optional() -> None:
    assert parse_config(MayLogIn, {}, name="").credentials is None
    assert parse_config(MayLogIn, {"credentials": None}, name="").credentials is None
    assert problems(GongConfig, {"credentials": None}) == ["credentials must be an object, not null."]


def test_a_secret_that_must_be_given_may_not_be_empty() -> None:
    assert problems(GongConfig, {"credentials": {**KEY, "access_key_secret": ""}, "workspace_id": 1}) == [
        "credentials.access_key_secret is empty.",
        "workspace_id must be text, not a number.",
    ]
    assert problems(Wide, {**WIDE, "accounts": [{"name": "a", "key": ""}]}) == ["accounts[0].key is empty."]


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
        ("2024-01-01T10:00:00+02:00", "2024-01-01T08:00:00Z"),
        ("2024-01-01T10:00:00-0530", "2024-01-01T15:30:00Z"),
        ("2024-01-01 10:00", "2024-01-01T10:00:00Z"),
        ("2024-01-01T10:00:00.250Z", "2024-01-01T10:00:00.25Z"),
        ("2024-01-01t10:00:00z", "2024-01-01T10:00:00Z"),
        (" 2024-02-29 ", "2024-02-29T00:00:00Z"),
    ],
)
def test_a_start_date_is_kept_as_an_instant_in_utc(given_: str, kept: str) -> None:
    assert parse_config(GongConfig, {"credentials": KEY, "start_date": given_}, name="").start_date == kept


@pytest.mark.parametrize(
    "text", ["yesterday", "2024-13-01", "2023-02-29", "20240101", "2024", "", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_instant_is_told_in_one_sentence(text: str) -> None:
    assert problems(GongConfig, {"credentials": KEY, "start_date": text}) == [
        "start_date must be a date or an instant in ISO 8601, such as 2024-01-01 or 2024-01-01T00:00:00Z."
    ]


def test_advanced_settings() -> None:
    def base_url(value: object) -> Any:
        return parse_config(
            GongConfig, {"credentials": KEY, "advanced": {"base_url": value}}, name=""
        ).advanced.base_url

    for url in ("http://127.0.0.1:8080", "https://api.gong.io/v2/", ""):
        assert base_url(url) == url
    for url in (
        "ftp://x",
        "api.gong.io",
        "https://",
        "https://a b",
        "https://user:pw@host",
        "https://h:99999",
        "http://h?x=1",
    ):
        assert problems(GongConfig, {"credentials": KEY, "advanced": {"base_url": url}}) == [
            "advanced.base_url must be an http or https address, such as https://api.example.com."
        ]
    kept = parse_config(GongConfig, {"credentials": KEY, "advanced": {"feature_flags": "x,no_y"}}, name="").advanced
    assert kept.model_extra == {"feature_flags": "x,no_y"}
    assert parse_config(GongConfig, {"credentials": KEY, "advanced": None}, name="").advanced == Advanced()


def test_a_connector_can_have_advanced_settings_of_its_own() -> None:
    class Mine(Advanced):
        page_size: int = 100

    class MineConfig(Config):
        token: Secret
        advanced: Mine = Mine()

    assert parse_config(MineConfig, {"token": "abcd"}, name="").advanced.page_size == 100
    assert parse_config(MineConfig, {"token": "abcd", "advanced": {"page_size": 5}}, name="").advanced.page_size == 5
    assert problems(MineConfig, {"token": "abcd", "advanced": {"page_siz": 5}}) == [
        'advanced.page_siz is no field of advanced: did you mean "page_size"?'
    ]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"level": "mid"}, 'level must be one of "low", "high".'),
        ({"mode": "mid"}, 'mode must be one of "fast", "slow".'),
        ({"window": {"size": 0}}, "window.size must be at least 1."),
        ({"window": {"size": 91}}, "window.size must be at most 90."),
        ({"window": {"size": "many"}}, "window.size must be a whole number, not text."),
        ({"window": {"size": 1.5}}, "window.size must be a whole number."),
        ({"window": {"size": None}}, "window.size must be a whole number, not null."),
        ({"window": {"names": ["a", 1]}}, "window.names[1] must be text, not a number."),
        ({"window": {"names": "a"}}, "window.names must be a list, not text."),
        ({"window": {"nams": []}}, 'window.nams is no field of window: did you mean "names"?'),
        ({"window": 3}, "window must be an object, not a number."),
        ({"accounts": [{"name": "a"}]}, "accounts[0].key is missing."),
        (
            {"accounts": [{"nme": "a", "key": "kkkk"}]},
            'accounts[0].nme is no field of accounts[0]: did you mean "name"?',
        ),
        ({"by_name": {"x": {"siz": 1}}}, 'by_name.x.siz is no field of by_name.x: did you mean "size"?'),
        ({"pet": {"kind": "cow"}}, 'pet.kind must be one of "cat", "dog".'),
        ({"pet": {"lives": 9}}, "pet.kind is missing."),
        ({"pet": {"kind": "cat", "lives": "x"}}, "pet.lives must be a whole number, not text."),
        ({"pet": {"kind": "dog", "tricks": [], "lives": 1}}, "pet.lives is no field here."),
        ({"ratio": "half"}, "ratio must be a number, not text."),
        ({"ratio": float("nan"), "amount": "x"}, "amount must be a number, not text."),
        ({"on": "maybe"}, "on must be true or false, not text."),
        ({"day": "soon"}, "day must be a date, such as 2024-01-01."),
        ({"wait": "soon"}, "wait must be a duration, such as PT5M."),
        ({"site": "here"}, "site must be an address, such as https://example.com."),
        ({"id": "1"}, "id must be a UUID."),
        ({"short": "a"}, "short must have at least 2 characters."),
        ({"short": "abcde"}, "short must have at most 4 characters."),
        ({"short": "A-B"}, "short must match the pattern ^[a-z]+$."),
        ({"few": []}, "few must have at least 1 items."),
        ({"few": ["a", "b", "c"]}, "few must have at most 2 items."),
    ],
)
def test_what_was_expected_is_said(part: dict[str, object], told: str) -> None:
    assert problems(Wide, {**WIDE, **part}) == [told]


def test_all_of_a_wide_config_is_read() -> None:
    config = parse_config(
        Wide,
        {
            **WIDE,
            "level": "high",
            "accounts": [{"name": "a", "key": "kkkk"}],
            "by_name": {"x": {"size": 3}},
            "pet": {"kind": "dog", "tricks": ["sit"]},
            "site": "https://example.com",
        },
        name="",
    )
    assert config.level is Level.HIGH
    assert config.by_name["x"].size == 3
    assert isinstance(config.pet, Dog)


class Checked(Config):
    credentials: Token
    site: str = ""
    password: Secret = Secret("")

    @field_validator("site")
    @classmethod
    def _site(cls, value: str) -> str:
        if value.startswith("bad"):
            raise ValueError(f"must not be {value}.")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Checked:
        if self.site == "whole":
            raise ValueError(f"Site and password {self.password.get_secret_value()} do not fit together")
        return self


def test_an_authors_own_sentences_are_told_without_the_values() -> None:
    token = {"credentials": {"token": "abcdef"}}
    assert problems(Checked, {**token, "site": "bad-site"}) == ["site must not be (hidden)."]
    assert problems(Checked, {**token, "site": "whole", "password": "pass-word"}) == [
        "Site and password (hidden) do not fit together."
    ]


def test_an_older_shape_can_be_accepted() -> None:
    class Migrating(Config):
        credentials: Token

        @model_validator(mode="before")
        @classmethod
        def _older(cls, data: Any) -> Any:
            return {"credentials": {"token": data["api_key"]}} if "api_key" in data else data

    assert parse_config(Migrating, {"api_key": "abcd"}, name="").credentials.token == Secret("abcd")


def test_a_config_can_be_made_in_python() -> None:
    made = GongConfig(credentials=AccessKey(access_key="a", access_key_secret=Secret("hush")))
    assert made.credentials.credentials_title == "Access key"
    assert parse_config(GongConfig, {"credentials": made.credentials}, name="") == made
    with pytest.raises(ValidationError, match="did you mean"):
        GongConfig.model_validate({"credentials": KEY, "start_dat": 1})
    with pytest.raises(ValidationError, match='must be "Access key"'):
        AccessKey(credentials_title="Other", access_key="a", access_key_secret=Secret("b"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(json_values)
def test_any_json_is_a_config_or_a_sentence(value: Any) -> None:
    for data in (value, {"credentials": value}, {**WIDE, "window": value, "pet": value, "accounts": [value]}):
        try:
            parse_config(Wide, data, name="source-x")
        except ConfigError as error:
            assert str(error).startswith("The config of source-x has ")
            assert error.__context__ is None
            assert error.__cause__ is None


MARK = "S3cr#t"
secrets = st.text(max_size=12).map(lambda text: f"{MARK}{text}")
planted = st.recursive(
    secrets,
    lambda inner: st.lists(inner, min_size=1, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)
fields = st.sampled_from(
    [
        "credentials",
        "start_date",
        "site",
        "password",
        "level",
        "window",
        "accounts",
        "pet",
        "few",
        "id",
        "day",
        "advanced",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(fields, planted, max_size=4), planted, planted, st.sampled_from([Wide, Checked, GongConfig]))
def test_no_value_is_ever_shown(data: dict[str, Any], token: Any, url: Any, cls: type[Config]) -> None:
    more: dict[str, Any] = {"credentials": {"token": token}, "advanced": {"base_url": url, "x": token}}
    for each in (data, {**data, **more}, {**data, **more, "site": f"bad{MARK}"}, {**more, "window": {"size": token}}):
        try:
            config = parse_config(cls, each, name="source-x")
        except ConfigError as error:
            assert MARK not in str(error) + repr(error) + "".join(traceback.format_exception(error))
        else:
            assert MARK not in repr(config.model_dump(include={"credentials"}))


@settings(deadline=None)
@given(secrets)
def test_no_secret_is_shown_by_repr_or_str(value: str) -> None:
    config = parse_config(
        Wide, {**WIDE, "credentials": {"token": value}, "accounts": [{"name": "a", "key": value}]}, name=""
    )
    auth = config.credentials.auth()
    shown = [repr(config), str(config), repr(config.credentials), repr(auth), str(auth), str(config.model_dump())]
    assert not any(MARK in text for text in shown)
