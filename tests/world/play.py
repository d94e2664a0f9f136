"""Playing a story: the world and the engine on one virtual clock, and what is checked at the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson

from .adapter import Engine
from .client import WorldClient
from .loop import EPOCH, Stuck, VirtualLoop, WorldClock, run
from .runtime import Committed, Sent, WorldOutbox, merged
from .source import Source
from .story import Block, Crash, Edit, Event, Fail, Hold, Remove, SetClock, Story, TokensDie, Wait

__all__ = ["Outcome", "Violation", "play"]

MOST_REQUESTS = 6_000
_PATIENCE = 20 * 86_400


class Violation(AssertionError):
    """What the engine promised and did not keep. ``what``: in a few words, the same for all stories of that sort."""

    def __init__(self, what: str, more: str = "") -> None:
        super().__init__(f"{what}: {more}" if more else what)
        self.what = what


@dataclass
class Outcome:
    """How a story went."""

    violation: Violation | None = None
    requests: int = 0
    documents: int = 0
    spins: int = 0
    told: list[str] = field(default_factory=list)


class _World:
    def __init__(self, story: Story, loop: VirtualLoop, told: list[str] | None, sessions: int) -> None:
        self.sessions = sessions
        self.story = story
        self.loop = loop
        self.told = told
        self.source = Source(story.declared, lambda: EPOCH + loop.seconds)
        self.stream = story.declared.stream()
        self.committed = Committed()
        self.client = WorldClient(self.source, self.tell, MOST_REQUESTS)
        self.clock = WorldClock(loop)
        self.longest_hold = 0
        self.found: Violation | None = None
        self.engine: Engine | None = None
        self.outbox: WorldOutbox | None = None

    def tell(self, what: str) -> None:
        if self.told is not None:
            self.told.append(f"{self.loop.seconds:>9.0f}  {what}")

    # ---- the process -----------------------------------------------------------------------------------------------

    def start(self, *, once: bool = False) -> Engine:
        blocked = self.outbox.blocked_until if self.outbox else 0.0
        self.outbox = WorldOutbox(self.committed, self.loop)
        self.outbox.blocked_until = blocked
        self.tell("start" + (" once" if once else ""))
        self.engine = Engine(self.story.declared, self.stream, self.committed.state, self.client, self.clock,
                             self.outbox, self.sent, once=once)  # fmt: skip
        return self.engine

    def sent(self, sent: Sent) -> None:
        if self.told is not None:
            documents = b" ".join(body if op == "u" else b"delete " + body for op, body, _ in sent.documents)
            self.tell(f"wrote {documents.decode() or 'nothing'}; {sent.patch.decode()}")
        for op, body, _ in sent.documents:
            if op == "d" and body != b"{}":
                self.deleted(orjson.loads(body)["id"])

    def deleted(self, key: str) -> None:
        back = 1 if self.story.declared.paging != "shifting" else 3
        there, removals = self.client.passes[-min(back, len(self.client.passes))]
        if not self.source.gone_since(key, there, removals):
            self.found = self.found or Violation("a living row was deleted", key)

    def check_engine(self) -> None:
        """It is alive, and its state is what its patches make of the one it began with."""
        engine = self.engine
        assert engine is not None
        if self.found is not None:
            raise self.found
        if engine.task.done() and (error := engine.error):
            raise Violation("the session died", f"{type(error).__name__}: {error}")
        expected = merged(self.committed.expected(), engine.lazy)
        # while a transaction waits for room the engine may be ahead of it: a crash takes both
        if expected != engine.data and not engine.outbox.full:
            raise Violation("the patches do not make the state", f"{expected} is not {engine.data}")

    async def stop(self, keep: int | None, down: int) -> None:
        self.check_engine()
        assert self.engine is not None
        await self.engine.kill()
        self.committed.crash(self.loop.seconds, len(self.committed.sent) if keep is None else keep)
        self.client.holds.clear()
        self.tell(f"killed; committed: {self.committed.state}")
        await asyncio.sleep(down)

    async def once(self) -> int:
        """Run until caught up; how many documents that wrote."""
        before, requests = self.committed.documents, self.client.requests
        engine = self.start(once=True)
        done, _ = await asyncio.wait([engine.task], timeout=_PATIENCE)
        if not done or isinstance(engine.error, Stuck):
            raise Violation("it never catches up", f"{self.client.requests - requests} requests")
        if engine.error is not None:
            self.check_engine()
            raise Violation("it cannot catch up", f"{type(engine.error).__name__}: {engine.error}")
        await self.stop(None, 0)
        return self.committed.documents - before

    # ---- the story -------------------------------------------------------------------------------------------------

    async def play(self) -> None:
        for row in self.story.past:
            self.source.edit(row.key, row.c, ago=row.ago)
        self.start()
        for event in self.story.events:
            await self.happen(event)
        await self.end()

    async def happen(self, event: Event) -> None:
        if not isinstance(event, Wait):
            self.tell(str(event))
        match event:
            case Edit(key, c, late):
                self.source.edit(key, c, late=late)
            case Remove(key):
                self.source.remove(key)
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Hold(seconds):
                self.client.holds.append(seconds)
                self.longest_hold = max(self.longest_hold, seconds)
            case Fail(count):
                self.client.failing = count
            case TokensDie():
                self.source.dead_before = self.source.now()
            case Block(seconds):
                assert self.outbox is not None
                self.outbox.blocked_until = self.loop.seconds + seconds
            case SetClock(ahead):
                self.clock.skew = ahead
            case Crash(keep, down):
                await self.stop(keep, down)
                self.start()

    async def end(self) -> None:
        """The source is quiet from now on: everything has to be found, once."""
        declared = self.story.declared
        self.client.failing = 0
        self.client.holds.clear()
        pauses = sum(max(3600, window // 7) + window for window in declared.reread)
        quiet = declared.lag + pauses + 2 * declared.every + 3700 - min(0, self.clock.skew)
        quiet += int(max(0, self.source.last_seen() - self.source.now()))
        if self.story.lives_on:
            assert self.outbox is not None
            blocked = int(max(0, self.outbox.blocked_until - self.loop.seconds))
            await asyncio.sleep(quiet + 2 * self.longest_hold + blocked)
            await self.stop(None, 0)
        else:
            await self.stop(None, quiet)
            if self.outbox is not None:
                self.outbox.blocked_until = 0
            for _ in range(self.sessions):
                await self.once()
        self.check_collection()
        await asyncio.sleep(declared.every + 1)
        again = await self.once()
        if again:
            raise Violation("a quiet source is told again", f"{again} documents")
        self.check_state()

    # ---- what is checked -------------------------------------------------------------------------------------------

    def check_collection(self) -> None:
        truth = {key: version.body for key, version in self.source.visible(self.source.now()).items()}
        found: dict[Any, bytes] = dict(self.committed.collection)
        if self.story.declared.kind == "numbered":
            if sorted(found) != list(range(len(found))) or sorted(found.values()) != sorted(truth.values()):
                raise Violation("the collection is not the listing", f"{found} is not {truth}")
            return
        for key, body in truth.items():
            if key not in found:
                raise Violation("a row was never found", key)
            if found[key] != body:
                raise Violation("an old version stayed", f"{found[key]!r} in place of {body!r}")
        if self.story.declared.kind == "snapshot" and (ghosts := found.keys() - truth.keys()):
            raise Violation("a deleted row stayed", f"{ghosts}")

    def check_state(self) -> None:
        size = len(orjson.dumps(self.committed.state))
        most = 500 + 80 * len(self.source.rows) + 4_000 * len(self.story.declared.reread)
        if size > most:
            raise Violation("the state is too large", f"{size} bytes: {self.committed.state}")


def play(story: Story, *, aloud: bool = False, sessions: int = 2) -> Outcome:
    """Play a story. ``aloud``: tell everything that happens. ``sessions``: how many, each run once, it takes at the end
    until all has to be found (one would be enough but for the story "caught up before it is")."""
    outcome = Outcome()
    loop = VirtualLoop()
    world = _World(story, loop, outcome.told if aloud else None, sessions)
    try:
        run(loop, world.play())
    except Violation as violation:
        outcome.violation = violation
    except Stuck as stuck:
        outcome.violation = Violation("everything stands still", str(stuck))
    outcome.requests = world.client.requests
    outcome.documents = world.committed.documents
    outcome.spins = world.clock.spins
    return outcome
