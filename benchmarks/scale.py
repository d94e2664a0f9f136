"""Many partitions, many bindings: an hour of a busy source through the real process, told as a table.

    python benchmarks/scale.py [--partitions 8000] [--bindings 200] [--hour-in 60]

The clock runs so that an hour takes ``--hour-in`` seconds. Told are the process's memory, the size of its state, and
the longest that any partition, or binding, had to wait for a request.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import instant_text, parse_instant
from connector_sdk.testing.fake import FakeApi, between
from connector_sdk.testing.flow import Collections, Player

HERE = Path(__file__).parent
HOUR = 3_600_000_000


class Crowd:
    """A source of many channels with few messages, and many boards with few cards."""

    def __init__(self, partitions: int, factor: float) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), factor)
        self.api = api = FakeApi("crowd", clock=self.clock)
        self.channels = [f"c{number}" for number in range(partitions)]
        self.messages: dict[str, list[dict[str, Any]]] = {channel: [] for channel in self.channels}
        self.asked: dict[str, float] = {}
        self.longest = 0.0
        self.serial = 0

        @api.get("/channels")
        def channels(request: Any) -> dict[str, Any]:
            return {"items": [{"id": each} for each in self.channels]}

        @api.get("/channels/{channel}/messages")
        def messages(request: Any) -> dict[str, Any]:
            channel = request.parts["channel"]
            self._note(channel)
            span = between("/updated", request.instant("since"), request.instant("until"))
            found = [each for each in self.messages[channel] if span.holds(parse_instant(each["updated"]))]
            return {"items": found}

        @api.get("/check")
        def check(request: Any) -> dict[str, Any]:
            return {"ok": True}

    def _note(self, name: str) -> None:
        now = self.clock.monotonic()
        if name in self.asked:
            self.longest = max(self.longest, now - self.asked[name])
        self.asked[name] = now

    def edit(self, draw: random.Random) -> None:
        """One message is written, or edited."""
        channel = draw.choice(self.channels)
        own = self.messages[channel]
        if own and draw.random() < 0.3:
            own[draw.randrange(len(own))] |= {"updated": self.now(), "text": draw.random()}
        else:
            self.serial += 1
            own.append({"id": self.serial, "updated": self.now(), "text": draw.random()})

    def now(self) -> str:
        return instant_text(self.clock.now() // 1000 * 1000)


@contextmanager
def crowd(partitions: int, factor: float) -> Iterator[Crowd]:
    """The source, served."""
    it = Crowd(partitions, factor)
    draw = random.Random(1)
    for _ in range(partitions):
        it.edit(draw)
    with it.api:
        it.api.every("10s", lambda: [it.edit(draw) for _ in range(20)])
        yield it


def run(partitions: int, bindings: int, hour_in: float, interval: str) -> dict[str, Any]:
    """An hour of the crowd, captured through one binding with many partitions, or many bindings with a few."""
    with crowd(partitions, 3600 / hour_in) as source:
        env = {
            "CONNECTOR_CLOCK": source.clock.spec(),
            "PYTHONPATH": str(HERE / "sources"),
            "CROWD_STREAMS": str(bindings),
        }
        player = Player([sys.executable, "-m", "source_crowd"], env=env)
        capture = player.prepare({"advanced": {"base_url": source.api.url}}, interval=interval)
        rows = Collections()
        peak, biggest = 0, 0
        with player.open(capture, into=rows) as session:
            until = time.monotonic() + hour_in
            while time.monotonic() < until:
                session.read(1.0)
                peak = max(peak, session.resident() or 0)
                biggest = max(biggest, len(orjson.dumps(session.state)))
            session.stop(within=20)
        return {
            "partitions": partitions, "bindings": bindings, "documents": sum(session.documents.values()),
            "requests": len(source.asked) and source.api.requests.count("*"), "resident MB": peak / 1e6,
            "state KiB": biggest / 1024, "longest wait s": source.longest, "interval": interval,
        }  # fmt: skip


def main() -> None:
    """Run both shapes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--partitions", type=int, default=8000)
    parser.add_argument("--bindings", type=int, default=200)
    parser.add_argument("--hour-in", type=float, default=60.0)
    chosen = parser.parse_args()
    told = [
        run(chosen.partitions, 1, chosen.hour_in, "PT20M"),
        run(chosen.bindings, chosen.bindings, chosen.hour_in, "PT5M"),
    ]
    names = list(told[0])
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names))
    for each in told:
        print("| " + " | ".join(f"{v:,.0f}" if isinstance(v, float) else f"{v}" for v in each.values()) + " |")


if __name__ == "__main__":
    main()
