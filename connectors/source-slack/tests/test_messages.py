"""What history does not show: edits, deletions, replies to old messages, and channels that are joined later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Begin = Callable[..., Any]
DAY = 86_400_000_000


def posted(it: Any, days: float, kind: str = "public") -> tuple[str, str]:
    """A message of so many days ago."""
    channel = it.channel(kind)
    return channel, it.world.post(channel, it.clock.now() - int(days * DAY))


def test_an_edit_within_the_hour_is_found_within_the_hour(capturing: Begin) -> None:
    it = capturing("messages")
    edited = posted(it, 0.2)
    it.run()
    it.world.edit(*edited)
    it.run(hours=1.1)
    it.compare("messages")


def test_the_window_is_the_users_and_what_lies_beyond_is_not_read_again(capturing: Begin) -> None:
    for days, found in ((7, False), (15, True)):
        it = capturing("messages", lookback_days=days)
        edited, deleted = posted(it, 10), posted(it, 11)
        it.run()
        it.world.edit(*edited)
        it.world.delete(*deleted)
        it.run(hours=60)
        assert ("edited" in it.found("messages")[edited]) is found
        assert (deleted not in it.found("messages")) is found


def test_a_deleted_message_with_replies_stays_as_a_tombstone(capturing: Begin) -> None:
    it = capturing("messages", "threads")
    channel, parent = posted(it, 2)
    it.world.reply(channel, parent)
    it.run()
    it.world.delete(channel, parent)
    it.run(hours=26)
    it.compare("messages", "threads")
    assert it.found("messages")[channel, parent]["subtype"] == "tombstone"


def test_the_only_message_of_a_quiet_channel_and_its_only_pin_are_deleted_too(capturing: Begin) -> None:
    it = capturing("messages", "pins", "bookmarks")
    channel, ts = posted(it, 2, "private")
    for other in [each for each in it.world.messages[channel] if each != ts]:
        del it.world.messages[channel][other]
    it.run()
    it.world.delete(channel, ts)
    it.world.pins[channel].clear()
    it.world.bookmarks[channel].clear()
    it.run(hours=26)
    it.compare("messages", "pins", "bookmarks")
    assert channel not in str(it.found("messages").keys())


# ---- threads


def test_a_reply_to_a_message_of_last_year_is_found_and_only_that_thread_is_read(capturing: Begin) -> None:
    it = capturing("messages", "threads", start_date="2025-01-01T00:00:00Z")
    channel, parent = posted(it, 300)
    it.world.reply(channel, parent, it.clock.now() - 299 * DAY)
    for days in (0, 9):  # after which no other thread is as young as those that are always read
        it.run(hours=24 * days)
    it.world.reply(channel, parent, it.clock.now() + DAY)
    it.run(hours=24 * 31)
    it.compare("threads")
    assert [query["ts"] for query in it.asked("conversations.replies")] == [parent]


def test_the_last_reply_that_is_deleted_goes_though_the_message_has_no_count_any_more(capturing: Begin) -> None:
    it = capturing("threads")
    channel, parent = posted(it, 3)
    reply = it.world.reply(channel, parent)
    it.run()
    it.world.delete(channel, reply)
    assert "reply_count" not in it.world.shown(channel, parent)
    it.run(hours=26)
    assert (channel, reply) not in it.found("threads")


def test_a_thread_that_vanished_while_it_was_read_stops_nothing(capturing: Begin) -> None:
    it = capturing("messages", "threads")
    it.source.fail("conversations.replies", "thread_not_found")
    it.run()
    it.compare("messages")
    assert len(it.found("threads")) > 10


# ---- channels that the bot is not in


def test_a_channel_to_which_the_bot_is_invited_later_is_captured_from_the_start(capturing: Begin) -> None:
    it = capturing("messages", "threads", "channels")
    channel = it.channel("elsewhere")
    it.run()
    assert channel not in {key[0] for key in it.found("messages")}
    assert channel not in str(it.state["bindingStateV1"]["messages.v0"]), "no place is kept that would skip its history"
    assert not [query for query in it.asked("conversations.history") if query["channel"] == channel]
    it.source.routes.invite(channel)
    it.run(hours=1)
    it.compare("messages", "threads", "channels")
    assert len([key for key in it.found("messages") if key[0] == channel]) > 10


def test_a_channel_that_says_it_may_be_read_and_may_not_is_captured_whole_once_it_can(capturing: Begin) -> None:
    it = capturing("messages")
    channel = it.channel("private")
    it.source.fail("conversations.history", "not_in_channel", times=None, channel=channel)
    for hours in (0, 30):
        it.run(hours=hours)
        it.world.post(channel)
    it.source.routes.failures.clear()
    it.run(hours=30)
    it.compare("messages")


def test_what_was_said_while_the_bot_was_not_there_is_read_when_it_comes_back(capturing: Begin) -> None:
    it = capturing("messages", "threads")
    channel = it.channel("private")
    it.run()
    before = set(it.found("messages"))
    it.source.routes.invite(channel, member=False)
    it.world.post(channel, it.clock.now() + DAY)
    it.run(hours=48)
    assert set(it.found("messages")) >= before, "who is removed loses nothing that was captured"
    it.source.routes.invite(channel)
    it.run(hours=30)
    it.compare("messages")


def test_direct_messages_have_no_is_member_and_are_read(capturing: Begin) -> None:
    it = capturing("messages")
    it.run()
    assert it.channel("im") in {key[0] for key in it.found("messages")}


def test_the_bot_joins_nothing_unless_it_is_told_to_and_never_what_is_archived(capturing: Begin) -> None:
    it = capturing("channels", "messages")
    it.world.channels[it.channel("archived")]["is_member"] = False
    it.run()
    assert it.source.api.requests.count("POST /api/conversations.join") == 0
    it = capturing("channels", "messages", join_channels=True, channels=12)
    archived = it.channel("archived")
    it.world.channels[archived]["is_member"] = False
    elsewhere = [id for id, each in it.world.channels.items() if each.get("name", "").startswith("elsewhere")]
    it.source.fail("conversations.join", "is_archived")  # it became so in between
    it.run()
    assert [entry.status for entry in it.source.api.requests.of("POST /api/conversations.join")] == [200, 200]
    assert not it.world.channels[archived]["is_member"]
    assert sum(it.world.channels[id]["is_member"] for id in elsewhere) == 1
    it.compare("channels", "messages")


def test_archived_channels_are_listed_and_read(capturing: Begin) -> None:
    it = capturing("channels", "messages")
    it.run()
    archived = it.channel("archived")
    assert it.found("channels")[archived]["is_archived"]
    assert archived in {key[0] for key in it.found("messages")}


# ---- what Slack hides


def test_what_a_retention_policy_deletes_is_kept(capturing: Begin) -> None:
    it = capturing("messages", "reactions", lookback_days=15, retention_days=10)
    old, young = posted(it, 9), posted(it, 2)
    it.world.react(*old)
    it.run()
    for channel, ts in (old, young):
        del it.world.messages[channel][ts]
    it.run(hours=60)
    assert old in it.found("messages")
    assert young not in it.found("messages")
    assert old in {key[:2] for key in it.found("reactions")}


def test_what_a_free_plan_hides_is_told_and_not_deleted(capturing: Begin) -> None:
    it = capturing("messages", lookback_days=90, history_days=100, start_date="2025-10-01T00:00:00Z")
    hidden = posted(it, 89.9)
    it.run()
    it.source.traps.visible_days = 90
    session = it.run(hours=24 * 13)
    assert hidden in it.found("messages")
    assert any("is_limited" in str(log) for log in session.logs)
