"""The sorts of stories that are drawn: each is about one habit of sources, or of those who read them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .declared import Declared
from .drawing import HOUR, Habits, draw_story
from .story import Story

__all__ = ["SORTS"]

_UNITS = ("second", "minute", "hour", "day")
_LONG = 240 * HOUR  # longer than any hold


def _increment(draw: random.Random, **fixed: Any) -> Declared:
    tick = draw.choice(("second", "second", "minute", "hour"))
    choices: dict[str, Any] = {
        "tick": tick,
        "unit": draw.choice((tick, *_UNITS)),
        "since": draw.choice(("inclusive", "exclusive")),
        "until": draw.choice(("inclusive", "exclusive", "exclusive", "none")),
        "listing": draw.choice(("key", "rising", "falling", "edit")),
        "lag": draw.choice((0, 60, 600)),
        "every": draw.choice((900, 3600)),
        "step": draw.choice((6 * HOUR, 24 * HOUR, 720 * HOUR)),
        "paging": draw.choice(("one", "keyset", "keyset")),
        "size": draw.choice((1, 2, 3, 5)),
    }
    if choices["paging"] == "keyset" and draw.random() < 0.5:
        choices["lives"] = _LONG
    declared = Declared(**choices | fixed)
    in_order = declared.listing == "rising" and declared.paging in ("one", "keyset", "frozen") and not declared.cap
    return replace(declared, rising=True) if in_order and draw.random() < 0.3 else declared


# ---- increments ----------------------------------------------------------------------------------------------------


def borders(draw: random.Random) -> Story:
    """Every border variant, ties, late commits within the lag, keyset pages, tokens that live and die, crashes."""
    return draw_story(draw, _increment(draw))


def held(draw: random.Random) -> Story:
    """The same with little else than edits and answers that arrive late."""
    habits = Habits(hold=30, wait=40, crash=1, remove=0, tokens_die=0, fail=0, waits=(0, 1, 300, 900, 3600))
    return draw_story(draw, _increment(draw, until="exclusive", every=300), habits)


def rising(draw: random.Random) -> Story:
    """Declared rising order: the state moves with every page."""
    paging = draw.choice(("one", "keyset", "keyset"))
    return draw_story(draw, _increment(draw, listing="rising", rising=True, paging=paging))


def frozen(draw: random.Random) -> Story:
    """A result that is fixed at its first page."""
    return draw_story(draw, _increment(draw, paging="frozen", lives=0), Habits(hold=15))


def clocks(draw: random.Random) -> Story:
    """A clock of the connector's own that is wrong, and is set."""
    habits = Habits(clock=6, crash=6, fail=4, holds=(30, 300, 1800),
                    clocks=(0, 600, -600, 12 * HOUR, 40 * HOUR))  # fmt: skip
    return draw_story(
        draw, _increment(draw, paging=draw.choice(("one", "keyset", "frozen")), lives=0, checks=draw.random() < 0.7),
        habits,
    )  # fmt: skip


def blocked(draw: random.Random) -> Story:
    """Nobody reads what the connector writes, requests fail, processes die."""
    return draw_story(draw, _increment(draw), Habits(block=10, fail=8, breaks=8, crash=8))


def zones(draw: random.Random) -> Story:
    """Days of a zone whose clock is set forward in the middle of it; filters that take only days that have ended."""
    tick = draw.choice(("second", "hour", "day"))
    declared = _increment(
        draw, tick=tick, unit="day", zone=draw.choice(("America/New_York", "America/Havana", "Asia/Kolkata", "UTC")),
        until_today=draw.random() < 0.3, until=draw.choice(("inclusive", "exclusive")), every=3600,
    )  # fmt: skip
    return draw_story(draw, declared, Habits(waits=(1, 300, 3600, 5 * HOUR), downs=(1, 1800, 8 * HOUR, 30 * HOUR)))


def sequences(draw: random.Random) -> Story:
    """A number that only rises in place of a time."""
    declared = _increment(draw, tick="number", unit="number", listing="rising", rising=True, until="none", lag=0)
    return draw_story(draw, declared)


# ---- paging --------------------------------------------------------------------------------------------------------


def counted(draw: random.Random) -> Story:
    """Positions that the reader counts: offsets that overlap, and page numbers that a total proves."""
    paging = draw.choice(("offset", "offset", "number"))
    fixed: dict[str, Any] = {"paging": paging, "lives": 0, "listing": "key"}
    if paging == "number":
        tick = draw.choice(("second", "hour"))
        fixed |= {
            "total": True,
            "tick": tick,
            "unit": tick,
            "until": draw.choice(("inclusive", "exclusive")),
            "lag": 60,
        }
    return draw_story(draw, _increment(draw, **fixed), Habits(remove=8, hold=15))


def keys(draw: random.Random) -> Story:
    """After the last one's key."""
    return draw_story(draw, _increment(draw, paging="key", lives=0, listing="key"))


def dying(draw: random.Random) -> Story:
    """Tokens that always die after a few pages: spans are halved until they end before."""
    declared = _increment(draw, paging="keyset", chain=draw.choice((1, 2)), size=3, tick="second", unit="second",
                          until=draw.choice(("inclusive", "exclusive")), lives=draw.choice((0, _LONG)))  # fmt: skip
    return draw_story(draw, declared, Habits(waits=(1, 7, 60, 300, 900, 3600), keys=(3, 4, 5)))


def capped(draw: random.Random) -> Story:
    """The source cuts its answers short: spans are halved, then read by key."""
    fixed: dict[str, Any] = {"cap": draw.choice((3, 4, 6)), "second": True, "total": draw.random() < 0.5}
    if draw.random() < 0.4:
        fixed |= {"listing": "rising", "rising": True, "total": False}
    return draw_story(draw, _increment(draw, **fixed), Habits(waits=(0, 0, 1, 300, 900, 3600)))


# ---- what is read again --------------------------------------------------------------------------------------------


def shifting(draw: random.Random) -> Story:
    """Positions in a live listing; what goes, or moves away, makes records slip past, which are found when they are
    read again: also where the page before was read long ago, by a process that was killed."""
    window, moves = draw.choice((HOUR, 6 * HOUR)), draw.random() < 0.5
    fixed: dict[str, Any] = {"lives": 0}
    if (paging := draw.choice(("shifting", "shifting", "number"))) == "shifting":
        fixed = {"lives": draw.choice((0, _LONG, _LONG)), "total": draw.random() < 0.5, "size": draw.choice((1, 2, 3))}
    declared = _increment(draw, paging=paging, moves=moves, reread=(window,), **fixed)
    downs = (1, 60, 1800, 8 * HOUR, 40 * HOUR)
    return draw_story(draw, declared, Habits(remove=4, contents=1000 if moves else 3, hold=12, crash=8, downs=downs))


def late(draw: random.Random) -> Story:
    """Rows that come late, or change without moving, within the window; outages longer than that; A, B, A."""
    windows = (draw.choice((HOUR, 6 * HOUR, 24 * HOUR)),)
    paging = draw.choice(("one", "keyset", "frozen"))
    declared = _increment(draw, moves=draw.random() < 0.5, reread=windows, paging=paging, lives=0,
                          every=draw.choice((1800, 3600)))  # fmt: skip
    waits = (0, 1, 300, 900, 3600, 4 * HOUR)
    return draw_story(draw, declared, Habits(contents=3, hold=10, waits=waits, downs=(1, 1800, 8 * HOUR, 40 * HOUR)))


def windows(draw: random.Random) -> Story:
    """Two windows at once, whose passes overlap."""
    both = draw.choice(((6 * HOUR, HOUR), (HOUR, 24 * HOUR)))
    declared = _increment(draw, moves=draw.random() < 0.3, reread=both, paging="one", lives=0, every=3600)
    return draw_story(draw, declared, Habits(contents=3, hold=20, waits=(0, 1, 300, 900, 3600, 4 * HOUR)))


def sweeps(draw: random.Random) -> Story:
    """All of it is compared now and then, in spans or as a listing: every edit is found, however old its row."""
    declared = _increment(
        draw, changes=draw.random() < 0.5, moves=draw.random() < 0.5, sweep=draw.choice((3 * HOUR, 12 * HOUR)),
        lives=0, reread=(HOUR,), every=draw.choice((1800, 3600)),
    )  # fmt: skip
    return draw_story(draw, declared, Habits(contents=3, waits=(0, 1, 300, 900, 3600, 4 * HOUR)))


# ---- deletes -------------------------------------------------------------------------------------------------------

_GOING = Habits(remove=15, contents=3, waits=(0, 1, 300, 900, 3600, 4 * HOUR))


def missing(draw: random.Random) -> Story:
    """Gone from a window, or a sweep, that was read completely."""
    fixed: dict[str, Any] = {
        "deletes": "missing",
        "confirms_empty": True,
        "lives": draw.choice((0, 0, _LONG)),
        "every": draw.choice((1800, 3600)),
    }
    if draw.random() < 0.3:
        fixed |= {"sweep": 6 * HOUR, "reread": (HOUR,), "moves": draw.random() < 0.5, "every": 3600}
        fixed["changes"] = fixed["moves"] or draw.random() < 0.3
    else:
        fixed |= {"moves": False, "reread": draw.choice(((6 * HOUR,), (24 * HOUR,), (HOUR, 24 * HOUR)))}
    fixed["paging"] = draw.choice(("one", "keyset", "keyset", "shifting"))
    return draw_story(draw, _increment(draw, **fixed), _GOING)


def marked(draw: random.Random) -> Story:
    """The row itself says that it is gone."""
    return draw_story(draw, _increment(draw, deletes="marked"), _GOING)


def listed(draw: random.Random) -> Story:
    """Another endpoint lists what is gone."""
    return draw_story(draw, _increment(draw, deletes="listed", lag=draw.choice((0, 60))), _GOING)


def keys_listed(draw: random.Random) -> Story:
    """Whoever is not in a listing of keys alone is gone; its pages may shift, and edits may move records in it."""
    keys = draw.choice(("one", "keyset", "shifting", "shifting", "offset", "number", "frozen"))
    fixed: dict[str, Any] = {
        "deletes": "missing", "confirms_empty": True, "sweep": draw.choice((3 * HOUR, 12 * HOUR)), "keys": keys,
        "every": draw.choice((1800, 3600)), "lives": draw.choice((0, 0, _LONG)), "total": draw.random() < 0.2,
    }  # fmt: skip
    fixed |= draw.choice(({"moves": True}, {"moves": True, "reread": (HOUR,)}, {"moves": False, "reread": (6 * HOUR,)}))
    if draw.random() < 0.2:
        fixed |= {"per": "parents", "orphans": draw.random() < 0.5}
    elif draw.random() < 0.15:
        fixed |= {"cap": draw.choice((3, 4)), "second": True}
    declared = _increment(draw, **fixed)
    if keys == "keyset" and declared.listing == "edit":  # an edit would move a row past the pages that are stable
        declared = replace(declared, listing="key")
    habits = replace(_GOING, hold=12, waits=(0, 1, 1, 2, 900, 3600, 4 * HOUR), close=3 if declared.orphans else 0)
    return draw_story(draw, declared, habits)


# ---- listings ------------------------------------------------------------------------------------------------------


def _listed(draw: random.Random, **fixed: Any) -> Declared:
    choices: dict[str, Any] = {
        "kind": "snapshot",
        "listing": draw.choice(("key", "rising", "falling", "edit")),
        "every": draw.choice((900, 3600)),
        "paging": draw.choice(("one", "keyset", "frozen")),
        "size": draw.choice((1, 2, 3, 5)),
        "total": draw.random() < 0.3,
    }
    return Declared(**choices | fixed)


_LISTED = Habits(remove=12, contents=3, dying=4)


def snapshot(draw: random.Random) -> Story:
    """A natural key over stable pages: what is gone is deleted, and nothing else."""
    declared = _listed(draw)
    if declared.paging == "keyset":
        declared = replace(declared, listing="key")
    return draw_story(draw, declared, _LISTED if declared.total else replace(_LISTED, blank=4))


def snapshot_shifting(draw: random.Random) -> Story:
    """A natural key over pages that shift when rows before them go."""
    paging = draw.choice(("shifting", "offset", "number"))
    return draw_story(draw, _listed(draw, paging=paging, listing="key"), _LISTED)


def snapshot_moving(draw: random.Random) -> Story:
    """Pages that shift, in an order that edits change."""
    return draw_story(draw, _listed(draw, paging="shifting", listing="edit"), Habits(contents=3, remove=8, hold=20))


def numbered(draw: random.Random) -> Story:
    """Rows known by their number."""
    paging = draw.choice(("one", "frozen", "shifting"))
    return draw_story(draw, _listed(draw, kind="numbered", paging=paging), _LISTED)


# ---- logs ----------------------------------------------------------------------------------------------------------


def log(draw: random.Random) -> Story:
    """A log beside a listing that may be behind it; tokens expire; entries may only name a row."""
    ids = draw.random() < 0.4
    declared = _listed(
        draw, kind="log", confirms_empty=True, ids=ids, deletes="" if ids else "marked",
        trails=draw.choice((0, 0, 120, 900)),
        lives=draw.choice((0, 6 * HOUR, 24 * HOUR)), listing="key", paging=draw.choice(("one", "keyset", "shifting")),
        refuses=draw.random() < 0.3,
    )  # fmt: skip
    return draw_story(draw, declared, Habits(remove=12, contents=3, downs=(1, 60, 1800, 8 * HOUR, 30 * HOUR)))


def log_that_loses(draw: random.Random) -> Story:
    """A log that loses entries, and what is compared now and then."""
    declared = _listed(draw, kind="log", deletes="marked", loses=True, sweep=3 * HOUR, trails=draw.choice((0, 120)),
                       listing="key", paging=draw.choice(("one", "keyset")), confirms_empty=True)  # fmt: skip
    return draw_story(draw, declared, Habits(remove=8, contents=3, lose=8, waits=(0, 1, 300, 900, 3600, 4 * HOUR)))


def log_alone(draw: random.Random) -> Story:
    """A log that nothing is listed beside: from its first entry on, or from the token that comes with a refusal."""
    declared = Declared(kind="entries", deletes="marked", refuses=draw.random() < 0.6, size=draw.choice((1, 2, 3, 5)),
                        every=draw.choice((900, 3600)))  # fmt: skip
    return draw_story(draw, declared, Habits(remove=8, contents=3, tokens_die=4, crash=8))


# ---- partitions ----------------------------------------------------------------------------------------------------


def _parted(draw: random.Random, **fixed: Any) -> Declared:
    choices: dict[str, Any] = {"per": draw.choice(("parents", "parents", "constants", "lookup")), "boxes": 3,
                               "every": draw.choice((900, 3600)), "confirms_empty": True,
                               "both": draw.random() < 0.3}  # fmt: skip
    kind = draw.choice(("increment", "increment", "late", "snapshot", "log"))
    if kind == "increment":
        return _increment(draw, **choices | fixed)
    if kind == "late":
        return _increment(draw, **choices | {"reread": (6 * HOUR,), "moves": False, "lives": 0} | fixed)
    if kind == "snapshot":
        return _listed(draw, **choices | {"listing": "key", "paging": draw.choice(("one", "keyset"))} | fixed)
    log = {"kind": "log", "deletes": "marked", "trails": draw.choice((0, 120)), "listing": "key", "paging": "one",
           "lives": draw.choice((0, 24 * HOUR))}  # fmt: skip
    return _listed(draw, **choices | log | fixed)


_BOXES = Habits(boxes=4, close=2, remove=8, contents=3, downs=(1, 1800, 8 * HOUR))


def partitions(draw: random.Random) -> Story:
    """Boxes that come, go, come back, and refuse to be read."""
    return draw_story(draw, _parted(draw), _BOXES)


def shared(draw: random.Random) -> Story:
    """Rows that lie in two boxes, and move between them."""
    fixed: dict[str, Any] = {"shared": True, "per": "parents", "confirms_empty": True}
    declared = _increment(draw, **fixed) if draw.random() < 0.5 else _listed(
        draw, **fixed, listing="key", paging=draw.choice(("one", "keyset")))  # fmt: skip
    return draw_story(draw, declared, Habits(remove=8, contents=6, hold=15, boxes=4))


def orphans(draw: random.Random) -> Story:
    """Rows whose box is gone for good go with it."""
    kind = draw.choice(("late", "snapshot"))
    fixed: dict[str, Any] = {"per": "parents", "orphans": True, "confirms_empty": True, "both": draw.random() < 0.3}
    if kind == "snapshot":
        declared = _listed(draw, **fixed, listing="key", paging=draw.choice(("one", "keyset")))
    else:
        declared = _increment(draw, **fixed, deletes="missing", moves=False, reread=(24 * HOUR,), lives=0, every=3600,
                              paging=draw.choice(("one", "keyset")))  # fmt: skip
    return draw_story(draw, declared, replace(_BOXES, close=6))


def shards(draw: random.Random) -> Story:
    """The key range is split, with a copy of the state and without, and becomes one again."""
    declared = _listed(draw, kind="numbered", paging="one", total=True) if draw.random() < 0.1 else _parted(draw)
    return draw_story(draw, declared, replace(_BOXES, split=6, close=1))


# ---- followers -----------------------------------------------------------------------------------------------------


def follow(draw: random.Random) -> Story:
    """Rows below threads, which are read when their thread is; alone, and beside the threads' own binding."""
    fixed: dict[str, Any] = {"kind": "follow", "both": draw.random() < 0.5, "deep": draw.random() < 0.3,
                             "deletes": draw.choice(("", "missing")), "batch": draw.choice((0, 0, 1, 2))}  # fmt: skip
    fixed["confirms_empty"] = bool(fixed["deletes"])
    if fixed["deep"] or fixed["deletes"]:
        fixed["batch"] = 0
    if draw.random() < 0.5:
        return draw_story(draw, _increment(draw, **fixed), Habits(remove=8, contents=3, hold=12))
    fixed |= {"root": "snapshot", "listing": "key", "paging": draw.choice(("one", "keyset"))}
    if not fixed["batch"] and draw.random() < 0.3:
        fixed |= {"orphans": True, "deletes": "missing", "deep": False, "confirms_empty": True}
        fixed["batch"] = 0
    return draw_story(draw, _listed(draw, **fixed), Habits(remove=8, close=4, contents=3, hold=12))


def follow_apart(draw: random.Random) -> Story:
    """Rows below threads that lie in boxes, in two at once or now here, now there; beside topics with the same ids."""
    paging = draw.choice(("one", "keyset"))
    declared = _listed(draw, kind="follow", root="snapshot", per="parents", shared=True, orphans=True,
                       deletes="missing", confirms_empty=True, listing="key", paging=paging, both=draw.random() < 0.5,
                       topics=draw.random() < 0.5, boxes=draw.choice((2, 3)))  # fmt: skip
    return draw_story(draw, declared, Habits(remove=8, close=4, boxes=3, contents=3, hold=12, dying=4))


def follow_two(draw: random.Random) -> Story:
    """Rows below threads or below topics, which have the same ids."""
    fixed: dict[str, Any] = {"kind": "follow", "both": draw.random() < 0.3, "deep": draw.random() < 0.3, "topics": True,
                             "deletes": draw.choice(("", "missing"))}  # fmt: skip
    fixed["confirms_empty"] = bool(fixed["deletes"])
    habits = Habits(remove=8, close=4, contents=3, hold=12, dying=4)
    if draw.random() < 0.4:
        return draw_story(draw, _increment(draw, **fixed), habits)
    fixed |= {"root": "snapshot", "listing": "key", "paging": draw.choice(("one", "keyset"))}
    if draw.random() < 0.5:
        fixed |= {"orphans": True, "deletes": "missing", "deep": False, "confirms_empty": True}
    return draw_story(draw, _listed(draw, **fixed), habits)


SORTS: dict[str, Callable[[random.Random], Story]] = {
    each.__name__: each
    for each in (
        borders, held, rising, frozen, clocks, blocked, zones, sequences, counted, keys, dying, capped, shifting, late,
        windows, sweeps, missing, keys_listed, marked, listed, snapshot, snapshot_shifting, snapshot_moving, numbered,
        log, log_that_loses, log_alone, partitions, shared, orphans, shards, follow, follow_apart, follow_two,
    )
}  # fmt: skip
