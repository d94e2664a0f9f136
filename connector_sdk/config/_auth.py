"""How requests prove who they are, as plain data. The HTTP client performs it; nothing here shows a secret."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args
from urllib.parse import urlsplit

from pydantic import SecretStr

from connector_sdk.errors import DefinitionError, did_you_mean

__all__ = [
    "ApiKey",
    "Auth",
    "Basic",
    "Bearer",
    "CustomAuth",
    "JwtLogin",
    "OAuth2",
    "OAuth2Login",
    "Outgoing",
    "Post",
    "SessionLogin",
    "reveal",
]

Grant = Literal["refresh_token", "client_credentials", "password"]
Client = Literal["form", "basic", "json"]


def reveal(value: SecretStr | str) -> str:
    """The text of a secret, for the one place that sends it."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


class Auth:
    """What ``Credentials.auth()`` returns: ``Basic``, ``Bearer``, ``ApiKey``, ``OAuth2Login``, ``SessionLogin``,
    ``JwtLogin`` or ``CustomAuth``."""

    __slots__ = ()


@dataclass(frozen=True)
class Basic(Auth):
    """User and password in the ``Authorization`` header (RFC 7617). Either may be a ``Secret`` or text."""

    user: SecretStr | str = field(repr=False)
    password: SecretStr | str = field(default="", repr=False)


@dataclass(frozen=True)
class Bearer(Auth):
    """``Authorization: Bearer TOKEN`` (RFC 6750)."""

    token: SecretStr | str = field(repr=False)


@dataclass(frozen=True)
class ApiKey(Auth):
    """A key that is sent as it is, in the header or in the query parameter of that name: give one of the two."""

    key: SecretStr | str = field(repr=False)
    header: str | None = field(default=None, kw_only=True)
    param: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if bool(self.header) == bool(self.param):
            raise DefinitionError(
                "ApiKey goes into a header or into a parameter:", hint='give header="..." or param="..."'
            )


@dataclass(frozen=True)
class OAuth2:
    """A provider of OAuth 2.0 (RFC 6749): where people log in, and where tokens are made.

    ``client``: how the client's id and secret are sent: in the form, as JSON, or in the ``Authorization`` header, as
    they are (RFC 6749, 2.3.1 would have them percent-encoded; providers do not). ``rotates``: each refresh
    makes a new refresh token; needs the extra ``estuary-connector-sdk[rotating]``, which seals it in the state.
    ``base_url``: a pointer into the token's answer, where that names the customer's own host. ``name``: what platforms
    call the provider; by default the main word of its host (``app.gong.io`` gives ``gong``). ``params``: sent along
    when a token is asked for, such as ``{"audience": "..."}`` or ``{"scope": "..."}``. ``scheme``: what stands before
    the access token in its header, where the answer's ``token_type`` says something else, as Slack's does ("bot").
    """

    authorize: str
    token: str
    grant: Grant = field(default="refresh_token", kw_only=True)
    client: Client = field(default="form", kw_only=True)
    rotates: bool = field(default=False, kw_only=True)
    base_url: str | None = field(default=None, kw_only=True)
    name: str = field(default="", kw_only=True)
    params: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    scheme: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for word, known in (("grant", get_args(Grant)), ("client", get_args(Client))):
            if getattr(self, word) not in known:
                raise DefinitionError(
                    f"OAuth2: {word}={getattr(self, word)!r} is not known:",
                    hint=did_you_mean(str(getattr(self, word)), known),
                )
        for word, url in (("authorize", self.authorize), ("token", self.token)):
            if not url and word == "authorize" and self.grant != "refresh_token":
                continue
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
                raise DefinitionError(f"OAuth2: {word}={url!r} is no http or https address.")
        if self.base_url is not None and not self.base_url.startswith("/"):
            raise DefinitionError(f"OAuth2: base_url={self.base_url!r} is no pointer:", hint='it begins with "/"')
        if not self.name:
            object.__setattr__(self, "name", _main_word(urlsplit(self.authorize or self.token).hostname or ""))


@dataclass(frozen=True)
class OAuth2Login(Auth):
    """A login with a provider's tokens, as ``OAuth2Credentials`` hold it.

    ``user`` and ``password`` are for the grant ``password``, which some older sources still take.
    """

    provider: OAuth2
    client_id: str
    client_secret: SecretStr | str = field(repr=False)
    refresh_token: SecretStr | str = field(default="", repr=False)
    user: SecretStr | str = field(default="", repr=False, kw_only=True)
    password: SecretStr | str = field(default="", repr=False, kw_only=True)


@dataclass(frozen=True)
class SessionLogin(Auth):
    """A token that a login by POST gives, until it is refused or has lived ``lives`` seconds.

    ``path``: behind the client's base, or a whole address. ``fields``: what is sent, as JSON or as a form. ``token``:
    the place of the token in the answer; without it, the cookies of the answer are what requests carry. The token is
    sent in ``header`` behind ``prefix``.
    """

    path: str
    fields: Mapping[str, SecretStr | str] = field(repr=False)
    token: str | None = field(default=None, kw_only=True)
    header: str = field(default="Authorization", kw_only=True)
    prefix: str = field(default="Bearer ", kw_only=True)
    form: bool = field(default=False, kw_only=True)
    lives: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.startswith("/"):
            raise DefinitionError(f"SessionLogin: token={self.token!r} is no pointer:", hint='it begins with "/"')


@dataclass(frozen=True)
class JwtLogin(Auth):
    """A JSON Web Token (RFC 7519) signed with the user's ``key``, sent as a bearer token, or changed for one.

    ``claims`` are signed beside ``iat`` and ``exp``, which is ``lives`` seconds later; ``headers`` is for ``kid`` and
    the like. ``token``: where the signed token is changed for an access token (RFC 7523), as Google's service
    accounts do it; ``aud`` is then this address unless ``claims`` say otherwise. Needs the extra
    ``estuary-connector-sdk[jwt]``.
    """

    key: SecretStr | str = field(repr=False)
    claims: Mapping[str, object] = field(repr=False)
    algorithm: str = field(default="RS256", kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    lives: int = field(default=300, kw_only=True)
    token: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.token is not None and urlsplit(self.token).scheme not in ("http", "https"):
            raise DefinitionError(f"JwtLogin: token={self.token!r} is no http or https address.")


class Post(Protocol):
    """Sends a POST for a login, and gives its decoded JSON. Raises CredentialsError for an answer that is no good."""

    def __call__(
        self,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Awaitable[Any]: ...


@dataclass(frozen=True)
class Outgoing:
    """A request that is about to leave, for a function that signs it.

    ``url``: the whole address, with its query. ``headers``: names in lower case. ``body``: empty where there is none.
    ``now``: microseconds since 1970.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    now: int


@dataclass(frozen=True)
class CustomAuth(Auth):
    """Credentials that no other word describes, from plain functions of the author: one of them, or both.

    ``login``: an async function that is given a ``Post`` and gives the headers that requests carry. It is called before
    the first request, after three quarters of ``lives`` seconds, and when the source refuses; once for all who wait.
    ``sign``: gives further headers for one ``Outgoing`` request; it is called for every try, at the instant when it
    leaves. What either gives is sent to the source's own host only, and what a login gives no log shows.
    """

    login: Callable[[Post], Awaitable[Mapping[str, str]]] | None = field(default=None, repr=False, kw_only=True)
    sign: Callable[[Outgoing], Mapping[str, str]] | None = field(default=None, repr=False, kw_only=True)
    lives: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.login is None and self.sign is None:
            raise DefinitionError("CustomAuth does nothing:", hint="give login=, sign= or both")


def _main_word(host: str) -> str:
    labels = host.split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in ("ac", "co", "com", "net", "org"):
        labels = labels[:-1]
    return labels[-2] if len(labels) > 1 else host
