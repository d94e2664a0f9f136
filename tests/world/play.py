"""Playing a story: the world and the engine on one virtual clock, and what is checked at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from .adapter import WHOLE, Engine
from .checks import Violation, check_collection, check_deleted, check_state
from .loop import EPOCH, Stuck, VirtualLoop, WorldClock, run
from .runtime import Collection, Committed, Sent, WorldOutbox, merged
from .server import Server
from .source import Source
from .story import (
    Blank,
    Block,
    Break,
    Close,
    Crash,
    Dying,
    Edit,
    Event,
    Fail,
    Hide,
    Hold,
    Lose,
    Merge,
    Open,
    Remove,
    SetClock,
    Split,
    Story,
    TokensDie,
    Wait,
)
from .wire import TooManyRequests, WorldWire

__all__ = ["Outcome", "Violation", "play"]

MOST_REQUESTS = 6_000
_PATIENCE = 20 * 86_400
_HALF = 0x80000000


@dataclass
class Outcome:
    """How a story went."""

    violation: Violation | None = None
    requests: int = 0
    documents: int = 0
    spins: int = 0
    told: list[str] = field(default_factory=list)


@dataclass
class _Shard:
    """A process of the capture, and what the runtime has of it."""

    committed: Committed
    owned: tuple[int, int] = WHOLE
    outbox: WorldOutbox | None = None
    engine: Engine | None = None


class _World:
    def __init__(self, story: Story, loop: VirtualLoop, told: list[str] | None, sessions: int, trusting: bool) -> None:
        self.trusting = trusting
        self.sessions = sessions
        self.story = story
        self.declared = story.declared
        self.loop = loop
        self.told = told
        self.source = Source(story.declared, lambda: EPOCH + loop.seconds)
        self.streams = story.declared.streams()
        self.collection: Collection = {}
        self.shards = [_Shard(Committed(self.collection))]
        tell: Callable[[str], None] | None = None if told is None else self.tell
        self.wire = WorldWire(Server(self.source), tell, MOST_REQUESTS)
        self.clock = WorldClock(loop)
        self.blocked_until = 0.0
        self.longest_hold = 0
        self.found: Violation | None = None

    def tell(self, what: str) -> None:
        if self.told is not None:
            self.told.append(f"{self.loop.seconds:>9.0f}  {what}")

    @property
    def documents(self) -> int:
        return sum(shard.committed.documents for shard in self.shards)

    # ---- the processes ---------------------------------------------------------------------------------------------

    def start(self, *, once: bool = False) -> None:
        for shard in self.shards:
            shard.outbox = WorldOutbox(shard.committed, self.loop)
            shard.outbox.blocked_until = self.blocked_until
            self.tell("start" + (" once" if once else ""))
            shard.engine = Engine(self.declared, self.streams, self.wire, self.clock, shard.outbox, self.sent,
                                  owned=shard.owned, once=once)  # fmt: skip

    def sent(self, sent: Sent) -> None:
        if self.told is not None:
            documents = b" ".join(body if op == "u" else b"delete " + body for op, body, _ in sent.documents)
            self.tell(f"wrote {documents.decode() or 'nothing'}; {sent.patch.decode()}")
        for op, body, _ in sent.documents:
            if op == "d" and body != b"{}" and not sent.stream:
                try:
                    check_deleted(self.declared, self.source, self.wire, orjson.loads(body)["id"], self.longest_hold)
                except Violation as violation:
                    self.found = self.found or violation

    def check_engines(self) -> None:
        """They are alive, and their states are what their patches make of the ones they began with."""
        if self.found is not None:
            raise self.found
        for shard in self.shards:
            engine = shard.engine
            assert engine is not None
            if engine.task.done() and (error := engine.error):
                raise Violation("the session died", f"{type(error).__name__}: {error}")
            for number in range(self.declared.captured):
                expected = merged(shard.committed.expected(number), engine.lazy(number))
                # while a transaction waits for room the engine may be ahead of it: a crash takes both
                if not self.trusting and expected != engine.data(number) and not engine.outbox.full:
                    raise Violation("the patches do not make the state", f"{expected} is not {engine.data(number)}")

    async def stop(self, keep: int | None, down: int) -> None:
        self.check_engines()
        for shard in self.shards:
            assert shard.engine is not None
            await shard.engine.kill()
            shard.committed.crash(self.loop.seconds, len(shard.committed.sent) if keep is None else keep)
            if self.told is not None:
                self.tell(f"killed; committed: {shard.committed.states}")
        self.wire.holds.clear()
        await asyncio.sleep(down)

    async def once(self) -> int:
        """Run until caught up; how many documents that wrote."""
        before, requests = self.documents, self.wire.requests
        self.start(once=True)
        engines = [shard.engine for shard in self.shards if shard.engine is not None]
        _, pending = await asyncio.wait([engine.task for engine in engines], timeout=_PATIENCE)
        if pending:
            raise Violation("it never catches up", f"{self.wire.requests - requests} requests")
        for engine in engines:
            if engine.error is not None:
                self.check_engines()
                raise Violation("it cannot catch up", f"{type(engine.error).__name__}: {engine.error}")
            if engine.under_way:
                raise Violation("it waits for what is over", ", ".join(engine.under_way))
        await self.stop(None, 0)
        return self.documents - before

    def split(self, copied: bool) -> None:
        """From now on two processes, each with half of the key range."""
        if len(self.shards) == 1:
            first = self.shards[0].committed
            states = orjson.loads(orjson.dumps({str(name): state for name, state in first.states.items()}))
            second = Committed(self.collection, {int(name): each for name, each in states.items()} if copied else {})
            self.shards = [_Shard(first, (0, _HALF - 1)), _Shard(second, (_HALF, WHOLE[1]))]

    def merge(self) -> None:
        """One process again, with the state of the first."""
        if len(self.shards) == 2:
            first, second = (shard.committed for shard in self.shards)
            first.documents += second.documents
            self.shards = [_Shard(first)]

    # ---- the story -------------------------------------------------------------------------------------------------

    async def play(self) -> None:
        for row in self.story.past:
            if self.declared.per:
                for number in range(self.declared.boxes):
                    self.source.open_box(f"b{number}")
            self.source.edit(row.key, row.c, ago=row.ago)
        self.start()
        for event in self.story.events:
            await self.happen(event)
        await self.end()

    async def happen(self, event: Event) -> None:
        if self.told is not None and not isinstance(event, Wait):
            self.tell(str(event))
        source, wire = self.source, self.wire
        match event:
            case Edit(key, c, late):
                source.edit(key, c, late=late)
            case Remove(key):
                source.remove(key)
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Hold(seconds):
                wire.holds.append(seconds)
                self.longest_hold = max(self.longest_hold, seconds)
            case Fail(count):
                wire.failing = count
            case Break(count):
                wire.broken = count
            case Blank(count):
                wire.server.blank = count
            case Dying(count):
                wire.server.dying = count
            case TokensDie():
                source.dead_before = source.now()
            case Block(seconds):
                self.blocked_until = self.loop.seconds + seconds
                for shard in self.shards:
                    assert shard.outbox is not None
                    shard.outbox.blocked_until = self.blocked_until
            case SetClock(ahead):
                self.clock.skew = ahead
            case Open(box):
                source.open_box(box)
            case Close(box):
                source.close_box(box)
            case Hide(box, seconds):
                source.hidden[box] = source.now() + seconds
            case Lose(count):
                source.losing = count
            case Crash(keep, down):
                await self.stop(keep, down)
                self.start()
            case Split(copied) | Merge(copied):
                await self.stop(None, 1)
                self.split(copied) if isinstance(event, Split) else self.merge()
                self.start()

    async def end(self) -> None:
        """The source is quiet from now on: everything has to be found, once."""
        wire, declared = self.wire, self.declared
        wire.failing = wire.broken = wire.server.blank = wire.server.dying = 0
        wire.holds.clear()
        quiet = self._quiet()
        if self.story.lives_on:
            blocked = int(max(0, self.blocked_until - self.loop.seconds))
            await asyncio.sleep(quiet + 2 * self.longest_hold + blocked)
            await self.stop(None, 0)
        else:
            await self.stop(None, quiet)
            self.blocked_until = 0
            between = self._between()
            for _ in range(self.sessions + bool(between)):
                await self.once()
                await asyncio.sleep(between)
        forgot = any(isinstance(event, Merge) or event == Split(False) for event in self.story.events)
        check_collection(declared, self.source, self.collection, forgot=forgot)
        await asyncio.sleep(declared.every + 1)
        if declared.shared:  # what two boxes showed at the same time may be told once more
            await self.once()
            await asyncio.sleep(declared.every + 1)
        again = await self.once()
        if again:
            raise Violation("a quiet source is told again", f"{again} documents")
        for shard in self.shards:
            check_state(declared, self.source, shard.committed.states)

    def _between(self) -> int:
        """Seconds between the last sessions, where one that is caught up is not enough to know everything."""
        declared = self.declared
        if declared.loses or declared.keys:  # what was found last is compared at the sweep after the next
            return declared.sweep + max(3600, *(window // 7 for window in declared.reread), 0) + 1
        if (declared.deletes == "missing" or declared.shifts) and declared.reread:
            # what was written of a step that a crash then ended, or slipped past the tail after an outage, lies beyond
            # the pass that is due at the start
            return max(max(3600, window // 7) for window in declared.reread) + 1
        return 0

    def _quiet(self) -> int:
        """Seconds after which everything is due to have been found."""
        declared, source = self.declared, self.source
        pauses = sum(max(3600, window // 7) + window for window in declared.reread) + 2 * declared.sweep
        quiet = declared.lag + pauses + 4 * declared.every + 3700 - min(0, self.clock.skew) + 3 * declared.trails
        if declared.shared:  # boxes are looked for, and each is read, and then the first of them once more
            quiet += 2 * declared.every
        if declared.per:
            quiet += 900 + int(max(0.0, *(until - source.now() for until in source.hidden.values()), 0.0))
        if declared.unit == "day" and (declared.until_today or declared.tick == "day"):
            quiet += 2 * 86_400
        return quiet + int(max(0, source.last_seen() - source.now()))


def play(story: Story, *, aloud: bool = False, sessions: int = 2, trusting: bool = False) -> Outcome:
    """Play a story.

    ``aloud``: tell everything that happens. ``sessions``: how many, each run once, it takes at the end until all has to
    be found (one would be enough but for the story "caught up before it is"). ``trusting``: the engine's state is not
    compared with its patches.
    """
    outcome = Outcome()
    loop = VirtualLoop()
    world = _World(story, loop, outcome.told if aloud else None, sessions, trusting)
    try:
        run(loop, world.play())
    except Violation as violation:
        outcome.violation = violation
    except Stuck as stuck:
        outcome.violation = Violation("everything stands still", str(stuck))
    except TooManyRequests:
        outcome.violation = Violation("it asks and asks", f"{MOST_REQUESTS} requests")
    outcome.requests = world.wire.requests
    outcome.documents = world.documents
    outcome.spins = world.clock.spins
    return outcome
