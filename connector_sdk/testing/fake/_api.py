"""The fake itself: routes, credentials, limits, faults and the log around a vendor's handlers."""

from __future__ import annotations

import gzip
import math
import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from connector_sdk.engine.clock import SystemClock
from connector_sdk.testing.fake._auth import Auth
from connector_sdk.testing.fake._collection import Collection
from connector_sdk.testing.fake._faults import TRANSIENT, Chaos, Fault, FaultRule, Hold, Hook, Nth, Rule, Where
from connector_sdk.testing.fake._limits import Limit, RetryAfter
from connector_sdk.testing.fake._log import Exchange, RequestLog
from connector_sdk.testing.fake._paging import Pager, Paging
from connector_sdk.testing.fake._request import Answer, Refuse, Request, encoded
from connector_sdk.testing.fake._routes import Router
from connector_sdk.testing.fake._server import Incoming, Outgoing, Server
from connector_sdk.testing.fake._values import Duration, http_date, seconds_of

__all__ = ["ErrorBody", "FakeApi"]

ErrorBody = Callable[[int, str, Request], Any]
F = TypeVar("F", bound=Callable[[Request], Any])
R = TypeVar("R", bound=Rule)
_SECRET = {"authorization", "cookie"}


class FakeApi:
    """A stateful fake of a vendor's API: a real HTTP server on 127.0.0.1, from declared routes and collections.

    ``with FakeApi() as api:`` serves on a free port at ``api.url`` until the block ends. Handlers run one at a time
    under ``api.lock``; a test that takes the lock too edits several things at once. All times are the clock's, which
    follows ``CONNECTOR_CLOCK`` unless one is given; ``api.clock.spec()`` hands it to a connector's process.
    """

    def __init__(
        self,
        name: str = "fake",
        *,
        clock: SystemClock | None = None,
        auth: Auth | Sequence[Auth] = (),
        error_body: ErrorBody | None = None,
        port: int = 0,
        date_skew: float | None = 0.0,
        gzipped: bool = False,
        unauthorized: str = "Unauthorized",
        unauthorized_status: int = 401,
    ) -> None:
        self.name = name
        self.clock = clock if clock is not None else SystemClock.from_spec(os.environ.get("CONNECTOR_CLOCK", ""))
        self.auth: list[Auth] = [auth] if not isinstance(auth, Sequence) else list(auth)
        self.error_body: ErrorBody = error_body or (lambda status, message, request: {"error": message})
        self.date_skew = date_skew
        """Seconds that the ``Date`` header is ahead of the clock; None sends no such header."""
        self.gzipped = gzipped
        self.unauthorized = unauthorized
        """The message to credentials that are no good."""
        self.unauthorized_status = unauthorized_status
        """The status of that answer; 200 at vendors who say it in the body alone."""
        self.limits: list[Limit] = []
        self.limits_on = True
        self.lock = threading.RLock()
        self.requests = RequestLog()
        self.errors: list[str] = []
        """Tracebacks of handlers, hooks and background work that raised; a good test ends with none."""
        self._port = port
        self._router = Router()
        self._rules: list[Rule] = []
        self._revoked: tuple[str | None, int | None] | None = None
        self._count = 0
        self._arrivals = threading.Lock()  # not the data's: requests arrive and hooks run while a test holds that
        self._stopping = threading.Event()
        self._started = False
        self._threads: list[threading.Thread] = []
        self._work: list[tuple[float, Callable[[], object]]] = []
        self._server = Server(self._answer, self.pause)

    # ---- life

    def start(self) -> FakeApi:
        """Listen. Raises OSError where the port is taken."""
        if not self._started:
            self._stopping.clear()
            self._server.start(self._port)
            self._started = True
            for each in self._work:
                self._repeat(*each)
        return self

    def stop(self) -> None:
        """Release what is held, close every connection, end background work."""
        self._stopping.set()
        for rule in list(self._rules):
            if isinstance(rule, Hold):
                rule.release()
        if self._started:
            self._started = False
            self._server.stop()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(5)
        self._threads.clear()

    def __enter__(self) -> FakeApi:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens. Raises RuntimeError before ``start()``."""
        if not self._started:
            raise RuntimeError(f"the {self.name} API is not listening: call start(), or use it in a with block")
        return f"http://127.0.0.1:{self._server.port}"

    def now(self) -> int:
        """The clock's time, in microseconds since 1970."""
        return self.clock.now()

    def pause(self, seconds: float) -> None:
        """Wait so long on the clock, or until the API stops."""
        until = self.clock.now() + int(seconds * 1_000_000)
        while (left := until - self.clock.now()) > 0:
            if self._stopping.wait(min(max(left / 1_000_000 / self.clock.factor, 0.0005), 0.05)):
                return

    def every(self, duration: Duration, call: Callable[[], object]) -> None:
        """Call a function again and again, so long apart on the clock, while the API serves: the data's own life."""
        self._work.append((seconds_of(duration), call))
        if self._started:
            self._repeat(*self._work[-1])

    def _repeat(self, seconds: float, call: Callable[[], object]) -> None:
        def run() -> None:
            while not self._stopping.is_set():
                self.pause(seconds)
                if not self._stopping.is_set():
                    self._guarded(call)

        thread = threading.Thread(target=run, name=f"fake-api-{self.name}-life", daemon=True)
        self._threads.append(thread)
        thread.start()

    # ---- what the API offers

    def route(self, method: str, path: str, *, auth: bool = True) -> Callable[[F], F]:
        """Serve a path, such as ``/v2/users/{id}``, by the decorated handler; ``auth=False`` admits everyone."""

        def add(handler: F) -> F:
            self._router.add(method, path, handler, auth)
            return handler

        return add

    def get(self, path: str, *, auth: bool = True) -> Callable[[F], F]:
        """``@api.get("/v2/calls")``."""
        return self.route("GET", path, auth=auth)

    def post(self, path: str, *, auth: bool = True) -> Callable[[F], F]:
        """``@api.post("/v2/calls/extensive")``."""
        return self.route("POST", path, auth=auth)

    def collection(
        self,
        name: str,
        *,
        key: str | tuple[str, ...] = "/id",
        order: str | None = None,
        descending: bool = False,
        visible_after: Duration = 0,
    ) -> Collection:
        """Records under this API's lock and clock; in order of insertion, or of the value at ``order`` and the key."""
        return Collection(
            name,
            key=key,
            lock=self.lock,
            now=self.now,
            order=order,
            descending=descending,
            visible_after=visible_after,
        )

    def pager(
        self,
        paging: Paging = "offset",
        *,
        size: int = 100,
        life: Duration | None = None,
        uses: int | None = None,
        order: tuple[str, ...] = (),
        refused: int = 400,
    ) -> Pager:
        """Opaque page tokens on this API's clock; see ``Pager``."""
        return Pager(
            paging, now=self.now, size=size, life=life, uses=uses, order=order, refused=refused, secret=self.name
        )

    def limit(
        self,
        count: int,
        *,
        per: Duration,
        retry_after: RetryAfter = "seconds",
        status: int = 429,
        message: str = "rate limit exceeded",
    ) -> Limit:
        """Refuse more than ``count`` requests in any window of ``per``. Several limits hold at once."""
        limit = Limit(count, per, retry_after, status, message)
        self.limits.append(limit)
        return limit

    # ---- what goes wrong

    def fault(self, what: Fault, on: str = "*", *, nth: Nth = 1, times: int | None = 1) -> Rule:
        """Spoil the ``nth`` request that matches ``on`` (and ``times`` in a row; None for ever; or several ``nth``)."""
        return self._add(FaultRule(what, on, nth, times))

    def chaos(
        self, rate: float = 0.1, *, seed: int = 0, faults: Sequence[Fault] = TRANSIENT, on: str = "*", in_a_row: int = 2
    ) -> Chaos:
        """Faults at random, from a seed, until ``stop()``."""
        return self._add(Chaos(rate, seed, faults, on, in_a_row))

    def hold(self, on: str = "*", *, where: Where | None = None, nth: Nth = 1, times: int | None = 1) -> Hold:
        """Keep an answer, its data read, until ``release()``; ``wait()`` returns once it is held.

        ``where`` tells requests for one path apart, such as those of a backfill: ``lambda request: "since" not in
        request.query``; ``nth`` counts those it is true for.
        """
        return self._add(Hold(on, nth, times, where))

    def before(self, on: str, call: Callable[[Request], object], *, nth: Nth = 1, times: int | None = None) -> Hook:
        """Call a function when a matching request came, before anything is read."""
        return self._add(Hook(call, False, on, nth, times))

    def after(self, on: str, call: Callable[[Request], object], *, nth: Nth = 1, times: int | None = None) -> Hook:
        """Call a function between reading the data of a matching request and sending the answer."""
        return self._add(Hook(call, True, on, nth, times))

    def revoke(self, message: str | None = None, *, times: int | None = None) -> None:
        """Refuse all credentials from now on (``times`` requests), until ``restore()``."""
        self._revoked = (message, times)

    def restore(self) -> None:
        """Take good credentials again."""
        self._revoked = None

    def calm(self) -> None:
        """End every fault, hold, hook and refusal that a test set up."""
        for rule in list(self._rules):
            rule.stop()
            if isinstance(rule, Hold):
                rule.release()
        with self._arrivals:
            self._rules.clear()
        self.restore()

    def _add(self, rule: R) -> R:
        with self._arrivals:
            self._rules.append(rule)
        return rule

    # ---- one request

    def _answer(self, incoming: Incoming) -> Outgoing:
        with self._arrivals:
            self._count += 1
            number = self._count
        request = Request(number, self.clock.now(), incoming.method, incoming.target, incoming.headers, incoming.body)
        entry = self._logged(request)
        due, fault = self._due(request)
        for rule in due:
            if isinstance(rule, Hook) and not rule.after:
                self._guarded(partial(rule.call, request))
        answer = self._replaced(fault, request) if fault and fault.replaces else self._handled(request, entry)
        for rule in due:
            if isinstance(rule, Hook) and rule.after:
                self._guarded(partial(rule.call, request))
            elif isinstance(rule, Hold):
                rule.keep(request)
        if fault and fault.kind == "delay":
            self.pause(fault.seconds)
        return self._finished(request, answer, fault, entry)

    def _logged(self, request: Request) -> Exchange:
        secret = _SECRET | {str(getattr(way, "header", "")) for way in self.auth}
        headers = {name: "***" if name in secret else value for name, value in request.headers.items()}
        try:
            body = request.json
        except Refuse:
            body = None
        entry = Exchange(request.n, request.time, request.method, request.path, dict(request.query), body, headers)
        self.requests.add(entry)
        return entry

    def _due(self, request: Request) -> tuple[list[Rule], Fault | None]:
        fault = None
        with self._arrivals:
            due = [rule for rule in self._rules if rule.due(request)]
            for rule in due:
                fault = fault or rule.fault(request)
        return due, fault

    def _replaced(self, fault: Fault, request: Request) -> Answer:
        if fault.kind == "replaced":
            return Answer(fault.body, fault.code, content_type=fault.content_type)
        headers = {}
        if fault.retry_after is not None:
            headers["Retry-After"] = self._come_back(fault.retry_after, fault.as_date)
        return Answer(self.error_body(fault.code, fault.message, request), fault.code, headers)

    def _handled(self, request: Request, entry: Exchange) -> Answer:
        try:
            with self.lock:
                route = self._router.find(request)
                entry.route = route.path if route else ""
                if route is None or route.auth:
                    self._admit(request)
                self._limited(request)
                if route is None:
                    raise Refuse(404, f"{request.path} does not exist")
                return encoded(route.handler(request), request)
        except Refuse as refusal:
            body = self.error_body(refusal.status, refusal.message, request)
            return Answer(body, refusal.status, refusal.headers)
        except Exception:
            self._remember()
            return Answer(self.error_body(500, "internal error", request), 500)

    def _admit(self, request: Request) -> None:
        if self._revoked is not None:
            message, times = self._revoked
            self._revoked = None if times == 1 else (message, None if times is None else times - 1)
            raise Refuse(self.unauthorized_status, message or self.unauthorized)
        if self.auth and not any(way.admits(request) for way in self.auth):
            raise Refuse(self.unauthorized_status, self.unauthorized)

    def _limited(self, request: Request) -> None:
        if not self.limits_on:
            return
        now = self.clock.now()
        for limit in self.limits:
            wait = limit.wait(now)
            if wait > 0:
                limit.refused += 1
                headers = {}
                if limit.retry_after is not None:
                    headers["Retry-After"] = self._come_back(math.ceil(wait), limit.retry_after == "date")
                raise Refuse(limit.status, limit.message, headers=headers)
        for limit in self.limits:
            limit.take(now)

    def _come_back(self, after: float | str, as_date: bool) -> str:
        if isinstance(after, str):
            return after
        if as_date:
            return http_date(self._shown() + math.ceil(after) * 1_000_000)
        return f"{after:g}"

    def _finished(self, request: Request, answer: Answer, fault: Fault | None, entry: Exchange) -> Outgoing:
        body = answer.encoded()
        headers = dict(answer.headers)
        if answer.status != 204:
            headers["Content-Type"] = answer.content_type
        if fault and fault.kind == "content_type":
            headers["Content-Type"] = fault.content_type
        if self.date_skew is not None:
            headers["Date"] = http_date(self._shown())
        if self.gzipped and body and "gzip" in request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, 1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        entry.fault = fault.name if fault else None
        entry.bytes = len(body)
        entry.records = request.records
        entry.status = 0 if fault and fault.kind == "reset" else answer.status
        return Outgoing(answer.status, body, headers, fault)

    def _shown(self) -> int:
        return self.clock.now() + int((self.date_skew or 0) * 1_000_000)

    def _guarded(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception:
            self._remember()

    def _remember(self) -> None:
        text = traceback.format_exc()
        self.errors.append(text)
        sys.stderr.write(f"the {self.name} API's own code failed:\n{text}")
