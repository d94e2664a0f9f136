"""Linear's pages while records come, move and go between them, and cursors that make no sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Begin = Callable[..., Any]


def test_records_of_one_instant_may_lie_on_several_pages(capturing: Begin) -> None:
    it = capturing("issues", page_most=4)
    it.run()
    now = it.source.api.now()
    for id in list(it.world.table("Issue"))[:15]:
        it.world.change("Issue", id, updatedAt=now, title="imported")
    it.run(hours=1)
    it.compare("issues")


@pytest.mark.parametrize("offset_cursors", [False, True], ids=["cursors are ids", "cursors count rows"])
def test_nothing_is_lost_while_records_change_and_vanish_between_pages(capturing: Begin, offset_cursors: bool) -> None:
    it = capturing("issues", "comments", page_most=5, offset_cursors=offset_cursors)
    only = ["Issue edited", "Comment vanished", "Issue purged at once", "Issue made", "Comment edited"]
    hook = it.source.api.before("/graphql", lambda request: it.source.tick(1, only=only), times=12)
    it.run()
    hook.stop()
    it.run(hours=2)
    it.run(hours=26)
    it.run(hours=26)
    it.compare("issues", "comments")


def test_an_edit_that_is_seen_later_than_it_was_stamped_is_found(capturing: Begin) -> None:
    it = capturing("issues", late=1.0, speed=1)
    it.run()
    it.source.tick(12, only=["Issue edited"])
    it.run()
    it.source.settle()
    it.run(hours=0.02)
    it.compare("issues")


def test_a_quiet_poll_asks_for_fifty_and_a_full_page_is_followed_by_large_ones(capturing: Begin) -> None:
    it = capturing("issues", issues=160, history_days=3)
    it.run()
    assert {each["first"] for each in it.asked("issues")} == {50, 250}
    it.run(hours=0.5)
    assert {each["first"] for each in it.asked("issues")} == {50}


@pytest.mark.parametrize("stream", ["issues", "issue_subscribers"])
def test_a_cursor_that_is_refused_begins_its_span_or_listing_again(capturing: Begin, stream: str) -> None:
    it = capturing(stream, page_most=10, dead_cursors=1)
    it.run()
    it.compare(stream)


@pytest.mark.parametrize("trap", ["lost_cursors", "same_cursors"])
def test_pages_that_do_not_go_on_end_in_an_error(capturing: Begin, trap: str) -> None:
    it = capturing("issues", page_most=10, **{trap: True})
    session = it.run(fails=True)
    assert "page" in session.error
    assert session.documents["issues"] <= 20


def test_only_whole_instants_with_milliseconds_are_asked_for(capturing: Begin) -> None:
    it = capturing("issues")
    it.run()
    asked = [each for each in it.asked("issues") if "since" in each]
    assert asked
    for each in asked:
        for border in (each["since"], each["until"]):
            assert len(border) == len("2026-01-02T12:30:00.500Z")
            assert border.endswith("Z")
