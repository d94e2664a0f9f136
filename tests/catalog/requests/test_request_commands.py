"""``connector-sdk request``: the whole way, and each wrong turn, typed as a person types it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog.requests._store import locked
from tests.catalog.requests.desk import ASKS, DECIDES, Desk


def test_the_way_from_a_wish_to_a_decision(desk: Desk) -> None:
    said = desk.request(
        "new", "Zoom", "--streams", "meetings,recordings", "--freshness", "PT15M", "--volume", "20000 meetings a day",
        "--url", "https://developers.zoom.us/docs/api/", "--data", "confidential", "--deletes", "--auth", "oauth",
        "--today", "2026-11-02",
    )  # fmt: skip
    assert "requests/2026-001-zoom.yaml (draft)" in said
    assert f"{ASKS}: request check 2026-001" in said
    said = desk.request("check", "zoom", "--today", "2026-11-03")
    assert "The catalog has no connector for it." in said
    said = desk.request("decide", "2026-001", "--approve", "--reason", "no connector is there", "--by", DECIDES,
                        "--until", "2027-03-01", "--no-scaffold", "--today", "2026-11-04")  # fmt: skip
    assert "Zoom is approved" in said
    text = desk.file("2026-001").read_text("utf-8")
    assert re.search(r"catalogVersion: 2\d{3}-\d\d-\d\d\+sha256:[0-9a-f]+", text)
    wanted = """\
# A request for a connector. Steps are taken with connector-sdk request; docs/requests.md tells of states.
apiVersion: connector-catalog/v1
kind: ConnectorRequest
id: 2026-001
system: Zoom
connectorKind: capture
requester: requester@example.test
date: 2026-11-02
need:
  streams:
    - meetings
    - recordings
  deletes: true
  freshness: PT15M
  volume: 20000 meetings a day
urls:
  - https://developers.zoom.us/docs/api/
auth: oauth
dataClassification: confidential
catalogCheck:
  query: Zoom
  catalogVersion: VERSION
  answer: request-custom
  candidates: []
connector: source-zoom
decision:
  answer: approve
  by: decider@example.test
  date: 2026-11-04
  reason: no connector is there
  gap: []
  until: 2027-03-01
state: approved
history:
  - state: draft
    date: 2026-11-02
    by: requester@example.test
  - state: checked
    date: 2026-11-03
    by: requester@example.test
    note: request-custom
  - state: approved
    date: 2026-11-04
    by: decider@example.test
"""
    assert re.sub("(catalogVersion: ).*", r"\1VERSION", text) == wanted


def test_gong_without_a_gap_is_refused_with_the_connector_to_use(desk: Desk) -> None:
    number = desk.checked("Gong")
    said = desk.request("decide", number, "--approve", "--reason", "we want our own", "--by", DECIDES, code=1)
    assert "The catalog has source-gong for Gong: use it." in said
    assert "--use-existing source-gong" in said
    assert "state: checked" in desk.file(number).read_text("utf-8")
    said = desk.request("decide", number, "--use-existing", "source-gong", "--reason", "it is there", "--by", DECIDES)
    assert "closed: use source-gong" in said
    assert "connector: source-gong" in desk.file(number).read_text("utf-8")


def test_gong_with_a_gap_is_approved_under_another_name(desk: Desk) -> None:
    number = desk.checked("Gong", "--streams", "transcripts")
    decide = ("decide", number, "--approve", "--reason", "transcripts are wanted", "--by", DECIDES, "--no-scaffold")
    said = desk.request(*decide, code=1)
    assert "source-gong" in said and "--gap" in said
    said = desk.request(*decide, "--gap", "stream:transcripts", code=2)
    assert "source-gong is in the catalog already" in said and "--name source-gong-custom" in said
    desk.request(*decide, "--gap", "stream:transcripts", "--name", "source-gong-transcripts")
    text = desk.file(number).read_text("utf-8")
    assert "connector: source-gong-transcripts" in text and "- stream:transcripts" in text


def test_with_a_gap_our_own_may_have_the_same_name_where_it_is_said(desk: Desk) -> None:
    number = desk.checked("Gong", "--streams", "transcripts")
    desk.request("decide", number, "--approve", "--reason", "ours has them", "--by", DECIDES, "--no-scaffold",
                 "--gap", "stream:transcripts", "--name", "source-gong")  # fmt: skip
    assert "connector: source-gong\n" in desk.file(number).read_text("utf-8")


@pytest.mark.parametrize("scaffold", ["--scaffold", "--no-scaffold"])
def test_a_gap_that_the_catalog_knows_to_be_none_is_refused(desk: Desk, scaffold: str) -> None:
    number = desk.checked("Gong", "--streams", "calls")
    before = desk.files()
    decide = ("decide", number, "--approve", "--reason", "ours is nicer", "--by", DECIDES, "--name", "source-gong-x")
    for gaps in (["stream:calls"], ["stream:Calls", "volume:a lot"], ["hosting:managed", "stream:nothing-of-theirs"]):
        said = desk.request(*decide, *(part for each in gaps for part in ("--gap", each)), scaffold, code=1)
        assert f"source-gong has {gaps[0]}, so that is no gap." in said
        assert f"request decide {number} --use-existing source-gong" in said
    assert desk.files() == before


@pytest.mark.parametrize("gap", ["volume:a lot", "deletes", "licence:MIT", "freshness:too slow", "stream"])
def test_a_gap_of_which_the_catalog_knows_nothing_is_the_deciders(desk: Desk, gap: str) -> None:
    number = desk.checked("Gong", "--streams", "calls")
    desk.request("decide", number, "--approve", "--reason", "why", "--by", DECIDES, "--name", "source-gong-x",
                 "--no-scaffold", "--gap", gap)  # fmt: skip
    assert f"- {gap}" in desk.file(number).read_text("utf-8")


def test_a_gap_is_compared_with_each_that_may_be_meant_unless_none_fits(desk: Desk) -> None:
    number = desk.checked("Salesforse")
    decide = ("decide", number, "--approve", "--reason", "why", "--by", DECIDES, "--no-scaffold", "--gap", "auth:oauth")
    said = desk.request(*decide, code=1)
    assert "has auth:oauth, so that is no gap." in said
    desk.request(*decide, "--none-fits")


def test_a_deprecated_connector_is_not_what_one_is_sent_to(desk: Desk) -> None:
    number = desk.checked("HubSpot")
    said = desk.request(
        "decide", number, "--use-existing", "source-hubspot", "--reason", "there", "--by", DECIDES, code=2
    )
    assert "use source-hubspot-native" in said


def test_a_choice_of_similar_names_is_looked_at(desk: Desk) -> None:
    number = desk.checked("Salesforse")
    assert "answer: needs-choice" in desk.file(number).read_text("utf-8")
    decide = ("decide", number, "--approve", "--reason", "another system", "--by", DECIDES, "--no-scaffold")
    said = desk.request(*decide, code=1)
    assert "look at them first" in said and "--none-fits" in said
    desk.request(*decide, "--none-fits")
    assert "noneFits:" in desk.file(number).read_text("utf-8")


def test_checking_again_changes_nothing_where_nothing_is_new(desk: Desk) -> None:
    number = desk.checked("Zoom")
    before = desk.file(number).read_text("utf-8")
    assert "Nothing has changed" in desk.request("check", number)
    assert desk.file(number).read_text("utf-8") == before
    desk.edit(number, "need: {}", "need: {freshness: PT5M}")
    desk.request("check", number)
    desk.request("check", number)
    assert desk.file(number).read_text("utf-8").count("state: checked") == 1 + 1


def test_what_a_person_wrote_beside_the_fields_stays(desk: Desk) -> None:
    number = str(desk.json("request", "new", "Zoom")["id"])
    desk.edit(number, "system: Zoom", "system: 'Zoom'   # the meetings, not the phone")
    desk.request("check", number)
    assert "system: 'Zoom'   # the meetings, not the phone" in desk.file(number).read_text("utf-8")


WAYS = {
    "crlf": (b"\r\n", b"", True),
    "crlf without the last": (b"\r\n", b"", False),
    "a mark": (b"\n", b"\xef\xbb\xbf", True),
    "a mark and crlf": (b"\r\n", b"\xef\xbb\xbf", False),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_step_keeps_the_ways_of_the_file(waiting: Desk, way: str) -> None:
    end, mark, last = WAYS[way]

    def written(text: bytes) -> bytes:
        return mark + (text if last else text.removesuffix(b"\n")).replace(b"\n", end)

    steps = [
        ("check", "webex", "--today", "2026-11-21"),
        ("decide", "webex", "--approve", "--reason", "why", "--by", DECIDES, "--no-scaffold", "--today", "2026-11-22"),
        ("renew", "webex", "--until", "2027-12-01", "--by", DECIDES, "--today", "2026-11-23"),
        ("move", "webex", "retired", "--note", "no need", "--by", DECIDES, "--today", "2026-11-24"),
    ]
    path = waiting.file("2026-001")
    plain = path.read_bytes()
    for step in steps:
        path.write_bytes(plain)
        waiting.request(*step)
        before, plain = plain, path.read_bytes()
        path.write_bytes(written(before))
        waiting.request(*step)
        assert path.read_bytes() == written(plain)


def test_the_list_tells_what_waits_for_whom_and_how_long(waiting: Desk) -> None:
    said = waiting.request("list", "--today", "2026-11-27")
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip().startswith("2026-")}
    assert re.search(r"Webex +draft +requester@example\.test +7 +request check 2026-001", rows["2026-001"])
    assert re.search(r"Zoom +checked +a reviewer .* 24 +request decide 2026-002", rows["2026-002"])
    assert re.search(r"Linear +approved +the platform team +23 +request move 2026-003 building", rows["2026-003"])


def test_the_list_as_json_is_the_same_each_time(waiting: Desk) -> None:
    once, again = (waiting.run("request", "list", "--today", "2026-11-27", "--json") for _ in range(2))
    assert once == again
    rows = waiting.json("request", "list", "--today", "2026-11-27")["requests"]
    assert [(each["id"], each["state"], each["days"]) for each in rows] == [
        ("2026-001", "draft", 7),
        ("2026-002", "checked", 24),
        ("2026-003", "approved", 23),
    ]
    assert rows[2]["until"] == "2027-05-06"


def test_what_has_ended_waits_for_nobody(waiting: Desk) -> None:
    waiting.request("decide", "zoom", "--reject", "--reason", "no need", "--by", DECIDES)
    said = waiting.request("list")
    assert "Zoom" not in said
    assert "Zoom" in waiting.request("list", "--all")
    assert "Zoom" in waiting.request("list", "--state", "rejected")


def test_a_decision_whose_day_has_come_waits_again(waiting: Desk) -> None:
    said = waiting.request("list", "--today", "2027-06-01")
    assert "request renew 2026-003 --until DATE" in " ".join(said.split())
    row = waiting.json("request", "list", "--today", "2027-06-01")["requests"][2]
    assert row["overdue"] is True and row["days"] == 209
    waiting.request("renew", "linear", "--until", "2027-12-01", "--by", DECIDES, "--today", "2027-06-01")
    row = waiting.json("request", "list", "--today", "2027-06-02")["requests"][2]
    assert row["overdue"] is False and row["days"] == 210, "renewing is no new state"


def test_an_empty_folder_says_how_to_begin(desk: Desk) -> None:
    assert "connector-sdk request new SYSTEM" in desk.request("list")
    assert desk.json("request", "list")["requests"] == []


def _change(number: str, *more: str) -> tuple[str, ...]:
    return ("decide", number, "--reason", "why", "--by", DECIDES, *more)


BAD: list[tuple[tuple[str, ...], int, str]] = [
    (("check", "2026-009"), 2, "There is no request '2026-009'"),
    (("check", "zom"), 2, "did you mean 'zoom'?"),
    (("check", "requests/2026-002-zom.yaml"), 2, "There is no request"),
    (("decide", "zoom"), 2, "It is not said how it is decided."),
    (_change("zoom", "--approve", "--reject"), 2, "--approve and --reject contradict each other."),
    (("decide", "zoom", "--approve", "--by", DECIDES), 2, "A decision has a reason."),
    (("decide", "zoom", "--approve", "--reason", " ", "--by", DECIDES), 2, "A decision has a reason."),
    (("decide", "zoom", "--approve", "--reason", "why", "--no-scaffold"), 1, f"{ASKS} asked for this"),
    (("decide", "zoom", "--reject", "--reason", "why", "--by", "Requester@Example.test"), 1, "cannot decide it."),
    (("decide", "zoom", "--reject", "--reason", "why", "--by", f"Me <{ASKS}>"), 1, "cannot decide it."),
    (("decide", "zoom", "--reject", "--reason", "why", "--by", "me"), 2, "'me' is no e-mail address."),
    (_change("zoom", "--use-existing", "source-zoon"), 2, "There is no connector 'source-zoon'"),
    (_change("zoom", "--use-existing", "materialize-snowflake"), 2, "is a materialization"),
    (_change("zoom", "--approve", "--gap", "streem:chats"), 2, "did you mean 'stream'?"),
    (_change("zoom", "--approve", "--gap", "stream:"), 2, "says nothing"),
    (_change("zoom", "--reject", "--until", "2020-01-01"), 2, "2020-01-01 is not after"),
    (_change("zoom", "--reject", "--until", "soon"), 2, "soon"),
    (_change("zoom", "--approve", "--name", "Zoom Connector"), 2, "not a connector's name, such as source-zoom"),
    (_change("webex", "--approve"), 1, "draft, which cannot become approved"),
    (_change("linear", "--reject"), 1, "approved, which cannot become rejected"),
    (("check", "linear"), 1, "the catalog's answer is part of its decision"),
    (("move", "zoom", "building"), 1, "checked, which cannot become building"),
    (("move", "linear", "bulding"), 2, "did you mean 'building'?"),
    (("move", "linear", "approved"), 2, "connector-sdk request decide does"),
    (("move", "linear", "registered"), 1, "it becomes building, then candidate, then submitted first"),
    (("move", "linear", "retired", "--by", DECIDES), 2, "--note says why"),
    (("move", "linear", "retired", "--note", "not wanted"), 1, "cannot decide it"),
    (("renew", "zoom", "--until", "2028-01-01", "--by", DECIDES), 1, "no decision to renew"),
    (("renew", "linear", "--until", "2020-01-01", "--by", DECIDES), 2, "is not after"),
    (("renew", "linear", "--until", "2028-01-01"), 1, "cannot decide it"),
    (("list", "--state", "bulding"), 2, "did you mean 'building'?"),
    (("list", "--today", "yesterday"), 2, "yesterday"),
    (("list", "--root", "nowhere"), 2, "There is no folder"),
    (("new",), 2, "It names no system."),
    (("new", "Zoom"), 1, "2026-002 asks for Zoom already; it is checked."),
    (("new", "z.o.o.m."), 1, "2026-002 asks for Zoom already"),
    (("new", "日本"), 2, "has no letter of a to z"),
    (("new", "Asana", "--kind", "captur"), 2, "did you mean 'capture'?"),
    (("new", "Asana", "--freshness", "5 minutes"), 2, "an ISO 8601 duration, such as PT15M"),
    (("new", "Asana", "--url", "asana.com"), 2, "not an http or https address"),
    (("new", "Asana", "--data", "secret"), 2, "dataClassification is 'secret'"),
    (("new", "Asana", "--requester", "me"), 2, "'me' is no e-mail address."),
    (("new", "Asana", "--issue", "issue.md"), 2, "contradict each other"),
    (("new", "--issue", "issue.md"), 2, "issue.md cannot be read"),
]


@pytest.mark.parametrize(("args", "code", "said"), BAD, ids=[" ".join(each[0]) for each in BAD])
def test_a_wrong_turn_is_one_sentence_and_changes_nothing(
    waiting: Desk, args: tuple[str, ...], code: int, said: str
) -> None:
    before = {path.name: path.read_bytes() for path in (waiting.root / "requests").iterdir()}
    text = waiting.request(*args, code=code)
    assert said in text
    assert "hint: " in text or "no folder" in text
    assert {path.name: path.read_bytes() for path in (waiting.root / "requests").iterdir()} == before


def test_two_systems_of_one_name_are_told_apart_by_number(desk: Desk) -> None:
    desk.checked("Front")
    desk.request("decide", "front", "--reject", "--reason", "no need", "--by", DECIDES)
    desk.request("new", "Front")
    said = desk.request("check", "front", code=2)
    assert "front is asked for by 2026-001 and 2026-002." in said
    desk.request("check", "2")
    assert "checked" in desk.request("list", "--all")


def test_signs_tell_systems_apart_and_spellings_do_not(desk: Desk) -> None:
    for system in ("C", "C++", "C#"):
        desk.request("new", system, "--today", "2026-11-02")
    names = ["2026-001-c.yaml", "2026-002-c-plus-plus.yaml", "2026-003-c-sharp.yaml"]
    assert sorted(path.name for path in (desk.root / "requests").iterdir()) == names
    for which, number in (("c", 1), ("C++", 2), ("c plus plus", 2), ("c#", 3), ("C-Sharp", 3)):
        assert f"2026-00{number}" in desk.request("check", which, "--today", "2026-11-03")
    for again, number in (("c ", 1), ("--c", 1), ("c ++", 2), ("C Plus Plus", 2), ("c #", 3), ("C\u266f", 3)):
        said = desk.request("new", "--today", "2026-11-02", "--", again, code=1)
        assert f"2026-00{number} asks for" in said
    desk.request("new", "Zoom", "--today", "2026-11-02")
    for again in ("zoom ", "ZOOM", "Z\u00f6om", "zo-om"):
        assert "2026-004 asks for Zoom already" in desk.request("new", again, code=1)
    desk.request("decide", "c#", "--approve", "--reason", "why", "--by", DECIDES, "--no-scaffold", "--none-fits")
    assert "connector: source-c-sharp\n" in desk.file("2026-003").read_text("utf-8")


@pytest.mark.parametrize("system", ["++", "#", "---", "日本+", "…"])
def test_a_name_of_nothing_but_signs_is_refused(desk: Desk, system: str) -> None:
    said = desk.request("new", "--", system, code=2)
    assert "has no letter of a to z and no digit." in said and "spell it so" in said
    assert not (desk.root / "requests").exists()


def test_what_is_no_request_is_told_with_the_nearest(desk: Desk) -> None:
    for number in range(1, 31):
        system = "Zoom" if number == 7 else f"Thing {number}"
        desk.request("new", system, "--today", "2026-11-02")
    said = desk.request("check", "Zooom", code=2)
    assert said.splitlines()[0] == "error: There is no request 'Zooom':"
    assert "did you mean 'zoom'? connector-sdk request list --all shows all" in said and "thing" not in said
    assert "2026-0" not in said
    said = desk.request("check", "Quickbooks", code=2)
    assert "There is no request 'Quickbooks'." in said and "request list --all shows all" in said
    assert "thing" not in said and "2026-0" not in said
    assert desk.request("check", "2026-099", code=2).count("2026-0") == 1 + 3


def test_a_capture_and_a_materialization_of_one_system_are_two_requests(desk: Desk) -> None:
    desk.request("new", "Elasticsearch")
    desk.request("new", "Elasticsearch", "--kind", "materialization")
    assert len(list((desk.root / "requests").iterdir())) == 2


def test_a_number_on_another_branch_is_not_taken_again(desk: Desk) -> None:
    desk.git("switch", "--quiet", "--create", "other")
    desk.request("new", "Zoom", "--today", "2026-11-02")
    desk.commit()
    desk.git("switch", "--quiet", "main")
    assert not (desk.root / "requests").exists()
    assert desk.json("request", "new", "Webex", "--today", "2026-11-02")["id"] == "2026-002"
    assert desk.json("request", "new", "Linear", "--today", "2027-01-02")["id"] == "2027-001"


def test_without_an_address_git_is_asked_and_else_a_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.git("config", "--unset", "user.email")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    said = desk.request("new", "Zoom", code=2)
    assert "git knows no user.email." in said and "--requester" in said


def test_it_is_the_same_as_a_process_of_its_own(waiting: Desk) -> None:
    listed = ("request", "list", "--today", "2026-11-27")
    assert waiting.process(*listed) == waiting.run(*listed)
    refused = ("request", "decide", "zoom", "--reject", "--reason", "why")
    assert waiting.process(*refused, code=1) == waiting.run(*refused, code=1)


def test_an_error_is_json_too(desk: Desk) -> None:
    told: Any = desk.run("request", "check", "2026-009", "--json", code=2)
    assert '{"error": {"message": "There are no requests here."' in told


def test_a_file_that_is_no_request_is_named_with_its_line(desk: Desk) -> None:
    number = desk.checked("Zoom")
    desk.edit(number, "answer: request-custom", "answer: request-costum")
    said = desk.request("decide", number, "--reject", "--reason", "why", "--by", DECIDES, code=1)
    assert "2026-001-zoom.yaml, line" in said and "did you mean 'request-custom'?" in said
    desk.file(number).write_text("id: [", "utf-8")
    assert "line" in desk.request("list", code=1)


def test_a_decision_is_about_what_the_catalog_says_now(desk: Desk) -> None:
    number = desk.checked("Zoom")
    desk.edit(number, "need: {}", "need: {streams: [meetings]}\nurls: ['https://api.gong.io/v2']")
    said = desk.request("decide", number, "--approve", "--reason", "why", "--by", DECIDES, "--no-scaffold", code=1)
    assert f"connector-sdk request check {number}" in said


def test_requests_that_are_written_at_once_take_a_number_each(desk: Desk) -> None:
    names = ["Zoom", "Asana", "Linear", "Webex", "Notion"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    argv = [sys.executable, "-m", "connector_sdk.cli", "request", "new", "--today", "2026-11-02"]
    begun = [subprocess.Popen([*argv, each], cwd=desk.root, env=env, stdout=subprocess.PIPE) for each in names]
    assert [each.wait(60) for each in begun] == [0] * 5
    for each in begun:
        each.communicate()
    numbers = sorted(each.name[:8] for each in (desk.root / "requests").iterdir())
    assert numbers == [f"2026-00{n}" for n in range(1, 6)]


def test_who_looks_for_a_number_waits_for_who_takes_one(desk: Desk) -> None:
    with locked(desk.repository):
        argv = [sys.executable, "-m", "connector_sdk.cli", "request", "new", "Zoom", "--today", "2026-11-02"]
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
        waits = subprocess.Popen(argv, cwd=desk.root, env=env, stdout=subprocess.PIPE)
        (desk.root / "requests" / "2026-001-asana.yaml").write_text("{}")
    assert waits.wait(60) == 0
    waits.communicate()
    assert desk.file("2026-002").name == "2026-002-zoom.yaml"


@pytest.mark.parametrize(
    "args", [("Evil\n::error file=x::pwned",), ("Zoom\x1b[2J",), ("Zoom", "--auth", "a\x1b[2J"), ("Zoom\u202e",)]
)
def test_control_characters_are_refused_and_not_printed(desk: Desk, args: tuple[str, ...]) -> None:
    said = desk.request("new", *args, code=2)
    assert "control characters" in said
    assert "\x1b" not in said and not any(each.lstrip().startswith("::") for each in said.splitlines())


@pytest.mark.parametrize(
    "url", ["https://u:S3CRET@h.example/x", "https://S3CRET@h.example", "https://h.example/x?token=S3CRET",
            "https://h.example/x?a=1&api_key=S3CRET", "https://u:S3CRET\\@h.example"]
)  # fmt: skip
def test_addresses_with_passwords_are_refused_and_not_printed(desk: Desk, url: str) -> None:
    said = desk.request("new", "Zoom", "--url", url, code=2)
    assert "urls[1] is no http or https address, or holds a password or token." in said
    assert "S3CRET" not in said
    desk.request("new", "Zoom", "--url", "https://h.example/docs/@team?page=2#top")


@pytest.mark.parametrize("who", ["jo@example.test.", "jo@example.test,x", "jo\u200b@example.test", "jo@@example.test"])
def test_an_odd_address_is_nobodys(waiting: Desk, who: str) -> None:
    said = waiting.request("decide", "Zoom", "--reject", "--reason", "no", "--by", who, code=2)
    assert "is no e-mail address" in said
    waiting.edit("2026-002", "by: requester@example.test", f"by: '{who}'")
    assert "not an e-mail address" in waiting.run("check-all", "--today", "2026-11-27", code=1)


def test_a_letter_of_another_width_is_the_same_person(waiting: Desk) -> None:
    wide = "\uff52equester@example.test"
    assert "asked for" in waiting.request("decide", "Zoom", "--reject", "--reason", "no", "--by", wide, code=1)


def test_two_files_of_a_number_are_told_by_their_names(waiting: Desk) -> None:
    text = waiting.file("2026-002").read_text("utf-8")
    (waiting.root / "requests" / "2026-002-asana.yaml").write_text(text.replace("Zoom", "Asana"), "utf-8")
    said = waiting.request("check", "2", code=2)
    assert "2026-002-asana.yaml and 2026-002-zoom.yaml" in said and "name the file that you mean" in said


def test_a_day_that_no_calendar_has_is_told_at_its_line(waiting: Desk) -> None:
    waiting.edit("2026-002", "date: 2026-11-02", "date: 2026-02-30")
    said = waiting.run("check-all", "--today", "2026-11-27", code=1)
    assert "requests/2026-002-zoom.yaml:8:1: error: date is '2026-02-30', a day that no calendar has." in said


@pytest.mark.parametrize("day", ["2026-02-29", "20261127", "2026-W01-1", "2026-11-27T10:00:00", "\u0662026-11-27"])
def test_what_is_no_day_is_told_in_one_sentence(desk: Desk, day: str) -> None:
    assert f"--today {day} is no day." in desk.request("list", "--today", day, code=2)
    assert f"--until {day} is no day." in desk.request("renew", "Zoom", "--until", day, code=2)
    assert f"--today {day} is no day." in desk.run("check-all", "--today", day, code=2)
