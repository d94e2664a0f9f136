"""Which handler serves a path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connector_sdk.testing.fake._request import Refuse, Request

__all__ = ["Handler", "Route", "Router"]

Handler = Callable[[Request], Any]
"""From a request to an answer: JSON (a dict or list), bytes, None for 204, or an ``Answer``; may raise ``Refuse``."""


@dataclass(frozen=True)
class Route:
    """A method and a path, whose ``{name}`` parts match anything but a slash."""

    method: str
    path: str
    handler: Handler
    auth: bool
    pattern: re.Pattern[str]


class Router:
    """The routes of an API; a later one replaces an earlier one with the same method and path."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Route] = {}

    def add(self, method: str, path: str, handler: Handler, auth: bool) -> None:
        """Serve a path by a handler."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
        self._routes[method, path] = Route(method, path, handler, auth, re.compile(pattern))

    def find(self, request: Request) -> Route | None:
        """The route of a request, its path parameters set; None for an unknown path, 405 for an unknown method."""
        exact = self._routes.get((request.method, request.path))
        if exact is not None:
            return exact
        others = False
        for route in self._routes.values():
            found = route.pattern.fullmatch(request.path)
            if found and route.method == request.method:
                request.parts = found.groupdict()
                return route
            others = others or found is not None
        if others:
            raise Refuse(405, f"{request.method} is not allowed for {request.path}")
        return None
