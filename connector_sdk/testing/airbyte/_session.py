"""A ``read`` under way: events as they come, and what can be done to the process meanwhile."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from connector_sdk.testing.airbyte._catalog import Configured
from connector_sdk.testing.airbyte._collection import Collections
from connector_sdk.testing.airbyte._events import Control, Event, Failed
from connector_sdk.testing.airbyte._rules import ReadRules
from connector_sdk.testing.flow import Exited, Kill, Log, SecretWatch, SilentError, Usage, Violation, ViolationError
from connector_sdk.testing.flow._process import Process

__all__ = ["Session"]

_LOGS_KEPT = 2_000


class Session:
    """One ``read``; made by ``Player.open``. Iterate over it for its events, up to ``Exited``.

    It is served by the thread that asks: while nobody iterates, stdout is not read and fills up. After the end:
    ``exit_code``, ``states`` (what to hand to the next read), ``status`` and ``records`` by stream, ``errors``,
    ``error`` (what a user would see), ``config`` (that a CONTROL message gave), ``violations``, ``usage``.
    """

    def __init__(
        self,
        process: Process,
        configured: Configured,
        states: Mapping[str, dict[str, Any]],
        *,
        kill: Kill | None = None,
        into: Collections | None = None,
        on_event: Callable[[Event], object] | None = None,
        secrets: Iterable[str] = (),
        strict: bool = True,
        silence: float = 60.0,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        self.configured = configured
        self.violations: list[Violation] = []
        self.logs: deque[Log] = deque(maxlen=_LOGS_KEPT)
        self.stderr = bytearray()
        self.config: dict[str, Any] | None = None
        self.bytes_read = 0
        self.ended = self.killed = False
        self.seconds = 0.0
        self._process = process
        self._rules = ReadRules(configured, states, self._broken)
        self._kill = kill or Kill()
        self._into = into
        self._on_event = on_event
        self._secrets = SecretWatch(secrets)
        self._strict = strict
        self._silence = silence
        self._done = done
        self._rest = bytearray()
        self._arrived: deque[bytes] = deque()
        self._signalled = False
        if into is not None:
            into.begin(configured, [each.name for each in configured if each.name in states and each.resumable])

    @property
    def states(self) -> list[dict[str, Any]]:
        """The last STATE of each stream, as Airbyte hands them to the next read."""
        return [
            {"type": "STREAM", "stream": {"stream_descriptor": {"name": name, "namespace": None}, "stream_state": data}}
            for name, data in self._rules.states.items()
        ]

    def state(self, stream: str) -> dict[str, Any]:
        """What the stream goes on from; empty where it has no STATE yet."""
        return self._rules.states.get(stream, {})

    @property
    def state_count(self) -> int:
        """How many STATE messages came."""
        return self._rules.state_count

    @property
    def status(self) -> dict[str, str]:
        """The last status of each stream; empty before the first."""
        return self._rules.status

    @property
    def records(self) -> dict[str, int]:
        """How many records came, by stream."""
        return self._rules.records

    @property
    def lines(self) -> int:
        """How many whole lines came on stdout."""
        return self._rules.lines

    @property
    def errors(self) -> list[Failed]:
        """The errors that were told, in order."""
        return self._rules.errors

    @property
    def error(self) -> str:
        """What a user would see of a failure: the last error; empty where there was none."""
        return self.errors[-1].message if self.errors else ""

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; nothing while the process runs."""
        return self._process.exit_code

    @property
    def usage(self) -> Usage | None:
        """CPU seconds and peak memory of the ended process."""
        return self._process.usage

    def __iter__(self) -> Iterator[Event]:
        """The events in order, the last of them ``Exited``. Raises SilentError, and ViolationError if strict."""
        heard = time.monotonic()
        while not self.ended:
            before = self.bytes_read
            for event in self.read(0.25):
                yield event
                heard = time.monotonic()
            if before != self.bytes_read:
                heard = time.monotonic()
            elif time.monotonic() - heard > self._silence:
                raise SilentError(f"Nothing came for {self._silence:g} s; last log: {self._last_log()!r}")

    def read(self, timeout: float = 0.25) -> list[Event]:
        """What came within ``timeout`` seconds, as soon as there is anything; may be empty."""
        if not self._arrived:
            self._fill(timeout)
        found = []
        while self._arrived and not self.ended:
            line = self._arrived.popleft()
            event = self._rules.line(line)
            if not isinstance(event, Control):  # which holds secrets by its nature
                self._watch("stdout", line)
            if event is not None:
                self._hand_out(event)
                found.append(event)
            if self._kill_is_due():
                self.signal(self._kill.signal)
        if not self._arrived and self._gone() and not self.ended:
            found.append(self._end())
        return found

    def run(self, timeout: float = 120.0) -> Self:
        """Read to the end. Raises SilentError when that takes longer than ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        for _ in self:
            if time.monotonic() > deadline:
                raise SilentError(f"The read went on for {timeout:g} s; last log: {self._last_log()!r}")
        return self

    def pause(self, seconds: float) -> None:
        """Do not read stdout for that long: a blocked pipe is back-pressure."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self._process.poll() is None:
            _, err = self._process.pump(min(left, 0.05), read_stdout=False)
            self._take_stderr(err)

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send a signal. After SIGKILL nothing more is read; after others everything until the end."""
        self._signalled = True
        if number == signal.SIGKILL:
            self.killed = True
            self._rest.clear()
            self._arrived.clear()
        self._process.signal(number)

    def close(self) -> None:
        """Kill the process if it still runs, and let go of it. Called by ``with``."""
        if not self.ended:
            self.signal(signal.SIGKILL)
            self.ended = True
        self._process.close()
        self._done()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # how

    def _fill(self, timeout: float) -> None:
        at_byte, at_second = self._kill.at_byte, self._kill.at_second
        at_most = 1 << 16 if at_byte is None or self._signalled else max(1, min(1 << 16, at_byte - self.bytes_read))
        if at_second is not None and not self._signalled:
            timeout = min(timeout, max(0.0, self._process.began + at_second - time.monotonic()))
        if self._kill_is_due():
            self.signal(self._kill.signal)
        out, err = self._process.pump(timeout, at_most=at_most)
        self._take_stderr(err)
        if out and not self.killed:
            self.bytes_read += len(out)
            self._rest += out
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest[:] = rest
            self._arrived += lines

    def _kill_is_due(self) -> bool:
        kill = self._kill
        return not self._signalled and (
            (kill.at_byte is not None and self.bytes_read >= kill.at_byte and not self._arrived)
            or (kill.at_line is not None and self.lines >= kill.at_line)
            or (kill.at_checkpoint is not None and self.state_count >= kill.at_checkpoint)
            or (kill.at_second is not None and time.monotonic() - self._process.began >= kill.at_second)
        )

    def _hand_out(self, event: Event) -> None:
        if isinstance(event, Log):
            self.logs.append(event)
        elif isinstance(event, Control):
            self.config = event.config
        if self._into is not None:
            self._into.feed(event)
        if self._on_event is not None:
            self._on_event(event)

    def _take_stderr(self, chunk: bytes) -> None:
        self.stderr += chunk
        self._watch("stderr", chunk)

    def _watch(self, pipe: str, chunk: bytes) -> None:
        secret = self._secrets.feed(pipe, chunk)
        if secret:
            self._broken(Violation("secret", f"A secret of the config ({len(secret)} characters) is on {pipe}."))

    def _gone(self) -> bool:
        over = self._process.stdout_ended and self._process.stderr_ended
        return self._process.poll() is not None and (over or self.killed)

    def _end(self) -> Event:
        self.ended = True
        self.seconds = time.monotonic() - self._process.began
        code = self._process.exit_code or 0
        event = Exited(code)
        self._hand_out(event)
        self._process.close()
        self._rules.finish(code, bytes(self._rest), self._signalled)
        return event

    def _broken(self, violation: Violation) -> None:
        self.violations.append(violation)
        if self._strict:
            raise ViolationError(violation, self._last_log())

    def _last_log(self) -> str:
        return self.logs[-1].message if self.logs else bytes(self.stderr[-500:]).decode("utf-8", "replace")
