"""Every form in which a secret of a config could show up in an output."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretBytes, SecretStr

from connector_sdk.config._auth import ApiKey, Basic, Bearer, reveal
from connector_sdk.config._credentials import Credentials

__all__ = ["secrets_of"]

_SHORTEST = 4


def secrets_of(config: BaseModel) -> set[str]:
    """The texts that no output may hold: each secret as it is, and as URLs, JSON and ``Authorization: Basic`` write it.

    Secrets shorter than 4 characters are left out: they would blot out ordinary text.
    """
    found: set[str] = set()
    for value in _values(config):
        if len(value) >= _SHORTEST:
            found |= _forms(value)
    for user, password in _pairs(config):
        if max(len(user), len(password)) >= _SHORTEST:
            found.add(_base64(f"{user}:{password}"))
    return found


def _values(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode("utf-8", "surrogateescape")
    elif isinstance(value, BaseModel):
        for _, each in value:
            yield from _values(each)
        if isinstance(value, Credentials):
            for auth in _auths(value):
                if isinstance(auth, Bearer):
                    yield reveal(auth.token)
                elif isinstance(auth, ApiKey):
                    yield reveal(auth.key)
                elif isinstance(auth, Basic):
                    yield reveal(auth.password)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _values(each)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _values(each)


def _pairs(config: BaseModel) -> Iterator[tuple[str, str]]:
    for _, value in config:
        if isinstance(value, Credentials):
            for auth in _auths(value):
                if isinstance(auth, Basic):
                    yield reveal(auth.user), reveal(auth.password)


def _auths(credentials: Credentials) -> list[object]:
    with contextlib.suppress(Exception):  # an author's auth() may fail; that is told where requests are made
        return [credentials.auth()]
    return []


def _forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    return {
        value,
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        _base64(value),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        _base64(f"{value}:"),
    }


def _base64(value: str) -> str:
    """Without the padding, so that it is found with and without."""
    return base64.b64encode(value.encode("utf-8", "surrogatepass")).decode().rstrip("=")
