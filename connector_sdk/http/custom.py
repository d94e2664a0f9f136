"""Logins and signatures by an author's own functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from connector_sdk.config import CustomAuth, Outgoing
from connector_sdk.errors import CredentialsError, SdkError, SourceError

from .blame import failed_at
from .decode import decode
from .limits import Clock
from .login import Grant, Login, Scrub, sendable
from .renewing import Given, Renewing
from .wire import Reply

__all__ = ["custom_login"]

Ask = Callable[..., Awaitable[Reply]]
_SHORT = 4  # what is shorter is no secret, and would blank out half of every log


class _Signing(Login):
    """A login, fixed or renewed, whose requests are signed one by one."""

    def __init__(self, inner: Login, auth: CustomAuth, clock: Clock, scrub: Scrub) -> None:
        super().__init__(inner.name, Grant())
        self._inner, self._auth, self._clock, self._scrub = inner, auth, clock, scrub

    async def grant(self) -> Grant:
        return await self._inner.grant()

    async def renew(self, refused: Grant) -> bool:
        return await self._inner.renew(refused)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def signed(self, grant: Grant, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Grant:
        assert self._auth.sign is not None
        outgoing = Outgoing(method, url, {**headers, **dict(grant.headers)}, body, self._clock.now())
        try:
            given = self._auth.sign(outgoing)
        except Exception as wrong:
            raise _blamed(self._auth.sign, wrong, self._scrub) from None
        return replace(grant, headers=(*grant.headers, *_headers(given, self.name)))


def custom_login(auth: CustomAuth, name: str, ask: Ask, clock: Clock, scrub: Scrub) -> Login:
    """The login of an author's functions. ``ask`` sends a request for a token and raises for answers without one."""
    inner = (
        Login(name, Grant()) if auth.login is None else Renewing(name, lambda: _fresh(auth, name, ask, scrub), clock)
    )
    return inner if auth.sign is None else _Signing(inner, auth, clock, scrub)


async def _fresh(auth: CustomAuth, name: str, ask: Ask, scrub: Scrub) -> Given:
    async def post(
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        fields = json if form is None else form
        reply = await ask(path, fields or {}, headers, form=form is not None)
        try:
            return decode(reply.body) if reply.body else None
        except ValueError:
            raise CredentialsError(
                f"The login for {name} answered with what is no JSON.", status=reply.status
            ) from None

    assert auth.login is not None
    try:
        given = await auth.login(post)
    except SdkError:
        raise
    except Exception as wrong:
        raise _blamed(auth.login, wrong, scrub) from None
    headers = _headers(given, name)
    scrub.add(*(part for _, value in headers for part in (value, value.rpartition(" ")[2]) if len(part) > _SHORT))
    return Given(Grant(headers), auth.lives)


def _headers(given: Mapping[str, str], name: str) -> tuple[tuple[str, str], ...]:
    return tuple((header.lower(), sendable(value, name)) for header, value in given.items())


def _blamed(function: Any, wrong: Exception, scrub: Scrub) -> SourceError:
    return SourceError(f"{scrub(failed_at(function, wrong))}.", hint="correct CustomAuth(...) in the definition")
