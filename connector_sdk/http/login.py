"""What requests carry to prove who they are, and how that is renewed."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from connector_sdk.config import (
    ApiKey,
    Auth,
    Basic,
    Bearer,
    Config,
    Credentials,
    JwtLogin,
    OAuth2Login,
    SessionLogin,
    reveal,
    secrets_of,
)
from connector_sdk.errors import CredentialsError

__all__ = ["Grant", "Hide", "Login", "Scrub", "fixed_grant", "name_of", "sendable"]

Hide = Callable[[Iterable[str]], None]
"""Told of texts that no log may show."""


@dataclass(frozen=True, eq=False)
class Grant:
    """What one request carries: headers and query parameters; and where requests go, where the login tells that."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    base_url: str | None = None


class Login:
    """Credentials that stay as they are. ``name`` is how errors call them."""

    def __init__(self, name: str, grant: Grant) -> None:
        self.name = name
        self._grant = grant

    async def grant(self) -> Grant:
        """What the next request carries."""
        return self._grant

    async def renew(self, refused: Grant) -> bool:
        """After ``refused`` was refused: whether there is another grant to try now."""
        return False

    def signed(self, grant: Grant, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Grant:
        """What this very request carries, at the instant when it leaves."""
        return grant

    async def aclose(self) -> None:
        """End what is under way."""


def name_of(auth: Auth | Credentials | None) -> str:
    """How a sentence calls these credentials: ``the access key``."""
    if isinstance(auth, Credentials):
        title = auth._title
        return f"the credentials {title!r}" if title else name_of(auth.auth())
    match auth:
        case Basic():
            return "the user and password"
        case Bearer():
            return "the token"
        case ApiKey():
            return "the API key"
        case None:
            return "the request, which carries no credentials,"
    return "the login"


def fixed_grant(auth: Auth | None, name: str) -> Grant | None:
    """What requests carry for credentials that stay as they are; None for those that are renewed."""
    match auth:
        case None:
            return Grant()
        case Basic():
            pair = f"{reveal(auth.user)}:{reveal(auth.password)}".encode()
            return _header("authorization", f"Basic {b64encode(pair).decode()}")
        case Bearer():
            return _header("authorization", f"Bearer {sendable(reveal(auth.token), name)}")
        case ApiKey():
            if auth.header is not None:
                return _header(auth.header.lower(), sendable(reveal(auth.key), name))
            return Grant(params=((str(auth.param), reveal(auth.key).strip()),))
    return None


def _header(name: str, value: str) -> Grant:
    return Grant(((name, value),))


def sendable(value: str, name: str) -> str:
    """The value without space around it, as people paste it. Raises CredentialsError where a header cannot hold it."""
    value = value.strip()
    if re.search(r"[^\x20-\x7e]", value):
        raise CredentialsError(
            f"{name[:1].upper()}{name[1:]} holds characters that cannot be sent.", hint="copy it again from the source"
        )
    return value


class Scrub:
    """Takes every secret of the config, and every token that was given since, out of a text."""

    def __init__(self, config: Config, auth: Auth | Credentials | None, hide: Hide | None = None) -> None:
        self._secrets: Callable[[], set[str]] = lambda: secrets_of(config) | _own(auth)
        self._given: set[str] = set()
        self._hide = hide
        self._found: re.Pattern[str] | None = None

    def add(self, *secrets: str) -> None:
        """Take these texts out too, and have them hidden from logs."""
        self._given.update(secrets)
        self._found = None
        if self._hide is not None:
            self._hide(secrets)

    def knows(self, text: str) -> bool:
        """Whether this text is a secret, and nothing else."""
        return self(text) == "***"

    def __call__(self, text: str) -> str:
        if self._found is None:
            longest = sorted(filter(None, self._secrets() | self._given), key=len, reverse=True)
            self._found = re.compile("|".join(map(re.escape, longest)) or r"(?!)")
        return self._found.sub("***", text)


def _own(auth: Auth | Credentials | None) -> set[str]:
    """The secrets of credentials that an author made without the config."""
    match auth:
        case Basic():
            password = reveal(auth.password)
            pair = b64encode(f"{reveal(auth.user)}:{password}".encode()).decode()
            found = {password, pair}
        case Bearer():
            found = {reveal(auth.token)}
        case ApiKey() | JwtLogin():
            found = {reveal(auth.key)}
        case OAuth2Login():
            found = {reveal(auth.client_secret), reveal(auth.refresh_token), reveal(auth.password)}
        case SessionLogin():
            found = {reveal(value) for value in auth.fields.values() if not isinstance(value, str)}
        case _:
            found = set()
    return {text for text in found if len(text) >= 4}
