"""Refresh tokens that are good for one use: the new one leaves as a CONTROL message, within the config that it is for.

Airbyte keeps configs, and takes one that a source sends in place of the one it gave; so the token is where secrets
are kept, and no state holds it (R4).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from connector_sdk.config import OAuth2Login, reveal
from connector_sdk.errors import ConfigError

from . import messages

__all__ = ["Replaced"]


class Replaced:
    """The config as it was given, with the newest refresh token in the place of the first. Raises ConfigError where the
    config does not hold that token, so that no new one could be kept."""

    def __init__(self, data: Any, login: OAuth2Login) -> None:
        self._data = copy.deepcopy(data)
        first = reveal(login.refresh_token).strip()
        self._places = [(holder, name) for holder, name, value in _texts(self._data) if value.strip() == first]
        if not self._places:
            raise ConfigError(
                "The refresh token is not in the config as it is used, so its successor could not be kept.",
                hint="give the login the refresh token of the config, as it is",
            )

    def message(self, token: str) -> bytes:
        """The message that has Airbyte keep this token."""
        for holder, name in self._places:
            holder[name] = token
        return messages.control(self._data)


def _texts(value: Any) -> Iterator[tuple[Any, Any, str]]:
    """Every text in the data, with what holds it and under which name or number."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        if isinstance(each, str):
            yield value, name, each
        else:
            yield from _texts(each)
