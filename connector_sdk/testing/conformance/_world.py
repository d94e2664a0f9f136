"""A source on its own clock, and one capture of it, session by session."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.conformance._check import Failed, NotExercised
from connector_sdk.testing.conformance._compare import against_capture, against_truth
from connector_sdk.testing.conformance._subject import Subject
from connector_sdk.testing.fake import Part
from connector_sdk.testing.flow import (
    Call,
    Capture,
    Captured,
    Collections,
    Event,
    KeyRange,
    Kill,
    Log,
    Player,
    Session,
    ViolationError,
    secrets_of,
)

__all__ = ["Source", "World"]

_BEGIN = "2026-03-02T10:00:00Z"
_FASTER = 60
_HOUR = 3_600_000_000
_LINES = 60  # of the conversation, kept for the report
_SMALL = {"limits": False}


class Source:
    """What was found out about a connector and its sandbox once: its spec, and its streams by the sandbox's options."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._spec: dict[str, Any] | None = None
        self._found: dict[str, list[dict[str, Any]]] = {}

    @property
    def spec(self) -> dict[str, Any]:
        """The connector's spec."""
        if self._spec is None:
            self._spec = self.subject.player().spec()
        return self._spec

    def discovered(self, player: Player, config: dict[str, Any], options: dict[str, Any]) -> list[dict[str, Any]]:
        """What discovery finds in a sandbox made with these options."""
        name = repr(sorted(options.items()))
        if name not in self._found:
            self._found[name] = player.discover(config)
        return self._found[name]


class World:
    """A part of a source in a sandbox of its own, and a capture of it whose sessions follow each other.

    ``rows`` are its collections, ``state`` what its next session resumes from. Every session is checked line by line,
    with its output searched for the config's secrets, and ends well unless it is killed, or told not to.
    """

    def __init__(
        self, source: Source, part: Part, seen: list[dict[str, Any]], seed: int, options: dict[str, Any]
    ) -> None:
        self.source = source
        self.subject = source.subject
        self.part = part
        self.clock = SystemClock(parse_instant(_BEGIN), _FASTER)
        self.draw = random.Random(seed)
        self.rows = Collections(keep=_kept)
        self.state: dict[str, Any] | None = None
        self.conversation: deque[str] = deque(maxlen=_LINES)
        self._seen = seen
        self._options = {**_SMALL, "seed": seed, **part.options, **options}

    def __enter__(self) -> Self:
        self.sandbox = self.subject.sandbox({"clock": self.clock, **self._options}).start()
        self.api = self.sandbox.api
        self.config = self.sandbox.config()
        options = {name: value for name, value in self._options.items() if name != "seed"}
        found = self.source.discovered(self.player(), self.config, options)
        pointers = self.source.spec["resourcePathPointers"]
        self.capture = Capture.discovered(found, self.config, streams=self.part.streams or None, pointers=pointers)
        self.secrets = secrets_of(self.source.spec["configSchema"], self.config)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and isinstance(error, AssertionError):
            self._seen.append({"conversation": list(self.conversation), "requests": self._requests()})
        self.sandbox.stop()
        if error is None and self.api.errors:
            raise RuntimeError(f"the sandbox itself failed: {self.api.errors[0]}")

    # ---- the source

    def change(self, most: int = 5) -> list[str]:
        """Change some records at random; tells which. Raises NotExercised where the sandbox has no ``tick()``."""
        tick = getattr(self.sandbox, "tick", None)
        if tick is None:
            raise NotExercised("the sandbox has no tick(): nothing can change in it")
        more = {"only": list(self.part.changes)} if self.part.changes else {}
        told: list[str] = tick(self.draw.randint(1, most), **more)
        return told

    def forward(self, hours: float) -> None:
        """Put the source's and the next session's clock forward."""
        self.clock.forward(int(hours * _HOUR))

    def settle(self) -> None:
        """Whatever becomes visible late is visible now."""
        settle = getattr(self.sandbox, "settle", None)
        if settle is not None:
            settle()

    def truth(self, stream: str) -> dict[Any, Any] | None:
        """What the stream should hold; None where the sandbox does not know."""
        try:
            found: dict[Any, Any] = self.sandbox.truth(stream)
        except (KeyError, NotImplementedError):
            return None
        return found

    # ---- the connector

    def player(self, **env: str) -> Player:
        """The runtime's side, on the source's clock."""
        return self.subject.player(**{"CONNECTOR_CLOCK": self.clock.spec(), **env})

    def call(self, *requests: dict[str, Any] | bytes, **env: str) -> Call:
        """What one process makes of these requests, with its output searched for secrets."""
        call = self.player(**env).call(*requests)
        self.conversation.extend(call.stderr.decode("utf-8", "replace").splitlines()[-5:])
        self.search(call.stdout + call.stderr, f"the output of {', '.join(call.kinds) or 'a request'}")
        return call

    def search(self, output: bytes, where: str) -> None:
        """Raises Failed where a secret of the config is in this output."""
        from connector_sdk.testing.flow import SecretWatch

        if SecretWatch(self.secrets).feed("", output):
            raise Failed(f"a secret of the config stands in {where}")

    def open(
        self, capture: Capture | None = None, state: Any = ..., *, player: Player | None = None, **how: Any
    ) -> Session:
        """A session, event by event, that resumes where the last one ended."""
        given = self.state if state is ... else state
        into = how.pop("into", self.rows)
        return (player or self.player()).open(
            capture or self.capture, given, into=into, on_event=self._heard, secrets=self.secrets, **how
        )

    def run(
        self, *, hours: float = 0, capture: Capture | None = None, state: Any = ..., ends_well: bool = True,
        timeout: float = 120, player: Player | None = None, **how: Any,
    ) -> Session:  # fmt: skip
        """One whole session, so many hours later. Its state is what the next one resumes from."""
        self.forward(hours)
        before = len(self.api.requests)
        try:
            with self.open(capture, state, player=player, **how) as session:
                session.run(timeout=timeout)
        except ViolationError as error:
            self.conversation.append(error.violation.line)
            raise
        self._seen.append(
            {
                "documents": sum(session.documents.values()), "checkpoints": session.checkpoints,
                "requests": len(self.api.requests) - before, "killed": session.killed, "exit": session.exit_code,
                "seconds": round(session.seconds, 2),
                "memory": session.peak >> 20,
            }
        )  # fmt: skip
        if ends_well and not session.killed and session.exit_code != 0:
            raise Failed(f"a session ended with exit code {session.exit_code}: {session.error}")
        self.state = session.state
        return session

    def catch_up(self) -> None:
        """The source is quiet from now on: let everything become due, twice, and be read."""
        self.settle()
        for _ in range(2):
            self.run(hours=self.subject.settling)

    def killed(self, kills: int, draw_kill: Any, hours: Sequence[float] = (0.1, 0.5, 2)) -> int:
        """Kill session after session while the source changes, where it can. How many were killed: a session may end
        before its kill is due."""
        done = 0
        for _ in range(3 * kills):
            try:
                self.change()
            except NotExercised:
                if done:
                    break  # a quiet source has nothing left to be killed in
            kill: Kill = draw_kill(self.draw)
            done += bool(self.run(hours=self.draw.choice(hours), kill=kill).killed)
            if done == kills:
                break
        return done

    # ---- what should be there

    def fresh(self, capture: Capture | None = None, range: KeyRange | None = None) -> Collections:
        """What a capture from the start, at once and not disturbed, holds now."""
        rows = Collections(keep=_kept)
        state = self.state
        self.run(capture=capture, state=None, into=rows, range=range)
        self.state = state
        return rows

    def check_equal(self) -> int:
        """Compare every collection with the sandbox's truth, or, where it tells none, with a fresh capture. How many
        records there are. Raises Failed with all differences, and for a source without a record: nothing was proved."""
        known = {stream: self.truth(stream) for stream in self.capture.names()}
        fresh: Collections | None = None
        if any(truth is None for truth in known.values()):
            fresh = self.fresh()
        wrong, count = [], 0
        for stream, truth in known.items():
            found, deletes = self.rows[stream].committed, self.subject.deletes(stream)
            count += len(found)
            if truth is not None:
                wrong.append(against_truth(stream, found, truth, deletes=deletes))
            elif fresh is not None:
                leave_out = [each.rpartition("/")[2] for each in self.subject.volatile(stream)]
                wrong.append(
                    against_capture(stream, found, fresh[stream].committed, deletes=deletes, leave_out=leave_out)
                )
        if told := [each for each in wrong if each]:
            raise Failed("; ".join(told))
        if not count:
            raise Failed("no record was seen at all: nothing was proved")
        return count

    # ---- for the report

    def _heard(self, event: Event) -> None:
        if isinstance(event, Captured):
            self.conversation.append(event.line[:300].decode("utf-8", "replace"))
        elif isinstance(event, Log):
            self.conversation.append(f"log: {event.message[:300]}")
        else:
            self.conversation.append(repr(event)[:400])

    def _requests(self) -> list[str]:
        return [
            f"{each.at} {each.method} {each.path} {each.query or ''} -> {each.fault or each.status}"
            for each in self.api.requests[-_LINES:]
        ]


def _kept(doc: dict[str, Any]) -> Any:
    return doc
