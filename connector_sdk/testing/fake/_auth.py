"""Ways to log in to a fake: basic, bearer, key in a header, and OAuth tokens that expire and rotate."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qsl

from connector_sdk.testing.fake._request import Refuse, Request
from connector_sdk.testing.fake._values import Duration, JsonObject, seconds_of

__all__ = ["ApiKey", "Auth", "Basic", "Bearer", "OAuthTokens"]


class Auth(Protocol):
    """A way to log in. A request passes when any of the API's ways admits it."""

    def admits(self, request: Request) -> bool:
        """Whether the request carries these credentials."""
        ...


class Basic:
    """``Authorization: Basic`` with this user and password."""

    def __init__(self, user: str, password: str) -> None:
        self._wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def admits(self, request: Request) -> bool:
        return request.headers.get("authorization") == self._wanted


class Bearer:
    """``Authorization: Bearer`` with one of these tokens; ``scheme=`` for vendors with a word of their own."""

    def __init__(self, *tokens: str, scheme: str = "Bearer") -> None:
        self._wanted = {f"{scheme} {token}".strip() for token in tokens}

    def admits(self, request: Request) -> bool:
        return request.headers.get("authorization") in self._wanted


class ApiKey:
    """A header of its own with this value."""

    def __init__(self, header: str, value: str) -> None:
        self.header, self._value = header.lower(), value

    def admits(self, request: Request) -> bool:
        return request.headers.get(self.header) == self._value


class OAuthTokens:
    """Access tokens that live ``life`` on the clock, and the token endpoint that gives them.

    ``api.post("/oauth/token", auth=False)(tokens.endpoint)`` serves it; ``tokens.admits`` checks the bearer tokens.
    ``rotating`` makes each refresh token good for one use: the answer holds the next one. ``given`` counts the
    answers of the endpoint.
    """

    def __init__(
        self,
        now: Callable[[], int],
        *,
        client_id: str,
        client_secret: str,
        refresh_token: str = "",
        life: Duration = 3600,
        rotating: bool = False,
        tells_life: bool = True,
    ) -> None:
        self.refresh_token = refresh_token
        self.given = 0
        self._now = now
        self._client = (client_id, client_secret)
        self._life = seconds_of(life)
        self._rotating = rotating
        self._tells_life = tells_life
        self._until: dict[str, int] = {}

    def admits(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and self._until.get(token, 0) > self._now()

    def expire(self) -> None:
        """Every access token given so far is refused from now on; the refresh token stays good."""
        self._until.clear()

    def give(self) -> str:
        """A new access token, without the endpoint."""
        self.given += 1
        token = "access-" + hashlib.sha256(f"{self._client}{self.given}".encode()).hexdigest()
        self._until[token] = self._now() + int(self._life * 1_000_000)
        return token

    def endpoint(self, request: Request) -> JsonObject:
        """The handler of the token endpoint: client_credentials, refresh_token and authorization_code."""
        form = dict(parse_qsl(request.body.decode()))
        sent = (form.get("client_id", ""), form.get("client_secret", ""))
        if not Basic(*self._client).admits(request) and sent != self._client:
            raise Refuse(401, "invalid_client")
        grant = form.get("grant_type")
        if grant not in ("client_credentials", "refresh_token", "authorization_code"):
            raise Refuse(400, "unsupported_grant_type")
        if grant == "refresh_token" and form.get("refresh_token") != self.refresh_token:
            raise Refuse(400, "invalid_grant")
        answer: JsonObject = {"access_token": self.give(), "token_type": "Bearer"}
        if self._tells_life:
            answer["expires_in"] = int(self._life)
        if grant != "client_credentials":
            if self._rotating:
                self.refresh_token = "refresh-" + hashlib.sha256(f"{self._client}-{self.given}".encode()).hexdigest()
            answer["refresh_token"] = self.refresh_token
        return answer
