"""Exports through the whole process: large tables, jobs that outlive a restart, and jobs that do not."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import Answer, FakeApi, Fault, Refuse
from connector_sdk.testing.flow import Collections, Player

ROWS = 4_000


class Exports:
    """The source: each job's answer lists two parts, of which each holds half of the rows of its span."""

    def __init__(self) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
        self.api = api = FakeApi("exports", clock=self.clock)
        api.error_body = lambda status, message, request: {"error": message}
        self.jobs: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.forgotten: set[int] = set()
        self.failed: set[int] = set()
        self.people = b"id,name\n" + b"".join(b"%d,%s\n" % (n, b"x" * 100) for n in range(20_000))
        api.get("/check")(lambda request: {"ok": True})
        api.get("/people.csv")(lambda request: Answer(self.people, content_type="text/csv"))

        @api.post("/exports")
        def create(request: Any) -> dict[str, Any]:
            self.jobs.append((request.json["from"], request.json["to"]))
            return {"id": len(self.jobs)}

        @api.get("/exports/{id}")
        def poll(request: Any) -> dict[str, Any]:
            job = int(request.parts["id"])
            self.asked.append(f"poll {job}")
            if job in self.forgotten:
                raise Refuse(404, "no such export")
            urls = [f"{api.url}/part/{job}/{half}" for half in (0, 1)]
            return {"state": "failed" if job in self.failed else "done", "urls": urls}

        @api.get("/part/{job}/{half}")
        def part(request: Any) -> Answer:
            job, half = int(request.parts["job"]), int(request.parts["half"])
            self.asked.append(f"part {job}.{half}")
            since, until = self.jobs[job - 1]
            rows = [f"{n},{self.at(n)}\n" for n in range(ROWS) if n % 2 == half and since <= self.at(n) < until]
            return Answer("id,at\n" + "".join(rows), content_type="text/csv")

    def at(self, number: int) -> str:
        return f"2026-03-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"

    def player(self) -> Player:
        settings = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec(),
                    "PYTHONPATH": str(Path(__file__).parent.parent / "sources")}  # fmt: skip
        return Player([sys.executable, "-m", "source_exports"], env=settings)

    def capture(self, stream: str) -> Any:
        return self.player().prepare({"advanced": {"base_url": self.api.url}}, streams=[stream])


@pytest.fixture
def exports() -> Iterator[Exports]:
    it = Exports()
    with it.api:
        yield it


def ids(rows: Collections, stream: str) -> set[str]:
    return {key[0] for key in rows[stream].committed}


def test_a_large_table_is_captured_in_many_transactions(exports: Exports) -> None:
    rows = Collections(keep=lambda doc: doc)
    session = exports.player().run(exports.capture("people"), into=rows)
    assert session.exit_code == 0, session.error
    assert len(ids(rows, "people")) == 20_000
    assert session.checkpoints > 4


def killed_within_the_second_part(exports: Exports, rows: Collections) -> Any:
    """A session that died when rows of the first part had been committed, and those of the second had not come."""
    with exports.api.hold("GET /part/*/1"):
        with exports.player().open(exports.capture("clicks"), into=rows) as killed:
            killed.run(until=lambda session: bool(rows["clicks"].committed))
            killed.signal(signal.SIGKILL)
    assert 0 < len(ids(rows, "clicks")) < ROWS
    return killed


def test_a_killed_download_goes_on_with_the_same_job(exports: Exports) -> None:
    rows = Collections(keep=lambda doc: doc)
    killed = killed_within_the_second_part(exports, rows)
    before = list(exports.jobs)
    exports.asked.clear()
    session = exports.player().run(exports.capture("clicks"), killed.state, into=rows)
    assert session.exit_code == 0, session.error
    assert ids(rows, "clicks") == {str(n) for n in range(ROWS)}
    fill = next(number for number, (since, _) in enumerate(before, 1) if since == "2026-03-01T00:00:00.000Z")
    assert {f"poll {fill}", f"part {fill}.0", f"part {fill}.1"} <= set(exports.asked)
    assert max(Counter(exports.jobs).values()) == 1


@pytest.mark.parametrize("end", ["forgotten", "failed"])
def test_a_job_that_is_over_after_a_restart_is_begun_again(exports: Exports, end: str) -> None:
    rows = Collections(keep=lambda doc: doc)
    killed = killed_within_the_second_part(exports, rows)
    getattr(exports, end).update(range(1, len(exports.jobs) + 1))
    session = exports.player().run(exports.capture("clicks"), killed.state, into=rows)
    assert session.exit_code == 0, session.error
    assert ids(rows, "clicks") == {str(n) for n in range(ROWS)}


def test_an_address_that_expires_while_it_is_fetched_is_asked_for_anew(exports: Exports) -> None:
    fault = exports.api.fault(Fault.status(403, "expired"), "GET /part/*/1", times=100)
    rows = Collections(keep=lambda doc: doc)
    failed = exports.player().run(exports.capture("clicks"), into=rows)
    assert failed.exit_code == 1
    assert "GET {EACH} (403 Forbidden: expired)" in failed.error
    fault.stop()
    session = exports.player().run(exports.capture("clicks"), failed.state, into=rows)
    assert session.exit_code == 0, session.error
    assert ids(rows, "clicks") == {str(n) for n in range(ROWS)}
    assert max(Counter(exports.jobs).values()) == 1
