"""What the world found in the engine, each as the shortest story of its sort; all of it is mended."""

from __future__ import annotations

from typing import Any

import pytest

from .declared import Declared
from .play import play
from .story import (
    Block,
    Close,
    Crash,
    Edit,
    Hide,
    Hold,
    Merge,
    Open,
    Past,
    Remove,
    SetClock,
    Split,
    Story,
    TokensDie,
    Wait,
)

_TWO = (Past("k1", 100), Past("k2", 100))
_THREE = (Past("k1", 300), Past("k2", 200), Past("k3", 100))


def mended(name: str, reason: str, story: Story) -> Any:
    """A defect that the engine had: ``reason`` is what was wrong."""
    assert reason
    return pytest.param(story, id=name)


STORIES = [
    mended(
        "a held backfill page",
        "Overtaken.leave forgets what the tail wrote as soon as the tail's step ends, although the backfill's request "
        "is still open: its page puts the old version back",
        Story(Declared(), (Past("k1", 1),), (Hold(602), Wait(2), Edit("k1"))),
    ),
    mended(
        "a frozen result",
        "a page of a frozen result is as old as the first request of its step, but is compared by its own request",
        Story(Declared(paging="frozen", size=1), _TWO, (Hold(700), Wait(5), Edit("k2"), Wait(800))),
    ),
    mended(
        "two windows",
        "passes of two re-read windows overlap: the older page of one puts back what the other has replaced, and the "
        "cursor, which does not move, cannot tell",
        Story(
            Declared(moves=False, reread=(3600, 21600), every=3600),
            (),
            (
                Wait(5),
                Edit("k1"),
                Wait(3700),
                Crash(9, 16300),
                Hold(1),
                Hold(4000),
                Wait(1000),
                Edit("k1", 1),
                Wait(10000),
            ),
        ),
    ),
    mended(
        "two windows, quiet",
        "a page in flight is sent again when the other window's pass has just settled its rows",
        Story(Declared(moves=False, reread=(21600, 3600), every=3600), (), (Wait(304), Edit("k14")), lives_on=False),
    ),
    mended(
        "A, B, A over a restart",
        "patch |= in IncrementalLanes._write: what one transaction forgets takes the place of what it remembers, so "
        "after a restart the memory says A where B was sent, and the next A is held back",
        Story(
            Declared(moves=False, reread=(21600,), every=3600),
            (Past("k0", 4200),),
            (
                *(Wait(10), Edit("k1"), Wait(15990), Edit("k1", 1), Wait(1900), Hold(1), Hold(500), Wait(150)),
                *(Edit("k1", 2), Wait(50), Crash(9, 3503), Hold(100), Wait(2), Crash(9, 1), Edit("k1", 1)),
            ),
            lives_on=False,
        ),
    ),
    mended(
        "a resumed step under a clock that is ahead",
        "a step resumed from its token is called done up to its stored border, though that lay in the source's future",
        Story(
            Declared(paging="keyset", lives=864000),
            (Past("k4", 0), Past("k5", 0)),
            (SetClock(2), Edit("k1"), Edit("k3"), Wait(2), Crash(2, 0), Wait(1), Edit("k4")),
            lives_on=False,
        ),
    ),
    mended(
        "a tail that waits for its own clock",
        "TailPass.began is the own clock's until the source's is heard: after a restart with a clock ahead by a "
        "day the tail is silent for a day",
        Story(Declared(), (), (Wait(424), SetClock(20000), Crash(0, 0), Wait(100), Edit("k1"))),
    ),
    mended(
        "a clock that was wrong for a moment",
        "a wait is as long as the wall clock said when it began: set back by 12 h and then right, the tail sleeps 12 h",
        Story(Declared(), (), (Wait(844), SetClock(-43200), Edit("k6"), Wait(60), SetClock(0))),
    ),
    mended(
        "rising order under a coarse filter",
        "rows before the span, which a filter by the hour or day gives as well, are taken for disorder: the lane fails "
        "for ever",
        Story(Declared(unit="hour", listing="rising", rising=True), (), (Edit("k2"), Wait(3)), lives_on=False),
    ),
    mended(
        "shifting pages, a row that goes",
        "nothing guards an increment over pages that shift: a deletion takes a row out of the window, the next one is "
        "skipped and, older than the re-read window, never found",
        Story(
            Declared(paging="shifting", size=1, moves=False, reread=(3600,)),
            (Past("k1", 40000), Past("k2", 40000)),
            (Hold(10), Wait(5), Remove("k1"), Wait(20)),
        ),
    ),
    mended(
        "a shifting listing in the order of edits",
        "two passes with equal keys prove nothing where edits move rows to the end: a living row is deleted",
        Story(
            Declared(kind="snapshot", listing="edit", paging="shifting", size=1),
            _THREE,
            (Wait(550), *[Hold(10)] * 6, Wait(65), Edit("k1", 1), Wait(20), Edit("k2", 1), Wait(100)),
        ),
    ),
    mended(
        "a total that stays the same",
        "as many distinct keys as the source counts prove nothing when one row went and another came during the pass: "
        "a living row is deleted",
        Story(
            Declared(kind="snapshot", every=900, paging="shifting", size=2, total=True),
            (Past("k0", 0), Past("k1", 0), Past("k2", 0)),
            (Wait(902), Remove("k0"), Edit("k9"), Wait(100)),
        ),
    ),
    mended(
        "a numbered listing with a total",
        "rows behind the end of a shorter listing are never deleted where the endpoint tells a total",
        Story(
            Declared(kind="numbered", paging="shifting", total=True),
            (Past("k1", 0), Past("k2", 0), Past("k3", 0)),
            (Wait(1), Remove("k3"), Wait(8000)),
        ),
    ),
    mended(
        "tokens that died thrice",
        "the third dead token of a span that cannot be made smaller raises and stays in the state: the same dead "
        "token is asked for ever, also when the source has long been quick again",
        Story(
            Declared(unit="day", every=300, paging="keyset", size=2, lives=3600),
            (),
            (
                Edit(key="k5", c=0, late=0),
                Wait(seconds=243),
                Edit(key="k3", c=0, late=0),
                Edit(key="k7", c=0, late=0),
                Hold(seconds=7200),
                Hold(seconds=241),
                Wait(seconds=0),
                Wait(seconds=301),
                Wait(seconds=300),
                Hold(seconds=301),
                Edit(key="k3", c=0, late=0),
                Wait(seconds=3600),
                Wait(seconds=3600),
                Crash(keep=1, down=0),
                Hold(seconds=7080),
                Wait(seconds=900),
            ),
            lives_on=True,
        ),
    ),
    mended(
        "rising order beyond the span",
        "a coarse filter gives rows beyond the span: its first page ends the backfill, its second finds no backfill",
        Story(
            Declared(unit="day", listing="rising", rising=True, paging="keyset", size=2),
            (),
            (Crash(0, 1), Edit("k3"), Edit("k1"), Edit("k2"), Wait(2)),
            lives_on=False,
        ),
    ),
    mended(
        "an offset page of one row, and the first row goes",
        "the page that begins with a row never read is taken for the overlap, which it is as long as",
        Story(
            Declared(lag=60, every=3600, paging="offset", size=1),
            (),
            (Edit("k2"), Edit("k1"), Wait(3303), Wait(300), Remove("k1")),
        ),
    ),
    mended(
        "a log beside its listing, one row of a page gone",
        "a page of which a row was not found any more counts as old as its first request: the other row is dropped",
        Story(
            Declared(kind="log", every=900, trails=900, ids=True, confirms_empty=True),
            (Past("k1", 0), Past("k2", 0)),
            (Wait(2), Edit("k1"), Remove("k2")),
        ),
    ),
    mended(
        "what reads a unit that hits the cap",
        "its order is checked, its first page is asked for with the other endpoint's token",
        Story(
            Declared(unit="day", listing="rising", rising=True, cap=3, second=True),
            (Past("k8", 1), Past("k9", 175079, 942), Past("k13", 209953, 590), Past("k14", 245258, 137)),
        ),
    ),
    mended(
        "a capped step that was begun before",
        "in rising order the state moves on, but the step goes on from where it was begun, for ever",
        Story(
            Declared(
                until="none", listing="rising", rising=True, every=3600, paging="keyset", size=1, cap=4, second=True
            ),
            (),
            (
                *(Wait(304), Crash(1, 0), Edit("k3"), Edit("k6"), Edit("k1"), Wait(1), Wait(3600)),
                *(TokensDie(), Edit("k4"), Wait(2)),
            ),
            lives_on=False,
        ),
    ),
    mended(
        "a window beside a sweep, and a cursor that moves",
        "an edit takes a row out of the window: it is deleted",
        Story(
            Declared(reread=(3600,), sweep=43200, confirms_empty=True, deletes="missing", changes=True),
            (),
            (Edit("k1"), Wait(303), Wait(300), Crash(0, 2699), Edit("k1"), Wait(300)),
            lives_on=False,
        ),
    ),
    mended(
        "an edit in the second of the sweep's request",
        "a row that moves beyond the sweep while it is under way is deleted",
        Story(
            Declared(sweep=21600, confirms_empty=True, deletes="missing", changes=True),
            (Past("k2", 1),),
            (Wait(2), Crash(3, 21598), Edit("k2"), Wait(2)),
            lives_on=False,
        ),
    ),
    mended(
        "a session that is run once, with a box that refuses",
        "the box is behind for ever, so the session never ends",
        Story(Declared(per="constants"), (), (Close("b1"),), lives_on=False),
    ),
    mended(
        "an orphaned box that comes back",
        "its rows were deleted with it, and its frontier goes on: they are never read again",
        Story(
            Declared(moves=False, reread=(86400,), orphans=True, per="parents"),
            (Past("k6", 86399),),
            (Wait(4), Crash(3, 0), Close("b0"), Wait(1), Open("b0")),
            lives_on=False,
        ),
    ),
    mended(
        "a row that moves to another box",
        "the box that it left is read first: it is deleted, although it lives",
        Story(
            Declared(kind="snapshot", per="parents", shared=True, confirms_empty=True),
            (Past("k1", 0, 1),),
            (Wait(590), Edit("k1", 2), Wait(700)),
        ),
    ),
    mended(
        "followers whose parents do not move",
        "a step that the parents' binding did not get ahead with is handed over again and again: the loop spins",
        Story(Declared(kind="follow", tick="hour", both=True), (), (Wait(33), Hold(3), Wait(3573)), lives_on=False),
    ),
    mended(
        "a thread that goes before it is known to have been followed",
        "its children leave first, and a crash forgets that it was followed: they stay for ever",
        Story(
            Declared(kind="follow", orphans=True, root="snapshot", confirms_empty=True),
            (Past("k11", 0),),
            (Wait(3), Close("t2")),
            lives_on=False,
        ),
    ),
    mended(
        "gone and back within a page of the log",
        "the row is forgotten for its deletion, though a later entry of the page brought it back",
        Story(
            Declared(kind="log", confirms_empty=True, deletes="marked"),
            (Past("k2", 0),),
            (Wait(1), Remove("k2"), Edit("k2"), Wait(2), TokensDie(), Remove("k2")),
            lives_on=False,
        ),
    ),
    mended(
        "a token that dies while everything is listed",
        "the listing that was under way counts as the one that is owed since, as the state was compared with itself",
        Story(
            Declared(kind="log", deletes="marked", trails=120, confirms_empty=True),
            (Past("k0", 38638, 1),),
            (Wait(2), Hold(5385), Wait(3600), TokensDie(), Edit("k0")),
        ),
    ),
    mended(
        "two boxes that go at once",
        "the second is planned while the rows of the first are being deleted, of which nothing is known any more",
        Story(
            Declared(moves=False, reread=(86400,), orphans=True, per="parents"),
            (Past("k3", 0),),
            (Hide("b2", 4), Wait(4), Close("b1"), Close("b2")),
        ),
    ),
    mended(
        "shards that are merged soon after they were split",
        "the copy of a state that a shard does not own is forgotten five minutes later; merged before, it is believed",
        Story(
            Declared(moves=False, reread=(21600,)),
            (),
            (Edit("k3", 1), Wait(3301), Edit("k3"), Split(True), Wait(300), Edit("k3", 1), Merge()),
            lives_on=False,
        ),
    ),
    mended(
        "a tail step that a crash ended before a long outage",
        "the tail reads its span again at an age of more than the window, which counts as settled; what the crashed "
        "step had written, and was deleted meanwhile, is compared with nothing",
        Story(
            Declared(
                tick="hour",
                moves=False,
                reread=(86400,),
                every=3600,
                confirms_empty=True,
                deletes="missing",
                orphans=True,
                per="parents",
            ),
            (Past("k7", 0),),
            (
                Wait(3598),
                Wait(7),
                Close("b2"),
                Hold(5),
                Edit("k0"),
                Wait(3600),
                Remove("k0"),
                Wait(4),
                Open("b2"),
            ),
            lives_on=False,
        ),
    ),
    mended(
        "a log that tells late of a deletion",
        "the row that tells it is overtaken by a listing, and does not leave; its key is forgotten all the same, so "
        "that the next listing misses nothing",
        Story(
            Declared(kind="log", sweep=10800, confirms_empty=True, deletes="marked"),
            (Past("k4", 82045, 1),),
            (
                Wait(1),
                Remove("k4"),
                Hold(5387),
                Wait(0),
                Edit("k4", 2),
                Wait(3600),
                Wait(900),
                Remove("k4"),
                TokensDie(),
                Wait(14400),
            ),
            lives_on=False,
        ),
    ),
    mended(
        "a follower whose parent goes on within a step",
        "the parent's own binding ends a backfill that it had resumed, of which it cannot hand over the first pages; "
        "where it stood is still told, and the follower waits for it for ever",
        Story(
            Declared(kind="follow", until="none", paging="keyset", size=2, lives=864000, both=True),
            (Past("k3", 0), Past("k4", 1)),
            (Wait(1), Edit("k2"), Wait(1), Crash(5, 0)),
        ),
    ),
    mended(
        "what waited is not written late",
        "changes of state that waited were taken before their turn in the queue, and written behind later ones: parts "
        "of a backfill that were over came back, and a digest that was out of date could suppress a record",
        Story(
            Declared(total=True, cap=4, second=True),
            (
                Past("k0", 67427, 491),
                Past("k1", 151405, 463),
                Past("k2", 14486, 894),
                Past("k3", 236071, 506),
                Past("k4", 68275, 360),
                Past("k5", 44711, 309),
                Past("k7", 240334, 719),
                Past("k8", 39779, 868),
                Past("k9", 179957, 217),
                Past("k10", 210134, 39),
                Past("k11", 114768, 179),
                Past("k12", 100152, 740),
            ),
            (Block(299), Wait(303)),
            lives_on=False,
        ),
    ),
    mended(
        "a token that died meanwhile",
        "a step without an upper border that was killed twice, and whose token died before the third start, was called "
        "one that cannot be read whole",
        Story(
            Declared(kind="follow", until="none", paging="keyset", size=1, lives=864000, both=True),
            (Past("k1", 1), Past("k2", 1)),
            (Wait(125), Crash(keep=4), Wait(3), Crash(keep=1), Wait(5), TokensDie()),
            lives_on=False,
        ),
    ),
    mended(
        "a backfill that goes on after a restart is confirmed too",
        "of a chain over shifting pages that went on after a restart one page was read, which counted as a whole pass: "
        "what had slipped past before was never found",
        Story(
            Declared(paging="shifting", size=1, lives=864000),
            (Past("k0", 1, 0), Past("k1", 1, 0)),
            (Wait(2), Edit("k0")),
            lives_on=False,
        ),
    ),
    mended(
        "a listing of keys that is cut short",
        "what reads it by key in place of the endpoint with the cap was not known to be a listing of keys: its rows, "
        "of which nothing but keys is there, left over whole ones",
        Story(
            Declared(sweep=43200, cap=4, second=True, confirms_empty=True, deletes="missing", keys="offset"),
            (Past("k1", 0), Past("k2", 0), Past("k3", 0)),
            (Wait(2),),
            lives_on=False,
        ),
    ),
    mended(
        "a thread that moves to another box, where topics are followed too",
        "the boxes that there are were those of the first parent, so that a thread that was missing from one box was "
        "looked for in no other: what is below it was deleted",
        Story(
            Declared(
                kind="follow",
                confirms_empty=True,
                orphans=True,
                per="parents",
                boxes=2,
                shared=True,
                root="snapshot",
                topics=True,
            ),
            (Past("k5", 0), Past("k6", 0), Past("k7", 0)),
            (Edit("k2"), Edit("k4"), Wait(1503), Edit("k4"), Wait(300)),
            lives_on=False,
        ),
    ),
    mended(
        "a listing of keys beside a window",
        "what a sweep has listed counted as read again, so that a row which came late into the window was not found: "
        "of a listing of keys no record is read",
        Story(
            Declared(reread=(3600,), sweep=10800, confirms_empty=True, deletes="missing", keys="offset"),
            (Past("k3", 0),),
            (Wait(14400), Crash(0, 1), Wait(12897), Edit("k3", 0, 3600)),
        ),
    ),
    mended(
        "a row that moves to a box that is not known yet",
        "it was missing from its box, and the other boxes that were known did not have it either; the one that it had "
        "moved to was there already, but had not been looked for",
        Story(
            Declared(kind="snapshot", confirms_empty=True, per="parents", shared=True),
            (Past("k2", 0, 1),),
            (Close("b0"), Wait(2), Open("b0"), Edit("k2", 2), Hold(1201), Wait(1801)),
            lives_on=False,
        ),
    ),
    mended(
        "a row that moves to another box and back",
        "it was missing from its box, and then from the others, where it had been and was not any more; it was "
        "deleted, although it was back where it had been",
        Story(
            Declared(kind="snapshot", confirms_empty=True, per="parents", shared=True),
            (Past("k1", 0, 1),),
            (Wait(2874), Hold(0), Hold(660), Wait(1330), Edit("k1", 2), Wait(1), Edit("k1", 1), Wait(599)),
            lives_on=False,
        ),
    ),
    mended(
        "rows that go while keys are listed",
        "of two passes only the keys that may be gone were compared: another row, which nobody remembers, went in each "
        "of them, and had the same key slip past",
        Story(
            Declared(sweep=10800, size=1, confirms_empty=True, deletes="missing", keys="shifting"),
            (Past("k8", 0),),
            (Wait(10800), Edit("k1"), Wait(2), Remove("k1"), Wait(0), Edit("k2"), Wait(1), Remove("k2"), Wait(2)),
            lives_on=False,
        ),
    ),
    mended(
        "a row that slips past the listing beside a log",
        "where pages shift, what slipped past was found at the next sweep, or never: everything was listed once",
        Story(
            Declared(kind="log", paging="shifting", size=1, confirms_empty=True, deletes="marked"),
            (Past("k1", 0), Past("k2", 0)),
            (Wait(3), Remove("k1"), Wait(1)),
            lives_on=False,
        ),
    ),
    mended(
        "a log alone that is read in one page",
        "its first page had entries and no next page, which was taken for the old token",
        Story(Declared(kind="entries", deletes="marked"), (Past("k2", 0),), (), lives_on=False),
    ),
    mended(
        "a log alone whose token dies, and that refuses to begin",
        "the refusal to be read from its beginning, which brings a token, was only heard at the first start",
        Story(Declared(kind="entries", deletes="marked", refuses=True), (), (Wait(1), TokensDie()), lives_on=False),
    ),
    mended(
        "a window that is compared, in rising order",
        "the state moved with every page, past what had not been compared yet; at the last one the pass was gone, and "
        "the session died",
        Story(
            Declared(
                until="none",
                listing="rising",
                rising=True,
                moves=False,
                reread=(21600,),
                confirms_empty=True,
                deletes="missing",
            ),
            (),
            (Wait(302), Edit("k0")),
            lives_on=False,
        ),
    ),
]


@pytest.mark.parametrize("story", STORIES)
def test_a_story_that_has_to_end_well(story: Story) -> None:
    violation = play(story).violation
    assert violation is None, violation


def test_waiting_for_a_slow_answer_costs_nothing() -> None:
    outcome = play(Story(Declared(), (), (Wait(1000), Hold(3600), Wait(4000)), lives_on=False))
    assert outcome.violation is None
    assert outcome.spins < 5


def test_caught_up_before_it_is() -> None:
    story = Story(
        Declared(lag=600, paging="keyset", size=1),
        (Past("k1", 0),),
        (Edit("k8"), Wait(541), Crash(0, 60), Wait(1), Edit("k1")),
        lives_on=False,
    )
    violation = play(story, sessions=1).violation
    assert violation is None, violation
