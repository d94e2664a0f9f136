"""Tokens from a provider: OAuth 2.0 (RFC 6749), a login by POST, and signed JSON Web Tokens (RFC 7519, RFC 7523)."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from connector_sdk.config import Auth, Credentials, CustomAuth, JwtLogin, OAuth2Login, SessionLogin, reveal
from connector_sdk.errors import CredentialsError, NotPerformedError

from .custom import custom_login
from .decode import decode, encode, resolve
from .fill import Request
from .limits import Clock
from .login import Grant, Login, Scrub, fixed_grant, name_of, sendable
from .renewing import Given, Renewing
from .wire import Reply

__all__ = ["Keep", "login_of"]

_log = logging.getLogger("connector_sdk.http")

Keep = Callable[[str], Awaitable[None]]
"""Keeps a rotated refresh token where the next session finds it, before the token is used for the first time."""

Send = Callable[[Request, str], Awaitable[Reply]]
"""Sends a request for a token, again and again while nobody answers."""


def login_of(
    auth: Auth | Credentials | None, send: Send, clock: Clock, scrub: Scrub, keep: Keep | None, kept: str | None
) -> Login:
    """The login that an author declared. ``kept``: the refresh token that ``keep`` was given last."""
    name = name_of(auth)
    plain = auth.auth() if isinstance(auth, Credentials) else auth
    grant = fixed_grant(plain, name)
    if grant is not None:
        return Login(name, grant)
    tokens = _Tokens(name, send, clock, scrub)
    match plain:
        case OAuth2Login():
            return Renewing(name, _OAuth(tokens, plain, keep, kept).fresh, clock)
        case SessionLogin():
            return Renewing(name, lambda: _session(tokens, plain), clock)
        case JwtLogin():
            return Renewing(name, lambda: _jwt(tokens, plain), clock)
        case CustomAuth():
            return custom_login(plain, name, tokens.ask, clock, scrub)
    raise NotPerformedError(
        f"This version does not perform {type(plain).__name__}.", hint="choose another way to log in"
    )


class _Tokens:
    """Asks a provider for tokens, and says what it answered where that is none."""

    def __init__(self, name: str, send: Send, clock: Clock, scrub: Scrub) -> None:
        self.name, self.clock, self.scrub = name, clock, scrub
        self._send = send

    async def ask(
        self, url: str, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None, *, form: bool = True
    ) -> Reply:
        """The provider's good answer. Raises CredentialsError for any other."""
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        body = urlencode(fields).encode() if form else encode(dict(fields))
        request = Request("POST", url, (), {"content-type": kind, **(headers or {})}, body)
        reply = await self._send(request, f"the login for {self.name}")
        if not 200 <= reply.status < 300:
            raise self.refused(reply)
        return reply

    def refused(self, reply: Reply) -> CredentialsError:
        """The error for an answer that gives no token."""
        words = [_text(reply.body, at) for at in ("/error", "/error_description", "/error/message", "/message")]
        said = ": ".join(dict.fromkeys(word for word in words if word))
        hint = "check that they are complete, active, and of this account"
        if "invalid_grant" in said:
            hint = "log in again: the token is expired, revoked, or was used by another capture"
        elif "invalid_client" in said:
            hint = "check the client's id and secret"
        status = f"{reply.status} {reply.reason}".strip()
        return CredentialsError(
            f"The login refused {self.name} ({self.scrub(f'{status}: {said}'[:300] if said else status)}).",
            hint=hint, status=reply.status,
        )  # fmt: skip

    def bearer(self, reply: Reply, scheme: str | None = None) -> tuple[str, Given]:
        """The access token of an answer, and what it grants. ``scheme``: in place of the one that the answer tells."""
        token = _text(reply.body, "/access_token")
        if not token:
            raise self.refused(reply)
        self.scrub.add(token)
        kind = _text(reply.body, "/token_type")
        scheme = scheme or ("Bearer" if kind.lower() in ("", "bearer") else kind)
        return token, Given(Grant((("authorization", f"{scheme} {sendable(token, self.name)}"),)), _lives(reply.body))


class _OAuth:
    """A provider's tokens; the refresh token changes where the provider rotates it."""

    def __init__(self, tokens: _Tokens, login: OAuth2Login, keep: Keep | None, kept: str | None) -> None:
        self._tokens, self._login, self._keep = tokens, login, keep
        self._refresh_token = kept or reveal(login.refresh_token).strip()
        self._unkept: str | None = None

    async def fresh(self) -> Given:
        """A new access token. A new refresh token that comes with it is kept before anything else happens."""
        if self._unkept is not None:
            await self._kept(self._unkept)
        provider = self._login.provider
        fields, headers = self._fields()
        reply = await self._tokens.ask(provider.token, fields, headers, form=provider.client != "json")
        _, given = self._tokens.bearer(reply, provider.scheme)
        new = _text(reply.body, "/refresh_token")
        if new and new != self._refresh_token and provider.grant == "refresh_token":
            self._tokens.scrub.add(new)
            self._refresh_token = self._unkept = new
            await self._kept(new)
        base_url = _text(reply.body, provider.base_url) if provider.base_url else ""
        return given._replace(grant=Grant(given.grant.headers, base_url=base_url or None))

    async def _kept(self, token: str) -> None:
        if self._keep is not None:
            await self._keep(token)
        else:
            _log.warning("%s: the provider gave a new refresh token, and nothing here can keep it beyond this process; "
                         "say OAuth2(..., rotates=True) if the old one is dead now", self._tokens.name)  # fmt: skip
        self._unkept = None

    def _fields(self) -> tuple[dict[str, str], dict[str, str]]:
        login, provider = self._login, self._login.provider
        fields = {"grant_type": provider.grant, **provider.params}
        if provider.grant == "refresh_token":
            fields["refresh_token"] = self._refresh_token
        elif provider.grant == "password":
            fields |= {"username": reveal(login.user), "password": reveal(login.password)}
        client = (login.client_id.strip(), reveal(login.client_secret).strip())
        if provider.client == "basic":
            return fields, {"authorization": f"Basic {b64encode(':'.join(client).encode()).decode()}"}
        return fields | {"client_id": client[0], "client_secret": client[1]}, {}


async def _session(tokens: _Tokens, login: SessionLogin) -> Given:
    fields = {name: reveal(value) for name, value in login.fields.items()}
    reply = await tokens.ask(login.path, fields, form=login.form)
    if login.token is None:
        cookies = _cookies(reply.headers)
        if not cookies:
            raise tokens.refused(reply)
        tokens.scrub.add(*(pair.partition("=")[2] for pair in cookies))
        return Given(Grant((("cookie", "; ".join(cookies)),)), login.lives)
    token = _text(reply.body, login.token)
    if not token:
        raise tokens.refused(reply)
    tokens.scrub.add(token)
    return Given(Grant(((login.header.lower(), login.prefix + sendable(token, tokens.name)),)), login.lives)


async def _jwt(tokens: _Tokens, login: JwtLogin) -> Given:
    signed = _signed(tokens, login)
    tokens.scrub.add(signed)
    if login.token is None:
        return Given(Grant((("authorization", f"Bearer {signed}"),)), float(login.lives))
    fields = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}
    return tokens.bearer(await tokens.ask(login.token, fields))[1]


def _signed(tokens: _Tokens, login: JwtLogin) -> str:
    try:
        import jwt
    except ImportError:
        raise NotPerformedError(
            "JwtLogin needs a library that signs.", hint="depend on estuary-connector-sdk[jwt] in the connector"
        ) from None
    now = tokens.clock.now() // 1_000_000
    audience = {} if login.token is None else {"aud": login.token}
    claims = {"iat": now, "exp": now + login.lives, **audience, **login.claims}
    try:
        return jwt.encode(claims, reveal(login.key), login.algorithm, headers=dict(login.headers))
    except Exception as wrong:  # the libraries below have many, and some of their texts hold parts of the key
        raise CredentialsError(
            f"{tokens.name[:1].upper()}{tokens.name[1:]} cannot sign: the key does not fit {login.algorithm} "
            f"({type(wrong).__name__}).",
            hint="copy the whole key, its first and last line included",
        ) from None


def _cookies(headers: Mapping[str, str]) -> list[str]:
    lines = headers.get_list("set-cookie") if hasattr(headers, "get_list") else [headers.get("set-cookie", "")]
    return [line.split(";", 1)[0].strip() for line in cast("list[str]", lines) if "=" in line.split(";", 1)[0]]


def _text(body: bytes, at: str) -> str:
    """The text at a place of an answer; empty where there is none."""
    try:
        raw = resolve(body.strip(), at)
        value: Any = None if raw is None else decode(raw)
    except (ValueError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


def _lives(body: bytes) -> float | None:
    raw = resolve(body.strip(), "/expires_in")
    try:
        return None if raw is None else max(0.0, float(raw.strip(b'"')))
    except ValueError:
        return None
