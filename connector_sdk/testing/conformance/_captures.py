"""Checks of what is captured: everything once, what changes, and nothing else."""

from __future__ import annotations

from connector_sdk.testing.conformance._check import Failed, NotExercised, check, expecting
from connector_sdk.testing.conformance._lab import Lab

_GROUP = "capture"
_FAILING = 3.0  # seconds, which are minutes of the source's clock: what would be deleted in error is by then


@check(
    _GROUP,
    "The first thing anybody expects: what is in the source is in the collection.",
    "R3",
    "R6",
    "R8",
    "R9",
    "R11",
    "R18",
    quick=True,
)
def everything_is_captured(lab: Lab) -> str:
    count = 0
    for part in lab.parts:
        with lab.world(part) as it, expecting("a first capture"):
            it.run()
            it.settle()
            it.run(hours=lab.subject.settling)
            empty = [name for name in it.capture.names() if not it.rows[name].committed]
            count += it.check_equal()
    more = f"; no record in {', '.join(empty)}" if empty else ""
    return (
        f"{count:,} records in {sum(len(part.streams) for part in lab.parts) or len(it.capture.bindings)} streams{more}"
    )


@check(_GROUP, "A poll that sends everything again costs its users money each time.", "R10", "R13", quick=True)
def a_quiet_source_sends_nothing(lab: Lab) -> str:
    for part in lab.parts:
        with lab.world(part) as it, expecting("a second session"):
            it.run()
            it.settle()
            it.run(hours=lab.subject.settling)
            again = it.run(hours=lab.subject.settling)
            repeats = {name: count for name, count in again.documents.items() if count and name not in part.restless}
        if repeats:
            raise Failed(f"nothing had changed, and these came again: {repeats}")
    return "no document in a session over a source in which nothing changed"


@check(
    _GROUP,
    "New, changed and deleted records arrive, however they are mixed.",
    "R7",
    "R8",
    "R10",
    "R13",
    "R14",
    "R26",
    quick=True,
)
def changes_are_captured(lab: Lab) -> str:
    changes: list[str] = []
    for part in lab.parts:
        for seed in range(1 if lab.quick else 2):
            with lab.world(part, seed=seed) as it, expecting("sessions over a source that changes"):
                it.run()
                for hours in (0.1, 1, 26):
                    changes += it.change(12)
                    it.run(hours=hours)
                it.catch_up()
                it.check_equal()
    return f"{len(changes)} changes, such as: {', '.join(sorted({each.rsplit(' ', 1)[0] for each in changes})[:6])}"


@check(
    _GROUP,
    "A source changes while it is read: what is added between two pages must not be skipped.",
    "R3",
    "R7",
    "R8",
    "R11",
    "R26",
)
def changes_between_pages_are_captured(lab: Lab) -> str:
    changes = 0
    for part in lab.parts:
        with lab.world(part, seed=7) as it, expecting("a source that changes between any two requests"):

            def disturb(request: object, it: object = it) -> None:
                nonlocal changes
                with it.api.lock:  # type: ignore[attr-defined]
                    if it.draw.random() < 0.15:  # type: ignore[attr-defined]
                        changes += len(it.change(2))  # type: ignore[attr-defined]

            if not hasattr(it.sandbox, "tick"):
                raise NotExercised("the sandbox has no tick(): nothing can change in it")
            hook = it.api.before("*", disturb)
            for hours in (0, 0.2, 2):
                it.run(hours=hours)
            hook.stop()
            it.catch_up()
            it.check_equal()
    return f"{changes} changes between requests"


@check(_GROUP, "A record that was deleted by mistake is a loss like any other.", "R1", "R6", "R13", quick=True)
def a_failing_source_deletes_nothing(lab: Lab) -> str:
    from connector_sdk.testing.fake import Fault
    from connector_sdk.testing.flow import Kill

    faults = [Fault.status(503), Fault.html(), Fault.empty(), Fault.not_json(), Fault.cut_json()]
    with lab.world() as it:
        it.run()
        it.settle()
        before = len(it.api.requests)
        it.run(hours=lab.subject.settling)
        usual = len(it.api.requests) - before
        held = {name: len(it.rows[name]) for name in it.capture.names()}
        tried = faults[:2] if lab.quick else faults
        # from the first request on, to the end of the session; and from amid what is read, for minutes
        amid = it.draw.randint(2, max(2, usual * 3 // 4))
        for fault, first in [*((fault, 1) for fault in tried), *((fault, amid) for fault in tried[1::2])]:
            it.api.fault(fault, nth=first, times=None)
            kill = Kill.after(_FAILING) if first > 1 else None
            session = it.run(hours=lab.subject.settling, ends_well=False, kill=kill)
            it.api.calm()
            left = {name: len(it.rows[name]) for name in it.capture.names()}
            if left != held:
                gone = {name: held[name] - left[name] for name in held if held[name] != left[name]}
                raise Failed(f"every answer was {fault.name}, and records were deleted: {gone}")
            if session.exit_code == 0:
                raise Failed(f"every answer was {fault.name}, and the session ended as if all were well")
    return "a source that fails, whatever it says, deletes no record, and the session says so"


@check(_GROUP, "An API that answers {} for an hour has not deleted everything.", "R6", "R13")
def an_answer_without_records_deletes_nothing(lab: Lab) -> str:
    from connector_sdk.testing.fake import Fault

    with lab.world() as it:
        it.run()
        held = {name: len(it.rows[name]) for name in it.capture.names()}
        it.api.fault(Fault("replaced", 200, b"{}"), times=None)
        it.run(hours=lab.subject.settling, ends_well=False)
        it.api.calm()
        left = {name: len(it.rows[name]) for name in it.capture.names()}
        if left != held:
            gone = {name: held[name] - left[name] for name in held if held[name] != left[name]}
            raise Failed(f"every answer was an empty object, and records were deleted: {gone}")
        it.catch_up()
        it.check_equal()
    return "no record is deleted, and all is well when the source is"


@check(
    _GROUP,
    "A machine's clock is wrong more often than one thinks; a cursor in the future loses every row until then.",
    "R7",
)
def a_wrong_clock_loses_nothing(lab: Lab) -> str:
    from connector_sdk.engine.clock import SystemClock

    skews = []
    for hours in (24, -24):
        with lab.world(seed=5) as it:
            shifted = SystemClock(it.clock.now() + int(hours * 3_600_000_000), it.clock.factor).spec()
            it.run(player=lab.subject.player(CONNECTOR_CLOCK=shifted), ends_well=False)
            if hasattr(it.sandbox, "tick"):
                it.change(10)
            shifted = SystemClock(it.clock.now() + int((hours + 1) * 3_600_000_000), it.clock.factor).spec()
            it.run(hours=1, player=lab.subject.player(CONNECTOR_CLOCK=shifted), ends_well=False)
            it.catch_up()
            it.check_equal()
            skews.append(hours)
    return "a day ahead, and a day behind"
