"""In place of the wire: requests go to the world's server, and answers take their time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from email.utils import formatdate

from connector_sdk.errors import UnreachableError
from connector_sdk.http.fill import Request
from connector_sdk.http.login import Grant
from connector_sdk.http.wire import LARGEST, Broken, Reply, Wire

from .server import Answer, Server

__all__ = ["TooManyRequests", "WorldWire"]

LATENCY = 1.0
SLOWEST = 60.0
"""Seconds that a server itself may take: a longer hold happens on the way, and does not make the ``Date`` older."""
_CHECKS = ("/check", "/")
_FAILED = Answer(400, b'{"error":"the world is out of order"}')


class TooManyRequests(BaseException):
    """The engine asks and asks."""


class WorldWire(Wire):
    """Carries requests to the server. It outlives the processes that use it.

    ``holds``: how long the next answers are held; ``failing``: how many of the next requests fail; ``broken``: how many
    of the next connections break; ``first_pages``: when first pages were asked for, by what was asked.
    """

    def __init__(self, server: Server, tell: Callable[[str], None] | None, most: int) -> None:
        self.server = server
        self.holds: deque[float] = deque()
        self.failing = 0
        self.broken = 0
        self.requests = 0
        self.most = most
        self.first_pages: dict[str, deque[float]] = {}
        self._tell = tell

    async def aclose(self) -> None:
        """It has no connections."""

    async def send(self, request: Request, grant: Grant, where: object, largest: int = LARGEST) -> Reply:
        """The server's answer, by what it shows at this moment."""
        self.requests += 1
        if self.requests > self.most:
            raise TooManyRequests
        path, params = request.path, dict(request.params)
        if path not in _CHECKS and self.broken:
            self.broken -= 1
            await asyncio.sleep(LATENCY)
            raise Broken(UnreachableError("The way to the world is broken."), "broken")
        hold = self.holds.popleft() if self.holds and path not in _CHECKS else LATENCY
        if path not in _CHECKS and self.failing:
            self.failing -= 1
            answer = _FAILED
        else:
            self._note(path, params)
            answer = self.server.answer(path, params, request.body)
        if self._tell is not None:
            self._tell(f"asked {path} {params or ''}{(request.body or b'').decode()}: {answer.status} {answer.body!r}")
        await asyncio.sleep(hold)
        if self._tell is not None and hold > LATENCY:
            self._tell(f"only now arrives the answer to {path} {params}")
        date = formatdate(int(self.server.source.now() - min(hold, SLOWEST)), usegmt=True)
        return Reply(answer.status, "", {"date": date}, answer.body, f"http://world.test{path}")

    def _note(self, path: str, params: dict[str, str]) -> None:
        if params.get("page") or params.get("offset", "0") != "0" or params.get("number", "0") != "0":
            return
        name = f"{path} {params.get('box', '')}"
        self.first_pages.setdefault(name, deque(maxlen=8)).append(self.server.source.now())
