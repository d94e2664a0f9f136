"""Logs that nothing is listed beside, deletions in several ways, parts with pages of their own, and what is offered."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import instant_text, parse_instant
from connector_sdk.testing.fake import Answer, FakeApi, Refuse
from connector_sdk.testing.flow import Collections, Kill, Player, Session

HOUR = 3_600_000_000


class Meadow:
    """The meadow's API, and a capture of it."""

    def __init__(self) -> None:
        self.clock = SystemClock(parse_instant("2026-03-02T10:00:00Z"), 60)
        self.api = api = FakeApi("meadow", clock=self.clock)
        self.entries: list[dict[str, Any]] = []
        self.first = 0  # entries before this one are not kept any more
        self.hives: dict[str, dict[str, Any]] = {}
        self.bees: dict[str, list[int]] = {}
        self.sold: dict[str, str] = {}
        self.shut: set[str] = set()
        self.rows = Collections(keep=lambda doc: doc)
        self.state: Any = None
        api.get("/check")(lambda request: {"ok": True})
        api.get("/log")(self.log)
        api.get("/hives")(lambda request: {"hives": [self.listed(each) for each in self.hives.values()]})
        api.get("/hives/{id}")(self.hive)
        api.get("/sold")(lambda request: {"hives": [{"id": id, "sold": at} for id, at in self.sold.items()]})
        api.post("/bees")(
            lambda request: {"hives": [self.part(id, 0) for id in request.json["hives"] if id in self.bees]}
        )
        api.get("/hives/{id}/bees")(lambda request: self.part(request.parts["id"], int(request.query["from"])))
        self.flowers: dict[str, list[int]] = {"clover": [], "thyme": [], "rows": []}
        self.dying = 0  # so many page tokens die as soon as they were given
        api.get("/late")(self.late)
        api.get("/flowers/{id}")(lambda request: self.paged(
            request, "bees", [{"bee": bee} for bee in self.flowers[request.parts["id"]]]))  # fmt: skip
        api.get("/songs/{bee}")(lambda request: self.paged(
            request, "songs", [{"song": f"{request.parts['bee']}.{n}"} for n in range(5)]))  # fmt: skip
        api.get("/nests/{bee}")(lambda request: {"bee": int(request.parts["bee"])})
        api.get("/twins/{bee}")(lambda request: {"bee": int(request.parts["bee"]) + 1})
        for path in ("closed", "below", "kinds"):
            api.get(f"/{path}")(lambda request, path=path: self.guarded(path))

    def log(self, request: Any) -> Any:
        after = int(request.query.get("after", self.first))
        if after < self.first:
            raise Refuse(410, "too old")
        page = self.entries[after : after + 3]
        return {"entries": page, "last": str(after + len(page)), "more": after + len(page) < len(self.entries)}

    def late(self, request: Any) -> Any:
        """A log that begins with the token of its first refusal, and whose pages end with an empty one."""
        at = int(request.query.get("after", "-1"))
        if at < self.first:
            return Answer({"error": "too old", "last": str(len(self.entries))}, 410)
        page = self.entries[at : at + 3]
        return {"entries": page, "last": str(at + len(page))}

    def paged(self, request: Any, name: str, found: list[Any]) -> Any:
        """Two a page, until a token dies."""
        if "from" in request.query and self.dying:
            self.dying -= 1
            raise Refuse(410, "the token has died")
        start = int(request.query.get("from", 0))
        return {name: found[start : start + 2], "next": str(start + 2) if start + 2 < len(found) else None}

    def listed(self, hive: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in hive.items() if name != "whole"}

    def hive(self, request: Any) -> Any:
        if request.parts["id"] not in self.hives:
            raise Refuse(404, "no such hive")
        return self.hives[request.parts["id"]]

    def part(self, id: str, start: int) -> dict[str, Any]:
        bees = self.bees[id]
        found: dict[str, Any] = {"id": id, "bees": bees[start : start + 2]}
        return found | ({"next": str(start + 2)} if start + 2 < len(bees) else {})

    def guarded(self, path: str) -> Any:
        if path in self.shut:
            return Answer({"error": f"{path} is not for you"}, 403)
        return {"rows": [{"id": path}], "kinds": [{"id": path}]}

    def put(self, id: str, bees: list[int] | None = None, **more: Any) -> None:
        self.hives[id] = {"id": id, "updated": instant_text(self.clock.now())[:19] + "Z", "whole": True, **more}
        if bees is not None:
            self.bees[id] = bees

    def run(self, *streams: str, hours: float = 0.01, **how: Any) -> Session:
        self.clock._start += int(hours * HOUR)
        env = {"CONNECTOR_RUN": "once", "CONNECTOR_CLOCK": self.clock.spec(),
               "PYTHONPATH": str(Path(__file__).parents[1] / "sources")}  # fmt: skip
        self.player = Player([sys.executable, "-m", "source_meadow"], env=env)
        capture = self.player.prepare({"advanced": {"base_url": self.api.url}}, streams=list(streams))
        self.api.requests.clear()
        session = self.player.run(capture, self.state, into=self.rows, timeout=60, **how)
        assert session.killed or session.exit_code == 0, session.error
        self.state = session.state
        return session

    def keys(self, stream: str) -> set[Any]:
        return {key[0] if len(key) == 1 else key for key in self.rows[stream].committed}


@pytest.fixture
def meadow() -> Iterator[Meadow]:
    it = Meadow()
    with it.api:
        yield it
        assert not it.api.errors


@pytest.mark.parametrize("stream", ["log", "told_log"])
def test_a_log_without_a_listing_is_read_from_its_first_entry_and_goes_on(meadow: Meadow, stream: str) -> None:
    meadow.entries = [{"n": n} for n in range(10)]
    assert meadow.run(stream).documents == {stream: 10}
    assert meadow.run(stream).documents == {stream: 0}
    meadow.entries += [{"n": n} for n in range(10, 14)]
    assert meadow.run(stream).documents == {stream: 4}
    assert meadow.keys(stream) == set(range(14))
    assert meadow.api.requests.of("GET /log")[0].query["after"] == "10"


def test_a_log_goes_on_behind_the_last_page_that_was_written(meadow: Meadow) -> None:
    meadow.entries = [{"n": n} for n in range(30)]
    meadow.run("log", kill=Kill.checkpoint(4))
    resumed = meadow.run("log")
    assert 0 < resumed.documents["log"] < 30
    assert meadow.keys("log") == set(range(30))


def test_a_log_that_takes_longer_than_its_pause_is_read_once(meadow: Meadow) -> None:
    meadow.entries = [{"n": n} for n in range(30)]
    fast = SystemClock(meadow.clock.now(), 1_000_000)  # half a minute passes in thirty microseconds
    meadow.clock = meadow.api.clock = fast
    assert meadow.run("log").documents == {"log": 30}
    assert meadow.api.requests.count("GET /log") <= 11


@pytest.mark.parametrize("stream", ["log", "told_log"])
def test_a_token_that_died_begins_at_the_first_entry_that_is_kept_and_is_told(meadow: Meadow, stream: str) -> None:
    meadow.entries = [{"n": n} for n in range(5)]
    meadow.run(stream)
    meadow.entries += [{"n": n} for n in range(5, 12)]
    meadow.first = 8
    session = meadow.run(stream)
    assert meadow.keys(stream) == {0, 1, 2, 3, 4, 8, 9, 10, 11}
    assert any("token expired" in log.message for log in session.logs)


def test_a_log_may_begin_with_the_token_that_comes_with_its_refusal(meadow: Meadow) -> None:
    meadow.entries = [{"n": n} for n in range(4)]
    assert meadow.run("late_log").documents == {"late_log": 0}
    meadow.entries += [{"n": n} for n in range(4, 12)]
    assert meadow.run("late_log").documents == {"late_log": 8}
    assert [entry.query["after"] for entry in meadow.api.requests.of("GET /late")] == ["4", "7", "10", "12"]
    meadow.entries += [{"n": n} for n in range(12, 15)]
    meadow.first = 14  # whatever was given is too old
    session = meadow.run("late_log")
    assert any("goes on from a new one" in log.message for log in session.logs)
    meadow.entries += [{"n": 15}]
    meadow.run("late_log")
    assert meadow.keys("late_log") == {*range(4, 12), 15}


def test_a_token_that_came_with_a_refusal_is_kept_before_anything_is_read(meadow: Meadow) -> None:
    def happens(request: Any) -> None:
        meadow.entries.append({"n": len(meadow.entries)})

    meadow.api.after("GET /late", happens, nth=2, times=1)  # the first is discovery's
    meadow.run("late_log", kill=Kill.checkpoint(1))
    meadow.run("late_log")
    assert meadow.keys("late_log") == {0}


@pytest.mark.parametrize("stream", ["visits", "songs", "rows", "nests"])
def test_a_listing_whose_page_token_dies_begins_again(meadow: Meadow, stream: str) -> None:
    meadow.flowers = {"clover": [1, 2, 3, 4, 5], "thyme": [6], "rows": [7, 8, 9]}
    meadow.dying = 2
    meadow.run(stream)
    assert meadow.dying == 0
    bees = {1, 2, 3, 4, 5, 6}
    songs = {f"{bee}.{n}" for bee in bees for n in range(5)}
    assert meadow.keys(stream) == {"visits": bees, "songs": songs, "rows": {0, 1, 2}, "nests": bees}[stream]


def test_page_tokens_that_die_every_time_are_an_error_with_a_name(meadow: Meadow) -> None:
    meadow.flowers["clover"] = [1, 2, 3]
    meadow.dying = 1_000
    with pytest.raises(AssertionError, match="page tokens die"):
        meadow.run("visits")


@pytest.mark.parametrize("below", ["songs", "hums"])  # of one parent, or of several
def test_what_is_below_a_record_stays_while_it_is_in_another_part(meadow: Meadow, below: str) -> None:
    meadow.flowers |= {"clover": [1, 2], "thyme": [2, 3]}
    meadow.run("visits", below)
    assert len(meadow.keys(below)) == 15
    meadow.flowers["clover"] = [1]
    meadow.run("visits", below, hours=1)
    assert meadow.keys("visits") == {1, 2, 3}
    assert len(meadow.keys(below)) == 15
    meadow.flowers["thyme"] = [3]
    meadow.run("visits", below, hours=1)
    assert meadow.keys("visits") == {1, 3}
    assert {song.partition(".")[0] for song in meadow.keys(below)} == {"1", "3"}


def test_of_several_parents_each_is_looked_at_as_often_as_it_is_itself(meadow: Meadow) -> None:
    meadow.flowers |= {"clover": [1], "thyme": [2]}
    meadow.run("hums")
    meadow.flowers["thyme"].append(3)
    meadow.run("hums", hours=0.5)
    assert len(meadow.keys("hums")) == 15
    assert meadow.api.requests.count("GET /closed") == 0
    meadow.run("hums", hours=1)
    assert meadow.api.requests.count("GET /closed") > 0


def test_what_is_below_records_stays_with_them_when_the_part_that_they_are_in_is_gone(meadow: Meadow) -> None:
    meadow.flowers |= {"clover": [1, 2], "thyme": [3]}
    meadow.run("nests", "eggs")
    meadow.flowers["clover"] = [1]
    meadow.run("nests", "eggs", hours=2)
    assert meadow.keys("nests") == {1, 2, 3}
    assert len(meadow.keys("eggs")) == 15


def test_what_is_below_a_record_stays_when_a_root_with_the_same_key_goes(meadow: Meadow) -> None:
    meadow.flowers["clover"] = [1, 2]  # whose twins are 2 and 3
    meadow.run("visits", "echoes")
    assert {song.partition(".")[0] for song in meadow.keys("echoes")} == {"2", "3"}
    meadow.flowers["clover"] = [1]
    meadow.run("visits", "echoes", hours=1)
    assert meadow.keys("visits") == {1}
    assert {song for song in meadow.keys("echoes") if song[0] == "2"} == {f"2.{n}" for n in range(5)}


def test_an_empty_listing_is_believed_where_a_function_says_that_the_answer_is_good(meadow: Meadow) -> None:
    meadow.flowers |= {"clover": [1], "thyme": [2]}
    meadow.run("visits")
    meadow.flowers["clover"] = []
    meadow.run("visits", hours=1)
    assert meadow.keys("visits") == {2}


def test_deletions_are_learned_in_every_way_that_is_declared(meadow: Meadow) -> None:
    for number in range(6):
        meadow.put(f"h{number}")
    meadow.run("hives")
    meadow.put("h1", burnt=True)
    del meadow.hives["h2"]
    meadow.sold["h2"] = "2026-03-02T10:00:00Z"
    meadow.run("hives", hours=2)
    assert meadow.keys("hives") == {"h0", "h3", "h4", "h5"}


def test_parts_with_pages_of_their_own_are_read_to_their_end(meadow: Meadow) -> None:
    for number in range(9):
        meadow.put(f"h{number}", bees=list(range(number)))
    meadow.run("bees")
    assert meadow.keys("bees") == {(f"h{number}", bee) for number in range(9) for bee in range(number)}
    further = [each.path for each in meadow.api.requests if each.path.endswith("/bees") and each.path != "/bees"]
    assert len(further) == sum(-(-number // 2) - 1 for number in range(3, 9))


def test_of_a_batch_what_is_missing_below_each_parent_is_deleted(meadow: Meadow) -> None:
    for number in range(5):
        meadow.put(f"h{number}", bees=[1, 2, 3, 4, 5])
    meadow.run("bees")
    meadow.put("h1", bees=[1, 5])
    meadow.put("h2", bees=[])
    meadow.put("h3")
    assert meadow.run("bees").documents["bees"] == 8
    assert {bee for hive, bee in meadow.keys("bees") if hive == "h1"} == {1, 5}
    assert not [hive for hive, _ in meadow.keys("bees") if hive == "h2"]


def test_what_is_followed_as_listed_is_not_completed(meadow: Meadow) -> None:
    meadow.put("h1", bees=[1])
    meadow.run("bees")
    assert meadow.keys("bees") == {("h1", 1)}
    assert not [each for each in meadow.api.requests if each.path == "/hives/h1"]


def test_what_is_below_a_parent_goes_with_it_when_it_is_told_to_be_deleted(meadow: Meadow) -> None:
    for number in range(4):
        meadow.put(f"h{number}", bees=[1, 2])
    meadow.run("hives", "bees")
    meadow.put("h1", burnt=True)
    del meadow.hives["h2"]
    meadow.sold["h2"] = "2026-03-02T10:00:00Z"
    meadow.run("hives", "bees", hours=2)
    assert {hive for hive, _ in meadow.keys("bees")} == {"h0", "h3"} == meadow.keys("hives")
    del meadow.sold["h2"]
    meadow.put("h2", bees=[7])
    meadow.run("hives", "bees", hours=2)
    assert ("h2", 7) in meadow.keys("bees")
    del meadow.hives["h2"]
    meadow.sold["h2"] = "2026-03-02T14:00:00Z"
    meadow.run("hives", "bees", hours=2)
    assert {hive for hive, _ in meadow.keys("bees")} == {"h0", "h3"} == meadow.keys("hives")


def test_discovery_leaves_out_what_the_source_does_not_offer_and_says_so(meadow: Meadow) -> None:
    meadow.run("log")
    call = {"discover": {"config": {"advanced": {"base_url": meadow.api.url}}}}
    answer = meadow.player.call(call)
    assert {"closed", "below", "kind_kinds"} <= _names(answer)
    meadow.shut = {"closed", "kinds"}
    answer = meadow.player.call(call)
    assert {"log", "told_log", "hives", "bees"} <= _names(answer)
    assert _names(answer).isdisjoint({"closed", "below", "kind_kinds"})
    told = " ".join(log.message for log in answer.logs)
    for name in ("closed", "below", "found"):
        assert f"{name}: left out" in told
    assert "closed is not for you" in told


def _names(answer: Any) -> set[str]:
    return {each["recommendedName"] for each in answer.answers[0]["discovered"]["bindings"]}
