"""Checks of crashes and of what goes wrong on the wire: whatever happens, the collection ends equal to the source."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from connector_sdk.testing.conformance._check import Failed, NotExercised, check, expecting
from connector_sdk.testing.conformance._lab import Lab
from connector_sdk.testing.fake import Fault
from connector_sdk.testing.flow import Kill

_CRASH = "crash"
_FAULTS = "faults"


def _crashed(lab: Lab, kills: int, draw_kill: Callable[[Random], Kill]) -> str:
    done = records = 0
    for part in lab.parts:
        with lab.world(part) as it, expecting("sessions that are killed"):
            done += it.killed(kills, draw_kill)
            it.catch_up()
            records += it.check_equal()
    if not done:
        raise NotExercised("every session ended before it could be killed")
    return f"killed {done} times; {records:,} records are what they should be"


@check(
    _CRASH,
    "Flow restarts tasks without asking. After a checkpoint its documents are committed, and are not read again.",
    "R15",
    "R16",
    "flow 12.7",
    quick=True,
)
def killed_after_checkpoints(lab: Lab) -> str:
    return _crashed(lab, 3 if lab.quick else 10, lambda draw: Kill.checkpoint(draw.choice([1, 1, 2, 5])))


@check(
    _CRASH, "Documents without their checkpoint are forgotten, so they have to come again.", "R15", "R16", "flow 12.7"
)
def killed_between_lines(lab: Lab) -> str:
    return _crashed(lab, 10, lambda draw: Kill.line(draw.choice([1, 2, 5, 30, 200])))


@check(_CRASH, "A crash does not wait for the end of a line.", "R15", "R16", "flow 12.7", quick=True)
def killed_at_any_byte(lab: Lab) -> str:
    def anywhere(draw: Random) -> Kill:
        return Kill.byte(draw.randint(1, draw.choice([2_000, 50_000, 400_000])))

    return _crashed(lab, 3 if lab.quick else 10, anywhere)


@check(
    _CRASH,
    "A connector that starts over after each crash never ends a backfill that takes longer than a day.",
    "R12",
    "R15",
    "R16",
)
def every_restart_makes_progress(lab: Lab) -> str:
    with lab.world() as it, expecting("sessions that are killed after a quarter of the checkpoints"):
        whole = it.run(state=None).checkpoints
        some = max(2, whole // 4)
        if whole < 2 * some:
            raise NotExercised(f"a whole capture has only {whole} checkpoints")
        it.state, sessions = None, 0
        while it.run(kill=Kill.checkpoint(some)).killed:
            sessions += 1
            if sessions > 40:
                raise Failed(f"{sessions} sessions of {some} checkpoints did not get through what one does in {whole}")
    return f"{sessions} sessions, killed after {some} checkpoints each, got through what one does in {whole}"


def _spoilt(lab: Lab, faults: list[Fault], rate: float = 0.15) -> str:
    done = records = 0
    for part in lab.parts:
        with lab.world(part, seed=2) as it, expecting("a source that answers badly"):
            chaos = it.api.chaos(rate, seed=11, faults=faults)
            for hours in (0, 26):
                if hasattr(it.sandbox, "tick"):
                    it.change(6)
                it.run(hours=hours, timeout=180)
            chaos.stop()
            done += chaos.done
            it.catch_up()
            records += it.check_equal()
    if not done:
        raise NotExercised("too few requests were made for one to be spoilt")
    return f"{done} requests were spoilt; {records:,} records are what they should be"


@check(_FAULTS, "Every API refuses requests that come too fast, each in its own way.", "R1", "R2")
def rate_limits_are_waited_for(lab: Lab) -> str:
    return _spoilt(lab, [
        Fault.status(429, retry_after=2), Fault.status(429, retry_after=3, as_date=True), Fault.status(429),
        Fault.status(503, retry_after=2),
    ])  # fmt: skip


@check(_FAULTS, "Servers fail for a moment all day long.", "R1", quick=True)
def server_errors_are_tried_again(lab: Lab) -> str:
    return _spoilt(lab, [Fault.status(500), Fault.status(502), Fault.status(503), Fault.status(504)])


@check(_FAULTS, "A connection breaks before, within and after an answer; half of an answer is no answer.", "R1")
def broken_connections_are_tried_again(lab: Lab) -> str:
    return _spoilt(lab, [Fault.reset(), Fault.reset_midway(), Fault.cut()])


@check(
    _FAULTS,
    "A body that ends early, or a proxy's page with status 200, must not be taken for the last page.",
    "R1",
    "R6",
)
def spoilt_bodies_are_no_answers(lab: Lab) -> str:
    return _spoilt(lab, [Fault.cut_json(), Fault.not_json(), Fault.html(), Fault.empty()])


@check(_FAULTS, "Slow is not broken.", "R1", "R5")
def slow_answers_are_waited_for(lab: Lab) -> str:
    return _spoilt(lab, [Fault.slow("20s"), Fault.delay("30s")], rate=0.05)


@check(_FAULTS, "All at once, and killed besides: this is an ordinary week.", "R1", "R15")
def everything_goes_wrong_at_once(lab: Lab) -> str:
    done = kills = records = 0
    for part in lab.parts:
        with lab.world(part, seed=13) as it, expecting("faults, changes and kills together"):
            chaos = it.api.chaos(0.08, seed=17)
            kills += it.killed(8, lambda draw: Kill.byte(draw.randint(1, draw.choice([5_000, 200_000]))))
            chaos.stop()
            done += chaos.done
            it.catch_up()
            records += it.check_equal()
    return f"{done} faults and {kills} kills; {records:,} records are what they should be"
