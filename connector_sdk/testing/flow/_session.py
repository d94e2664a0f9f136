"""An open session: events as they come, and what can be done to the process meanwhile."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import orjson

from connector_sdk.testing.flow._capture import Capture
from connector_sdk.testing.flow._collection import Collections
from connector_sdk.testing.flow._events import Checkpoint, Event, Exited
from connector_sdk.testing.flow._kill import Kill
from connector_sdk.testing.flow._logs import Log, LogReader
from connector_sdk.testing.flow._process import Process, Usage
from connector_sdk.testing.flow._rules import SessionRules
from connector_sdk.testing.flow._secrets import SecretWatch
from connector_sdk.testing.flow._violation import Violation, ViolationError

__all__ = ["Session", "SilentError"]

_LOGS_KEPT = 2_000
_LINGER = 0.5  # seconds without a byte from a process that has ended
_PIPES = 4 << 20  # bytes: more than its pipes can have held when it ended


class SilentError(AssertionError):
    """Nothing came from the process, on stdout or stderr, for as long as the player waits."""


class Session:
    """One ``open`` of a capture; made by ``Player.open``. Iterate over it for its events, up to ``Exited``.

    It is served by the thread that asks: while nobody iterates or calls ``read``, stdout is not read and fills up.
    ``state``, the counts and ``into`` always stand where the last event given out stands.
    After the end: ``exit_code``, ``state`` (of the last whole checkpoint), ``error`` (the last log line, which is what
    a user would see of a failure), ``violations``, ``usage``, ``documents`` per binding, ``checkpoints``, ``peak`` (the
    most bytes that were resident up to the last checkpoint; 0 where the system does not tell).
    """

    def __init__(
        self,
        process: Process,
        capture: Capture,
        state: dict[str, Any],
        *,
        first: Sequence[str] = (),
        kill: Kill | None = None,
        into: Collections | None = None,
        on_event: Callable[[Event], object] | None = None,
        secrets: Iterable[str] = (),
        strict: bool = True,
        keep_output: bool = False,
        silence: float = 60.0,
    ) -> None:
        self.capture = capture
        self.violations: list[Violation] = []
        self.logs: deque[Log] = deque(maxlen=_LOGS_KEPT)
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.bytes_read = self.peak = 0
        self.ended = self.killed = self._gone = False
        self.seconds = 0.0
        self._process = process
        self._rules = SessionRules(capture, state, self._broken, first)
        self._kill = kill or Kill()
        self._into = into
        self._on_event = on_event
        self._secrets = SecretWatch(secrets)
        self._strict = strict
        self._keep_output = keep_output
        self._silence = silence
        self._rest = bytearray()
        self._log_reader = LogReader()
        self._by_line = self._kill.at_line is not None or self._kill.at_checkpoint is not None
        self._stopping = 0.0
        self._quiet_since = 0.0  # since when nothing has come of a process that has ended
        self._after_end = 0  # bytes that have come of it
        self._arrived: deque[bytes | Log | Exited] = deque()  # a line is read when its turn comes
        if into is not None:
            into.begin(capture)

    # what is known

    @property
    def state(self) -> dict[str, Any]:
        """The state of the last whole checkpoint: give it to the next session."""
        return self._rules.state

    @property
    def checkpoints(self) -> int:
        """How many checkpoints came."""
        return self._rules.checkpoints

    @property
    def documents(self) -> dict[str, int]:
        """How many documents came, committed or not, by stream name."""
        return dict(zip(self.capture.names(), self._rules.documents, strict=True))

    @property
    def lines(self) -> int:
        """How many whole lines came on stdout."""
        return self._rules.lines

    @property
    def acknowledgements(self) -> bool:
        """Whether the connector asked for its checkpoints to be acknowledged."""
        return self._rules.acknowledgements

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; nothing while the process runs."""
        return self._process.exit_code

    @property
    def usage(self) -> Usage | None:
        """CPU seconds and peak memory of the ended process."""
        return self._process.usage

    @property
    def pid(self) -> int:
        """The process id of the connector."""
        return self._process.pid

    @property
    def error(self) -> str:
        """What a user would see of a failure: the last log's message; empty where nothing was logged."""
        return self.logs[-1].message if self.logs else ""

    def resident(self) -> int:
        """Bytes of memory the process has now; 0 where the system does not tell."""
        return self._process.resident()

    # what happens

    def __iter__(self) -> Iterator[Event]:
        """The events in order, the last of them ``Exited``. Raises SilentError, and ViolationError if strict."""
        heard = time.monotonic()
        while True:
            while self._arrived:
                event = self._next()
                if event is not None:
                    yield event
                heard = time.monotonic()
            if self.ended:
                return
            before = self.bytes_read
            self._fill(0.25)
            if self._arrived or before != self.bytes_read:
                heard = time.monotonic()
            elif time.monotonic() - heard > self._silence:
                raise SilentError(f"Nothing came for {self._silence:g} s; last log: {self.error!r}")

    def read(self, timeout: float = 0.25) -> list[Event]:
        """The events that came within ``timeout`` seconds, as soon as there are any; empty when there were none."""
        deadline = time.monotonic() + timeout
        found: list[Event] = []
        while not found and not self.ended and (left := deadline - time.monotonic()) >= 0:
            if not self._arrived:
                self._fill(left)
            while self._arrived:
                event = self._next()
                if event is not None:
                    found.append(event)
        return found

    def run(self, until: Callable[[Session], bool] | None = None, timeout: float = 120.0) -> Self:
        """Read to the end, or until the condition holds (asked after every event).

        Raises SilentError when that takes longer than ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        for _ in self:
            if until is not None and until(self):
                return self
            if time.monotonic() > deadline:
                raise SilentError(f"The session went on for {timeout:g} s; last log: {self.error!r}")
        return self

    def pause(self, seconds: float) -> None:
        """Do not read stdout for that long, while stderr and stdin go on: a blocked pipe is back-pressure."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not (
            self._process.stderr_ended and self._process.poll() is not None
        ):
            _, err = self._process.pump(min(left, 0.05), read_stdout=False)
            self._take_stderr(err)

    # what can be done

    def acknowledge(self, checkpoints: int = 1) -> None:
        """Tell the connector that this many more checkpoints are committed."""
        self.send({"acknowledge": {"checkpoints": checkpoints}})

    def send(self, request: dict[str, Any]) -> None:
        """Write any line to stdin, also one that makes no sense."""
        self._process.send(orjson.dumps(request) + b"\n")

    def close_stdin(self) -> None:
        """Close stdin, which after ``open`` means nothing."""
        self._process.close_stdin()

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send a signal to the process. After SIGKILL nothing more is read; after others everything until the end."""
        self._stopping = self._stopping or time.monotonic()
        if number == signal.SIGKILL:
            self.killed = True
            self._rest.clear()
            self._arrived = deque(each for each in self._arrived if not isinstance(each, bytes))
        self._process.signal(number)

    def stop(self, within: float = 10.0, *, reading: bool = True) -> float:
        """End it with SIGTERM and return the seconds that took; ``reading=False`` leaves stdout blocked meanwhile.

        A process that has not ended in time breaks the rule ``stop-slow`` and is killed.
        """
        self.signal(signal.SIGTERM)
        began = time.monotonic()
        while not self.ended and time.monotonic() - began < within:
            if reading:
                self._turn()
            else:
                _, err = self._process.pump(0.02, read_stdout=False)
                self._take_stderr(err)
                reading = self._process.poll() is not None
        took = time.monotonic() - began
        if not self.ended:
            self.signal(signal.SIGKILL)
            self._drain()
            self._broken(Violation("stop-slow", f"The process had not ended {within:g} s after SIGTERM."))
        return took

    def close(self) -> None:
        """Kill the process if it still runs, and let go of it. Called by ``with``."""
        if not self.ended:
            self.signal(signal.SIGKILL)
            self._strict = False
            self._drain()
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # how

    def _drain(self) -> None:
        while not self.ended:
            self._turn()

    def _turn(self) -> None:
        if self._arrived:
            self._next()
        else:
            self._fill(0.05)

    def _next(self) -> Event | None:
        """The next event of what arrived; nothing where a line is no event."""
        item = self._arrived.popleft()
        event = self._rules.line(item) if isinstance(item, bytes) else item
        if event is not None:
            self._hand_out(event)
        if self._by_line and self._kill_is_due():
            self.signal(self._kill.signal)
        if type(event) is Exited:
            self.ended = True
            self._rules.finish(self.exit_code, bytes(self._rest), bool(self._stopping))
        return event

    def _hand_out(self, event: Event) -> None:
        if type(event) is Log:
            self.logs.append(event)
        elif self._into is not None:
            self._into.feed(event)
        if type(event) is Checkpoint:
            self.peak = max(self.peak, self._process.peak())
        if self._on_event is not None:
            self._on_event(event)

    def _fill(self, timeout: float) -> None:
        """One turn of the pipes; called when all that arrived before was given out."""
        timeout = min(timeout, self._until_kill())
        at_byte = self._kill.at_byte
        at_most = 1 << 16 if at_byte is None or self._stopping else max(1, min(1 << 16, at_byte - self.bytes_read))
        if self._kill_is_due():
            self.signal(self._kill.signal)
        out, err = self._process.pump(min(timeout, 0.25), at_most=at_most)
        if self._quiet_since and (out or err):  # an ended process leaves a pipe full of lines, which take their time
            self._after_end += len(out) + len(err)
            self._quiet_since = time.monotonic()
        self._take_stderr(err)
        if out and not self.killed:
            self._take_stdout(out)
        self._maybe_end()

    def _until_kill(self) -> float:
        if self._kill.at_second is None or self._stopping:
            return 0.25
        return max(0.0, self._process.began + self._kill.at_second - time.monotonic())

    def _kill_is_due(self) -> bool:
        kill = self._kill
        return not self._stopping and (
            (kill.at_byte is not None and self.bytes_read >= kill.at_byte)
            or (kill.at_line is not None and self.lines >= kill.at_line)
            or (kill.at_checkpoint is not None and self.checkpoints >= kill.at_checkpoint)
            or (kill.at_second is not None and time.monotonic() - self._process.began >= kill.at_second)
        )

    def _take_stdout(self, chunk: bytes) -> None:
        self.bytes_read += len(chunk)
        if self._keep_output:
            self.stdout += chunk
        self._watch("stdout", chunk)
        if b"\n" not in chunk:
            self._rest += chunk
            return
        lines = (bytes(self._rest) + chunk).split(b"\n")
        self._rest[:] = lines.pop()
        self._arrived += lines

    def _take_stderr(self, chunk: bytes) -> None:
        if chunk:
            if self._keep_output:
                self.stderr += chunk
            self._watch("stderr", chunk)
            self._arrived += self._log_reader.feed(chunk)

    def _watch(self, pipe: str, chunk: bytes) -> None:
        secret = self._secrets.feed(pipe, chunk)
        if secret:
            self._broken(Violation("secret", f"A secret of the config ({len(secret)} characters) is on {pipe}."))

    def _broken(self, violation: Violation) -> None:
        self.violations.append(violation)
        if self._strict:
            raise ViolationError(violation, self.error)

    def _maybe_end(self) -> None:
        if self._gone or self._process.poll() is None:
            return
        self._quiet_since = self._quiet_since or time.monotonic()
        open_pipes = not (self._process.stdout_ended and self._process.stderr_ended)
        if open_pipes and time.monotonic() - self._quiet_since < _LINGER and self._after_end <= _PIPES:
            return
        self._gone = True
        self.seconds = time.monotonic() - self._process.began
        self._arrived += [*self._log_reader.end(), Exited(self._process.exit_code or 0)]
        self._process.close()
        if open_pipes and not self.killed:
            self._broken(Violation("pipe-held", "The process ended but something it started holds its pipes open."))
