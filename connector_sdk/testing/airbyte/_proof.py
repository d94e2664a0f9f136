"""The differential proof: one sandbox, read through Flow and through Airbyte, with crashes in both, is the same.

Neither side is told what is right; each is read on its own while the source changes, killed at random bytes and resumed
from the last state it wrote. Once the source is quiet, records, keys and deletions have to be equal.
"""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.http import decode, encode, without
from connector_sdk.testing.airbyte._collection import Collections
from connector_sdk.testing.airbyte._player import Player
from connector_sdk.testing.fake import Sandbox, load_sandbox
from connector_sdk.testing.flow import Collections as FlowCollections
from connector_sdk.testing.flow import Key, Kill
from connector_sdk.testing.flow import Player as FlowPlayer

__all__ = ["Proof", "StreamProof", "prove_equal"]

_BEGINS = "2026-03-02T10:00:00Z"
_FASTER = 60.0
_BYTES = (2_000, 20_000, 200_000)
_TRIES = 4
_SHOWN = 5


@dataclass
class StreamProof:
    """One stream in the end: its records, equal in both; how many deletions each side was told on the way."""

    records: int
    flow_deletes: int
    airbyte_deletes: int


@dataclass
class Proof:
    """What was found. ``kills``: of Flow and of Airbyte; ``changes``: what the sandbox said that it changed."""

    streams: dict[str, StreamProof] = field(default_factory=dict)
    kills: tuple[int, int] = (0, 0)
    changes: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same; two that hold nothing prove nothing."""
        return not self.differences and any(each.records for each in self.streams.values())


def prove_equal(
    connector: Path | str,
    *,
    streams: Iterable[str] | None = None,
    seed: int = 0,
    rounds: int = 2,
    kills: int = 3,
    options: Mapping[str, Any] | None = None,
    change: Callable[[Any], Sequence[str] | None] | None = None,
    settling: float = 26.0,
    argv: Sequence[str] = (),
    files: Path | None = None,
    volatile: Callable[[str], Sequence[str]] = lambda stream: (),
) -> Proof:
    """Read the connector's sandbox through both protocols, with so many kills of each in each of ``rounds``; what
    changes after the first is told to collections that hold all there was, so that deletions show.

    ``connector``: its folder, or its module beside ``sandbox.py``. ``options``: for its ``sandbox``. ``change``
    changes the source between two reads, and may tell what it did; without it the sandbox's own ``tick()`` does,
    where it has one. ``settling``: hours before each of the last two reads; whatever is read at longer intervals,
    such as a sweep, needs more than a day. ``argv`` starts what is proved where that is not the module, but an image;
    ``files`` is then the folder that its containers see (as for ``Player``). ``volatile``: pointers to what makes no
    new version of a stream's record, so that either side may hold an older one. Raises FileNotFoundError where there
    is no sandbox, ViolationError where a line breaks a protocol.
    """
    folder, module = _located(connector)
    clock = SystemClock(parse_instant(_BEGINS), _FASTER)
    with load_sandbox(folder)(clock=clock, **(options or {})) as source:
        started = _Started(folder, tuple(argv) or (sys.executable, "-m", module), files)
        sides = _Flow(source, clock, started, streams), _Airbyte(source, clock, started, streams)
        draw, proof = random.Random(seed), Proof()
        for number in range(rounds):
            for side in sides:
                side.crash(draw, kills)
                proof.changes += (change or _tick)(source) or ()
            if not number:
                for side in sides:
                    side.read()
                proof.changes += (change or _tick)(source) or ()
        if callable(settle := getattr(source, "settle", None)):
            settle()
        for side in sides:
            side.read()
        for _ in range(2):
            clock._start += int(settling * 3_600_000_000)
            for side in sides:
                side.read()
        proof.kills = sides[0].killed, sides[1].killed
        _compare(*sides, proof, volatile)
    return proof


def _tick(source: Any) -> Sequence[str] | None:
    tick = getattr(source, "tick", None)
    told: Sequence[str] | None = tick(4) if callable(tick) else None
    return told


@dataclass(frozen=True)
class _Started:
    """How the connector is started, for both sides."""

    folder: Path
    argv: tuple[str, ...]
    files: Path | None

    def env(self, clock: SystemClock, **more: str) -> dict[str, str]:
        path = os.pathsep.join(filter(None, [str(self.folder), os.environ.get("PYTHONPATH", "")]))
        return {"PYTHONPATH": path, "CONNECTOR_CLOCK": clock.spec(), "CONNECTOR_WARM": "1", **more}


class _Side(ABC):
    """One protocol: what its collections hold, and what it goes on from."""

    name = ""

    def __init__(self, source: Sandbox, clock: SystemClock, started: _Started, streams: Iterable[str] | None) -> None:
        self.source, self.clock, self.started = source, clock, started
        self.streams = None if streams is None else list(streams)
        self.killed = 0
        self.problems: list[str] = []

    def crash(self, draw: random.Random, kills: int) -> None:
        """Read, and be killed at a random byte, so many times; a read that ends before counts as a try."""
        done = 0
        for _ in range(kills * _TRIES):
            killed = self.read(Kill.byte(draw.randint(1, draw.choice(_BYTES))))
            done += killed
            self.killed += killed
            if done == kills:
                break

    @abstractmethod
    def read(self, kill: Kill | None = None) -> bool:
        """Read once, to the end or until it is killed. Whether it was."""

    def _over(self, session: Any) -> bool:
        if not session.killed and session.exit_code != 0:
            self.problems.append(f"{self.name} failed: {session.error}")
        return bool(session.killed)


class _Flow(_Side):
    name = "Flow"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.rows = FlowCollections()
        self.state: dict[str, Any] | None = None
        self.capture = self._player().prepare(self.source.config(), streams=self.streams)

    def _player(self) -> FlowPlayer:
        return FlowPlayer(self.started.argv, env=self.started.env(self.clock, CONNECTOR_RUN="once"))

    def read(self, kill: Kill | None = None) -> bool:
        session = self._player().run(self.capture, self.state, into=self.rows, kill=kill)
        self.state = session.state
        return self._over(session)

    def found(self, stream: str) -> dict[Key, Any]:
        """What the collection holds, without our marks."""
        return {key: _without_meta(doc) for key, doc in self.rows[stream].committed.items()}


class _Airbyte(_Side):
    name = "Airbyte"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.rows = Collections()
        self.states: list[dict[str, Any]] = []
        self.config = self.source.config()
        chosen = self.streams or [each["recommendedName"] for each in self._offered() if not each.get("disable")]
        self.configured = self._player().discover(self.config).configured(chosen)

    def _offered(self) -> list[dict[str, Any]]:
        return FlowPlayer(self.started.argv, env=self.started.env(self.clock)).discover(self.config)

    def _player(self) -> Player:
        env = self.started.env(self.clock, CONNECTOR_STATE_EVERY="0")
        return Player(self.started.argv, env=env, files=self.started.files)

    def read(self, kill: Kill | None = None) -> bool:
        player = self._player()
        session = player.run(self.config, self.configured, self.states, into=self.rows, kill=kill)
        self.states, self.config = session.states, session.config or self.config
        return self._over(session)


def _compare(flow: _Flow, airbyte: _Airbyte, proof: Proof, volatile: Callable[[str], Sequence[str]]) -> None:
    proof.differences += [*flow.problems, *airbyte.problems]
    for each in airbyte.configured:
        name, kept = each.name, airbyte.rows[each.name]
        left, right = flow.found(name), dict(kept.committed)
        proof.streams[name] = StreamProof(len(right), flow.rows[name].deletes, kept.deletes)
        if not each.key:  # rows without a key have a number in Flow, and an order in Airbyte
            left = {(at,): row for at, (_, row) in enumerate(sorted(left.items()))}
            right = {(at,): row for at, row in enumerate(right.values())}
        only_flow, only_airbyte = left.keys() - right.keys(), right.keys() - left.keys()
        other = [
            key for key in left.keys() & right.keys()
            if left[key] != right[key] and _settled(left[key], volatile(name)) != _settled(right[key], volatile(name))
        ]  # fmt: skip
        for keys, what in ((only_flow, "only in Flow"), (only_airbyte, "only in Airbyte"), (other, "not the same")):
            if keys:
                some = ", ".join(map(str, sorted(keys, key=str)[:_SHOWN]))
                proof.differences.append(f"{name}: {len(keys)} records are {what}: {some}")


def _settled(doc: Any, volatile: Sequence[str]) -> Any:
    """A document without its volatile places."""
    return decode(without(encode(doc), volatile)) if volatile else doc


def _without_meta(doc: Mapping[str, Any]) -> dict[str, Any]:
    meta = {name: value for name, value in doc.get("_meta", {}).items() if name not in ("op", "row_id", "uuid")}
    return {**{name: value for name, value in doc.items() if name != "_meta"}, **({"_meta": meta} if meta else {})}


def _located(connector: Path | str) -> tuple[Path, str]:
    """The folder that holds a connector's sandbox, and the module that is run."""
    folder = Path(connector)
    if folder.is_dir():
        folder = folder.resolve()
        packages = sorted(each.parent.name for each in folder.glob("source_*/__main__.py"))
        if len(packages) != 1:
            raise FileNotFoundError(f"{folder} holds {len(packages)} packages source_*/__main__.py; it takes one")
        return folder, packages[0]
    spec = importlib.util.find_spec(str(connector))
    if spec is None or not spec.origin:
        raise FileNotFoundError(f"there is no connector {str(connector)!r}: neither a folder nor a module")
    return Path(spec.origin).resolve().parents[1], str(connector)
