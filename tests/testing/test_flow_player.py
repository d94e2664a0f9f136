"""The player against a connector that does everything right."""

import random
import signal
import sys
import time
from pathlib import Path

import pytest

from connector_sdk.testing.flow import (
    Answered,
    CallFailedError,
    Capture,
    Captured,
    Checkpoint,
    Collections,
    Exited,
    KeyRange,
    Kill,
    Log,
    Opened,
    Player,
    SilentError,
    secrets_of,
)

ACME = Path(__file__).parent / "toys" / "source-acme"
CONFIG = {"credentials": {"credentials_title": "API Key", "api_key": "made-up-key"}}


def acme(once: bool = True, **options) -> Player:
    env = {"CONNECTOR_RUN": "once"} if once else {}
    return Player([sys.executable, "-m", "source_acme"], cwd=ACME, env=env, **options)


def captured(*streams: str, **config) -> Capture:
    player = acme()
    return Capture.discovered(player.discover(CONFIG), {**CONFIG, **config}, streams=streams or None)


def test_each_request_has_its_answer():
    player = acme()
    assert player.spec()["protocol"] == 3032023
    found = player.discover(CONFIG)
    assert [each["recommendedName"] for each in found] == ["tickets", "people", "rows"]
    capture = Capture.discovered(found, CONFIG)
    assert capture.names() == ["tickets", "people"]
    assert player.validate(capture) == [["tickets"], ["people"]]
    assert player.apply(capture, state={"kept": 1}) == {"kept": 1}
    assert player.prepare(CONFIG) == capture


def test_discovery_can_be_narrowed_and_widened():
    found = acme().discover(CONFIG)
    assert Capture.discovered(found, CONFIG, streams=["rows", "tickets"]).names() == ["rows", "tickets"]
    assert Capture.discovered(found, CONFIG, disabled=True).names() == ["tickets", "people", "rows"]
    assert Capture.discovered(found, CONFIG, interval="PT1S").bindings[0].resource["interval"] == "PT1S"
    with pytest.raises(ValueError, match=r"did you mean 'tickets'\?"):
        Capture.discovered(found, CONFIG, streams=["tickts"])


def test_a_refusal_tells_what_the_user_would_see():
    config = {"credentials": {"credentials_title": "API Key", "api_key": "wrong-key"}}
    with pytest.raises(CallFailedError, match="rejected the API key") as caught:
        acme().discover(config)
    assert caught.value.call.exit_code == 1
    assert caught.value.call.stdout == b""


def test_several_requests_on_one_stdin():
    call = acme().call({"spec": {}}, {"discover": {"config": CONFIG}}, {"spec": {}})
    assert [next(iter(each)) for each in call.answers] == ["spec", "discovered", "spec"]
    assert (call.exit_code, call.violations) == (0, [])
    call = acme().call({"spec": {}}, {"nonsense": {}})
    assert call.exit_code == 1
    assert call.error == "unknown request"
    assert len(call.answers) == 1


def test_a_large_request_on_one_line():
    call = acme().call({"discover": {"config": CONFIG, "name": "x" * 5_000_000}})
    assert call.answers


def test_spec_then_open_on_one_stdin():
    with acme().open(captured("people"), first=[{"spec": {}}]) as session:
        kinds = [type(each) for each in session if type(each) is not Log]
    assert kinds == [Answered, Opened, Captured, Captured, Captured, Checkpoint, Exited]


def test_a_session_tells_what_happened_in_order():
    with acme().open(captured()) as session:
        events = list(session)
    checkpoints = [each for each in events if type(each) is Checkpoint]
    assert [each.documents for each in checkpoints] == [{0: 5}] * 4 + [{0: 1}, {1: 3}]
    assert events[-1] == Exited(0)
    assert session.exit_code == 0
    assert session.documents == {"tickets": 21, "people": 3}
    assert session.state == {"bindingStateV1": {"tickets.v0": {"done": 21}, "people.v0": {"done": 3}}}
    assert [each.message for each in session.logs if each.event == "connectorStatus"] == ["Capture started."]
    assert session.usage.cpu > 0
    assert session.usage.memory > 1_000_000


def test_collections_hold_the_last_write_of_each_key_and_apply_deletes():
    rows = Collections()
    acme().run(captured(count=5), into=rows)
    assert rows["tickets"].keys() == [0, 1, 2, 4]
    assert rows["people"].keys() == ["ann@example.test", "bob@example.test", "zoë@example.test"]
    assert (rows["tickets"].writes, rows["tickets"].deletes) == (5, 1)
    before = dict(rows["tickets"].committed)
    acme().run(captured(count=5), into=rows)
    assert rows["tickets"].committed == before
    assert rows["tickets"].repeats == 4


def test_pending_documents_are_not_in_the_collection():
    rows = Collections()
    with acme().open(captured("tickets"), into=rows) as session:
        for event in session:
            if type(event) is Checkpoint:
                break
        assert len(rows["tickets"]) == 5
    assert rows["tickets"].pending == []


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_any_byte_and_a_resume_lose_nothing(seed):
    player, capture, whole = acme(), captured(), Collections()
    size = player.run(capture, into=whole).bytes_read
    rows = Collections()
    crashed = player.run(capture, into=rows, kill=Kill.random(random.Random(seed), size - 1))
    assert crashed.killed
    assert crashed.violations == []
    player.run(capture, crashed.state, into=rows)
    assert {name: each.committed for name, each in rows.items()} == {
        name: each.committed for name, each in whole.items()
    }


def test_a_kill_reads_exactly_up_to_its_moment():
    player, capture = acme(), captured()
    assert player.run(capture, kill=Kill.byte(0)).bytes_read == 0
    assert player.run(capture, kill=Kill.byte(333)).bytes_read == 333
    assert player.run(capture, kill=Kill.line(3)).documents == {"tickets": 2, "people": 0}
    two = player.run(capture, kill=Kill.checkpoint(2))
    assert (two.checkpoints, two.state) == (2, {"bindingStateV1": {"tickets.v0": {"done": 10}}})
    assert acme(once=False).run(capture, kill=Kill.after(0.1)).exit_code == -signal.SIGKILL


def test_sigterm_lets_the_process_end_by_itself():
    with acme(once=False).open(captured()) as session:
        session.run(until=lambda session: session.checkpoints == 6)
        time.sleep(0.05)  # it sets its handler after the last checkpoint
        assert session.stop(within=5) < 5
    assert session.exit_code == 0
    assert session.violations == []


def test_sigterm_at_a_checkpoint():
    session = acme(once=False).run(captured(pace=0.3), kill=Kill.checkpoint(1, signal.SIGTERM))
    assert session.exit_code == -signal.SIGTERM
    assert session.state["bindingStateV1"]["tickets.v0"]["done"] >= 5


def test_an_unread_stdout_blocks_the_connector_and_nothing_is_lost():
    rows = Collections()
    with acme().open(captured(count=3000, page=100), into=rows) as session:
        session.pause(0.15)
        assert session.bytes_read == 0
        assert session.exit_code is None
        session.run()
    assert len(rows["tickets"]) == 2999


def test_acknowledgements():
    with acme().open(captured("tickets", acks=True)) as session:
        for event in session:
            if type(event) is Checkpoint:
                assert session.acknowledgements
                session.acknowledge()
    assert session.exit_code == 0
    assert session.checkpoints == 5


def test_a_closed_stdin_means_nothing_after_open():
    assert acme().run(captured(), close_stdin=True).documents == {"tickets": 21, "people": 3}


def test_silence_is_an_error_that_shows_the_last_log():
    with acme(once=False, timeout=0.2).open(captured("people")) as session:
        with pytest.raises(SilentError, match="Capture started"):
            session.run()
    with pytest.raises(SilentError, match="no end after"):
        acme(once=False, timeout=0.2).call({"open": captured("people").open_request()})


def test_read_returns_when_nothing_comes():
    with acme(once=False).open(captured("people")) as session:
        events = []
        while session.checkpoints < 1:
            events += session.read(0.2)
        began = time.monotonic()
        assert session.read(0.05) == []
        assert time.monotonic() - began >= 0.05
        assert not session.ended


def test_output_is_kept_and_searched_on_demand():
    session = acme().run(captured(), keep_output=True, secrets=secrets_of(acme().spec()["configSchema"], CONFIG))
    assert session.stdout.count(b"\n") == session.lines
    assert b"Capture started." in session.stderr
    assert not acme().run(captured()).stdout


def test_the_environment_can_be_bare():
    player = acme(inherit=False)
    assert set(player.env) == {"PATH", "LOG_FORMAT", "LOG_LEVEL", "CONNECTOR_RUN"}
    assert player.spec()["protocol"] == 3032023


def test_requests_take_every_form():
    player, capture = acme(), captured()
    extra = capture.in_form(extra={"zzUnknown": {"newer": True}})
    assert player.validate(extra) == [["tickets"], ["people"]]
    assert player.run(extra).exit_code == 0
    linked = capture.in_form(linked=True)
    assert player.validate(linked, last=capture) == [["tickets"], ["people"]]
    player.apply(linked, last=capture, state={})
    assert player.run(linked).documents == {"tickets": 21, "people": 3}
    body = linked.open_request()["capture"]
    assert "collection" not in body["bindings"][1]
    assert body["linkedCollections"][body["bindings"][1]["collectionIndex"]]["key"] == ["/email"]


def test_a_capture_changes_as_an_operator_changes_it():
    capture = captured()
    again = capture.backfilled("tickets")
    assert [each.state_key for each in again.bindings] == ["tickets.v1", "people.v0"]
    assert capture.bindings[0].backfill == 0
    fewer = again.without("tickets")
    assert fewer.names() == ["people"]
    assert [each["stateKey"] for each in fewer.spec()["inactiveBindings"]] == ["tickets.v1"]
    assert fewer.only("people", "tickets").names() == ["people", "tickets"]
    assert capture.with_interval("PT1S").bindings[1].resource["interval"] == "PT1S"
    with pytest.raises(ValueError, match="did you mean 'people'"):
        capture.backfilled("peeple")
    session = acme().run(again, {"bindingStateV1": {"tickets.v0": {"done": 21}, "people.v0": {"done": 3}}})
    assert session.documents == {"tickets": 21, "people": 0}


def test_a_shard_gets_its_range():
    ranges = KeyRange.split(2)
    assert [(each.begin, each.end) for each in ranges] == [(0, 2**31 - 1), (2**31, 2**32 - 1)]
    assert "keyBegin" not in ranges[0].request()
    assert acme().run(captured(), range=ranges[1]).documents == {"tickets": 0, "people": 0}


def test_many_documents_pass_without_being_kept():
    counts = {"documents": 0}

    def count(event):
        counts["documents"] += type(event) is Captured

    session = acme().run(captured("tickets", count=50_000, page=500), on_event=count)
    assert counts["documents"] == session.documents["tickets"] == 50_001


def test_the_player_never_sends_what_the_protocol_does_not_know():
    with pytest.raises(ValueError, match="malformed request"):
        acme().open(captured(), first=[{"nonsense": {}}])
