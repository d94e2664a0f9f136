"""What requests carry to prove who they are, and how that is renewed."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

from connector_sdk.config import ApiKey, Auth, Basic, Bearer, Config, Credentials, OAuth2Login, reveal, secrets_of
from connector_sdk.errors import CredentialsError, NotPerformedError

__all__ = ["Grant", "Login", "Scrub", "login_of"]


@dataclass(frozen=True, eq=False)
class Grant:
    """What one request carries: headers and query parameters."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Login:
    """Credentials that stay as they are. ``name`` is how errors call them.

    One that can be renewed overrides ``fresh``; however many requests were refused at once, it is called once.
    """

    def __init__(self, name: str, grant: Grant | None = None) -> None:
        self.name = name
        self._current = grant
        self._turn = asyncio.Lock()

    async def grant(self) -> Grant:
        """What the next request carries."""
        if self._current is None:
            await self.renew(None)
        return self._current or Grant()

    async def renew(self, refused: Grant | None) -> bool:
        """After ``refused`` was refused: whether there is another grant to try now."""
        async with self._turn:
            if self._current is not refused:
                return True  # another request has had them renewed meanwhile
            found = await self.fresh()
            if found is not None:
                self._current = found
            return found is not None

    async def fresh(self) -> Grant | None:
        """A new grant from the provider; None where these credentials cannot be renewed."""
        return None


def login_of(auth: Auth | Credentials | None) -> Login:
    """The login that an author declared. Raises NotPerformedError for those that this version does not perform."""
    name = ""
    if isinstance(auth, Credentials):
        name = _named(auth._title)
        auth = auth.auth()
    match auth:
        case None:
            return Login("the request, which carries no credentials,", Grant())
        case Basic():
            pair = f"{reveal(auth.user)}:{reveal(auth.password)}".encode()
            return Login(name or "the user and password", _header("authorization", f"Basic {b64encode(pair).decode()}"))
        case Bearer():
            name = name or "the token"
            return Login(name, _header("authorization", f"Bearer {_sendable(reveal(auth.token), name)}"))
        case ApiKey():
            name, key = name or "the API key", reveal(auth.key)
            if auth.header is not None:
                return Login(name, _header(auth.header.lower(), _sendable(key, name)))
            return Login(name, Grant(params=((str(auth.param), key),)))
        case OAuth2Login():
            raise NotPerformedError(
                "This version does not perform OAuth yet.", hint="choose another way to log in, or wait for a later one"
            )
    raise NotPerformedError(
        f"This version does not perform {type(auth).__name__}.", hint="choose another way to log in"
    )


def _header(name: str, value: str) -> Grant:
    return Grant(((name, value),))


def _named(title: str) -> str:
    """``Access key`` as it stands in a sentence."""
    lower = title[:1].lower() + title[1:] if not title[1:2].isupper() else title
    return f"the {lower}" if title else ""


def _sendable(value: str, name: str) -> str:
    """The value without space around it, as people paste it. Raises CredentialsError where a header cannot hold it."""
    value = value.strip()
    if re.search(r"[^\x20-\x7e]", value):
        raise CredentialsError(
            f"{name[:1].upper()}{name[1:]} holds characters that cannot be sent.", hint="copy it again from the source"
        )
    return value


class Scrub:
    """Takes every secret of the config out of a text."""

    def __init__(self, config: Config, auth: Auth | Credentials | None) -> None:
        self._secrets: Callable[[], set[str]] = lambda: secrets_of(config) | _own(auth)
        self._found: re.Pattern[str] | None = None

    def __call__(self, text: str) -> str:
        if self._found is None:
            longest = sorted(filter(None, self._secrets()), key=len, reverse=True)
            self._found = re.compile("|".join(map(re.escape, longest)) or r"(?!)")
        return self._found.sub("***", text)


def _own(auth: Auth | Credentials | None) -> set[str]:
    """The secrets of credentials that an author made without the config."""
    match auth:
        case Basic():
            password = reveal(auth.password)
            pair = b64encode(f"{reveal(auth.user)}:{password}".encode()).decode()
            return {text for text in (password, pair) if len(text) >= 4}
        case Bearer():
            return {reveal(auth.token)}
        case ApiKey():
            return {reveal(auth.key)}
    return set()
