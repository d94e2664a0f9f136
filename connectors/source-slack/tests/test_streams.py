"""Every stream equals the source: after a first capture, and after changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from source_slack import slack

from connector_sdk.testing.fake import HandClock, load_sandbox

Begin = Callable[..., Any]
FOLDER = Path(__file__).parents[1]
ALL = [stream.name for stream in slack.declared()]


def test_every_stream_equals_the_source_and_a_second_run_writes_nothing(capturing: Begin) -> None:
    it = capturing(*ALL)
    it.run()
    it.compare(*ALL)
    again = it.run(hours=7)
    assert {name: count for name, count in again.documents.items() if count} == {}


def test_the_sandbox_is_the_same_every_time_and_tells_all_streams() -> None:
    first, second = (load_sandbox(FOLDER)(messages=50, clock=HandClock()) for _ in range(2))
    for stream in ALL:
        assert first.truth(stream) == second.truth(stream) != {}, stream


def test_timestamps_stay_the_text_that_they_are(capturing: Begin) -> None:
    it = capturing("messages", "threads")
    channel = it.channel("public")
    for ts in ("1771000000.000200", "1771000000.000000", "1771000001.100000"):
        it.world.messages[channel][ts] = {"type": "message", "user": "U1", "text": "noughts", "ts": ts}
    it.run()
    it.compare("messages")
    found = it.found("messages")
    assert {(channel, "1771000000.000200"), (channel, "1771000000.000000")} <= found.keys()
    assert all(key[1].partition(".")[2].isdigit() and len(key[1].partition(".")[2]) == 6 for key in found)
    borders = [query[name] for query in it.asked("conversations.history") for name in ("oldest", "latest")]
    assert all(re.fullmatch(r"\d{10}\.\d{6}", border) for border in borders)


def test_a_message_at_the_very_border_of_a_window_is_read(capturing: Begin) -> None:
    """Slack leaves the borders themselves out; history is asked for in windows of thirty days."""
    it = capturing("messages")
    channel = it.channel("public")
    borders = [it.world.began, it.world.epoch]
    for instant in borders:
        ts = f"{instant // 1_000_000}.000000"
        it.world.messages[channel][ts] = {"type": "message", "user": "U1", "text": "at the border", "ts": ts}
    it.run()
    it.compare("messages")


def test_nobody_is_asked_about_who_is_deactivated(capturing: Begin) -> None:
    it = capturing("dnd", users=130)
    it.world.users[next(iter(it.world.users))]["deleted"] = True
    it.run()
    it.compare("dnd")
    assert [len(query["users"].split(",")) for query in it.asked("dnd.teamInfo")] == [50, 50, 29]


def test_who_signs_in_again_is_one_row_and_only_what_is_new_is_read(capturing: Begin) -> None:
    it = capturing("access_logs", "integration_logs", "audit_logs")
    it.run()
    for _ in range(3):
        it.world.log_in()
        it.world.add_integration()
        it.world.add_audit()
    it.run(hours=26)
    it.compare("access_logs", "integration_logs", "audit_logs")
    whole = max(int(query["before"]) for query in it.asked("team.accessLogs"))
    assert whole * 1_000_000 > it.world.epoch


def test_logs_of_more_pages_than_slack_gives_are_read_in_spans(capturing: Begin) -> None:
    it = capturing("access_logs", most_pages=1)
    for number in range(1_200):  # two pages of a thousand
        it.world.logins["U1", f"10.0.0.{number}", "x"] = {
            "user_id": "U1", "ip": f"10.0.0.{number}", "user_agent": "x", "count": 1,
            "date_first": 1, "date_last": it.world.began // 1_000_000 + number * 900,
        }  # fmt: skip
    it.run()
    it.compare("access_logs")


def test_a_definition_takes_at_most_twenty_lines_a_stream() -> None:
    files = (FOLDER / "source_slack").glob("*.py")
    lines = [line for file in files for line in file.read_text("utf-8").splitlines() if line.strip()]
    assert max(map(len, lines)) <= 120
    assert len(lines) <= 20 * len(ALL)
