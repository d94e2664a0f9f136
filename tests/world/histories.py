"""The history of each rule: it ends well with the rule, and badly without it. Found and shrunk by
``python -m tests.world.switched_off --find``."""

from __future__ import annotations

from .declared import Declared
from .story import (
    Blank,
    Block,
    Close,
    Crash,
    Edit,
    Fail,
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

HISTORIES: dict[str, Story] = {
    "overtaken records are not written (R26)": Story(
        Declared(),
        (Past(key="k0", ago=1, c=0),),
        (
            Hold(seconds=602),
            Wait(seconds=2),
            Edit(key="k0", c=0, late=0),
        ),
        lives_on=True,
    ),
    "a frozen page is as old as its step's first request": Story(
        Declared(listing="falling", lag=600, paging="frozen", size=1),
        (
            Past(key="k2", ago=644, c=0),
            Past(key="k3", ago=601, c=0),
        ),
        (
            Edit(key="k2", c=0, late=2),
            Hold(seconds=1202),
            Wait(seconds=2),
        ),
        lives_on=True,
    ),
    "the smaller of both clocks (R7)": Story(
        Declared(),
        (Past(key="k12", ago=0, c=0),),
        (
            SetClock(ahead=2),
            Wait(seconds=2),
            Edit(key="k6", c=0, late=0),
        ),
        lives_on=False,
    ),
    "nothing younger than the lag is called read (R7)": Story(
        Declared(lag=60), (), (Edit(key="k2", c=0, late=3),), lives_on=True
    ),
    "a cursor is moved by finished spans (R7)": Story(
        Declared(until="none", paging="keyset"),
        (
            Past(key="k3", ago=0, c=0),
            Past(key="k6", ago=0, c=0),
            Past(key="k7", ago=0, c=0),
            Past(key="k9", ago=1, c=0),
        ),
        (Wait(seconds=2),),
        lives_on=False,
    ),
    "in rising order, ties of the last value are read again (R7)": Story(
        Declared(listing="rising", rising=True, paging="keyset", size=2),
        (),
        (
            Wait(seconds=3),
            Hold(seconds=0),
            Edit(key="k4", c=0, late=0),
            Hold(seconds=2),
            Edit(key="k10", c=0, late=0),
            Edit(key="k2", c=0, late=0),
            Wait(seconds=600),
        ),
        lives_on=False,
    ),
    "the cut-off is written before anything is read (R9)": Story(
        Declared(),
        (Past(key="k13", ago=1, c=0),),
        (
            Hold(seconds=903),
            Wait(seconds=903),
        ),
        lives_on=False,
    ),
    "requests ask for a superset (R8)": Story(Declared(unit="day"), (), (Edit(key="k2", c=0, late=0),), lives_on=False),
    "the memory is a map from key to digest (R10)": Story(
        Declared(moves=False, reread=(86400,)),
        (),
        (
            Wait(seconds=1889),
            Edit(key="k0", c=2, late=0),
            Wait(seconds=2056),
            Edit(key="k0", c=0, late=0),
            Wait(seconds=900),
            Wait(seconds=3600),
            Wait(seconds=300),
            Edit(key="k0", c=2, late=3599),
            Wait(seconds=3600),
        ),
        lives_on=False,
    ),
    "what was sent is remembered in the state (R10)": Story(
        Declared(tick="hour", lag=60, reread=(3600,), every=3600),
        (),
        (
            Wait(seconds=302),
            Edit(key="k0", c=0, late=0),
            Crash(keep=1, down=3359),
            Wait(seconds=1),
            Edit(key="k13", c=0, late=0),
        ),
        lives_on=False,
    ),
    "re-reading has a frontier of its own (R10)": Story(
        Declared(reread=(21600,)),
        (),
        (
            Edit(key="k1", c=0, late=3),
            Wait(seconds=302),
        ),
        lives_on=False,
    ),
    "a key that another partition holds is not deleted (R13)": Story(
        Declared(kind="snapshot", confirms_empty=True, per="parents", shared=True),
        (Past(key="k4", ago=0, c=0),),
        (
            Wait(seconds=3),
            Edit(key="k4", c=1, late=0),
        ),
        lives_on=False,
    ),
    "an empty page alone deletes nothing (R6)": Story(
        Declared(kind="snapshot"),
        (Past(key="k3", ago=0, c=0),),
        (
            Wait(seconds=1),
            Blank(count=1),
            Wait(seconds=601),
        ),
        lives_on=False,
    ),
    "after a split, what another shard owns is forgotten (R19)": Story(
        Declared(moves=False, reread=(21600,)),
        (Past(key="k1", ago=1, c=2),),
        (
            Wait(seconds=2),
            Edit(key="k1", c=0, late=0),
            Split(copied=False),
            Wait(seconds=301),
            Merge(copied=True),
            Edit(key="k1", c=2, late=0),
        ),
        lives_on=False,
    ),
    "a partition that is refused is its own matter (R21)": Story(
        Declared(per="constants"), (), (Close(box="b2"),), lives_on=False
    ),
    "what the log told of is newer than a listing that trails it": Story(
        Declared(kind="log", confirms_empty=True, trails=900, ids=True),
        (Past(key="k1", ago=0, c=0),),
        (
            Wait(seconds=2),
            Edit(key="k1", c=0, late=0),
            Wait(seconds=900),
        ),
        lives_on=False,
    ),
    "rows are counted from the first page of a chain on (R11)": Story(
        Declared(until="none", paging="keyset", lives=864000, cap=4, second=True),
        (
            Past(key="k8", ago=0, c=0),
            Past(key="k9", ago=1, c=0),
            Past(key="k10", ago=0, c=0),
            Past(key="k11", ago=0, c=0),
            Past(key="k13", ago=1, c=0),
        ),
        (
            Wait(seconds=1),
            Wait(seconds=1),
        ),
        lives_on=False,
    ),
    "a new partition is backfilled": Story(Declared(per="parents"), (Past(key="k2", ago=0, c=0),), (), lives_on=False),
    "a log's token is taken before everything is listed (R14)": Story(
        Declared(kind="log", deletes="marked", trails=120),
        (),
        (
            Wait(seconds=2),
            Edit(key="k1", c=0, late=0),
            Wait(seconds=121),
        ),
        lives_on=False,
    ),
    "a listing begins `lag` after the token was taken (R14)": Story(
        Declared(kind="log", deletes="marked", trails=900),
        (
            Past(key="k0", ago=0, c=0),
            Past(key="k3", ago=0, c=0),
        ),
        (
            Fail(count=1),
            Wait(seconds=2),
            Remove(key="k0"),
        ),
        lives_on=True,
    ),
    "a deletion over shifting pages needs two equal passes (R13)": Story(
        Declared(kind="snapshot", paging="number", size=2),
        (
            Past(key="k0", ago=0, c=0),
            Past(key="k1", ago=0, c=0),
            Past(key="k4", ago=0, c=0),
        ),
        (
            Wait(seconds=2),
            Crash(keep=2, down=0),
            Wait(seconds=1),
            Remove(key="k0"),
        ),
        lives_on=True,
    ),
    "a span that hits the cap is not done (R11)": Story(
        Declared(cap=3, second=True),
        (
            Past(key="k2", ago=0, c=0),
            Past(key="k4", ago=0, c=0),
            Past(key="k6", ago=0, c=0),
            Past(key="k7", ago=0, c=0),
        ),
        (),
        lives_on=False,
    ),
    "a span whose tokens die is halved (R12)": Story(
        Declared(paging="keyset", chain=1),
        (),
        (
            Edit(key="k6", c=0, late=0),
            Edit(key="k1", c=0, late=0),
            Edit(key="k0", c=0, late=0),
            Wait(seconds=1),
            Edit(key="k7", c=0, late=0),
            Edit(key="k3", c=0, late=0),
            Edit(key="k5", c=0, late=0),
            Edit(key="k2", c=0, late=0),
        ),
        lives_on=False,
    ),
    "page numbers are proved by a total": Story(
        Declared(lag=60, paging="number", size=2, total=True),
        (),
        (
            Wait(seconds=123),
            Edit(key="k2", c=0, late=0),
            Edit(key="k1", c=0, late=0),
            Edit(key="k0", c=0, late=0),
            Crash(keep=0, down=62),
            Edit(key="k1", c=0, late=1),
            Wait(seconds=302),
        ),
        lives_on=False,
    ),
    "keys are kept when a token expires (R14)": Story(
        Declared(kind="log", total=True, deletes="marked"),
        (Past(key="k0", ago=0, c=0),),
        (
            Wait(seconds=3),
            Remove(key="k0"),
            TokensDie(),
        ),
        lives_on=False,
    ),
    "a parent is remembered before its children leave": Story(
        Declared(kind="follow", confirms_empty=True, orphans=True, root="snapshot"),
        (Past(key="k11", ago=0, c=0),),
        (
            Wait(seconds=3),
            Close(box="t2"),
        ),
        lives_on=False,
    ),
    "offset pages overlap": Story(
        Declared(lag=60, every=3600, paging="offset", size=1),
        (),
        (
            Edit(key="k2", c=0, late=0),
            Edit(key="k1", c=0, late=0),
            Wait(seconds=3303),
            Wait(seconds=300),
            Remove(key="k1"),
        ),
        lives_on=True,
    ),
    "an expired token has everything listed again (R14)": Story(
        Declared(kind="log", ids=True),
        (),
        (
            Wait(seconds=3),
            TokensDie(),
            Edit(key="k0", c=0, late=0),
        ),
        lives_on=False,
    ),
    "the count of numbered rows rises with each block": Story(
        Declared(kind="numbered", total=True),
        (Past(key="k4", ago=0, c=0),),
        (
            Wait(seconds=1),
            Remove(key="k4"),
        ),
        lives_on=False,
    ),
    "before a shared key is deleted, the other partitions are read (R13)": Story(
        Declared(kind="snapshot", confirms_empty=True, per="parents", shared=True),
        (Past(key="k4", ago=0, c=4),),
        (
            Wait(seconds=3),
            Edit(key="k4", c=2, late=0),
        ),
        lives_on=False,
    ),
    "only reading again settles what is compared": Story(
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
        (Past(key="k7", ago=0),),
        (
            Wait(seconds=3605),
            Close(box="b2"),
            Hold(seconds=5),
            Edit(key="k0"),
            Wait(seconds=3600),
            Remove(key="k0"),
            Wait(seconds=4),
            Open(box="b2"),
        ),
        lives_on=False,
    ),
    "one lane at a time reads what is below a parent": Story(
        Declared(kind="follow", confirms_empty=True, deletes="missing"),
        (Past(key="k8", ago=1),),
        (Hold(seconds=0), Hold(seconds=602), Wait(seconds=2), Remove(key="k8")),
    ),
    "a token is kept with its step's bounds (R16)": Story(
        Declared(paging="keyset", size=1, lives=864000),
        (),
        (
            Wait(seconds=2),
            Edit(key="k4", c=0, late=0),
            Edit(key="k5", c=0, late=0),
            Wait(seconds=600),
            Edit(key="k0", c=0, late=0),
            Wait(seconds=1),
        ),
        lives_on=False,
    ),
    "a listing begins `lag` after a restart (R14)": Story(
        Declared(kind="log", trails=900, ids=True),
        (Past(key="k2", ago=0, c=0),),
        (
            Wait(seconds=284),
            Edit(key="k2", c=0, late=0),
            Wait(seconds=320),
            Crash(keep=1, down=0),
            Wait(seconds=298),
        ),
        lives_on=False,
    ),
    "a backfill over shifting pages is read until two passes agree": Story(
        Declared(moves=False, reread=(3600,), paging="shifting", size=1),
        (
            Past(key="k1", ago=1, c=0),
            Past(key="k2", ago=5400, c=0),
            Past(key="k3", ago=40000, c=0),
        ),
        (
            Wait(seconds=2),
            Remove(key="k1"),
            Wait(seconds=1),
        ),
        lives_on=False,
    ),
    "two windows never read the same records at once": Story(
        Declared(moves=False, reread=(3600, 21600)),
        (),
        (
            Edit(key="k1", c=0, late=0),
            Wait(seconds=1701),
            Crash(keep=0, down=16300),
            Hold(seconds=0),
            Hold(seconds=3603),
            Wait(seconds=1),
            Edit(key="k1", c=1, late=0),
            Wait(seconds=6339),
        ),
        lives_on=False,
    ),
    "a page of the log is never older than a listing that trails it": Story(
        Declared(kind="log", deletes="marked", trails=900),
        (Past(key="k2", ago=0, c=0),),
        (
            Wait(seconds=2),
            Edit(key="k2", c=0, late=0),
            Hold(seconds=302),
            Wait(seconds=1259),
        ),
        lives_on=False,
    ),
    "state that waited is written in its turn": Story(
        Declared(total=True, cap=4, second=True),
        (
            Past(key="k0", ago=65988, c=491),
            Past(key="k1", ago=151405, c=463),
            Past(key="k2", ago=14486, c=894),
            Past(key="k3", ago=236071, c=506),
            Past(key="k4", ago=68275, c=360),
            Past(key="k5", ago=44711, c=309),
            Past(key="k7", ago=240334, c=719),
            Past(key="k8", ago=39779, c=868),
            Past(key="k9", ago=179957, c=217),
            Past(key="k10", ago=210134, c=39),
            Past(key="k11", ago=114768, c=179),
            Past(key="k12", ago=100152, c=740),
        ),
        (
            Block(seconds=299),
            Wait(seconds=303),
        ),
        lives_on=False,
    ),
}
