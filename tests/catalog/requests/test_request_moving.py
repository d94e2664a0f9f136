"""An approved request goes on, its folder and its entry with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog.requests import Move, Stored, find, move
from connector_sdk.errors import EntryError, RequestFileError
from tests.catalog.requests.desk import DECIDES, ENTRY, Desk

TODAY = date(2026, 11, 20)


def step(desk: Desk, goal: str, *, wrong: list[Finding] | None = None, note: str = "", reference: str = "",
         tag: str = "") -> None:  # fmt: skip
    stored: Stored = find(desk.repository, "linear")
    move(desk.repository, stored, Move(goal, DECIDES, note, reference, tag), TODAY, verify=lambda name: wrong or [])


def entry(desk: Desk) -> str:
    return (desk.root / "catalog-entries" / "source-linear.yaml").read_text("utf-8")


def test_an_approval_begins_the_connector_and_its_entry(desk: Desk) -> None:
    number = desk.checked("Zoom", "--data", "confidential")
    said = desk.request("decide", number, "--approve", "--reason", "none there", "--by", DECIDES,
                        "--owner", "data-team", "--today", "2026-11-04")  # fmt: skip
    assert "requests/2026-001-zoom.yaml (building)" in said
    assert "data-team: build it, then request move 2026-001 candidate" in said
    assert (desk.root / "connectors" / "source-zoom" / "pyproject.toml").is_file()
    made = YAML(typ="safe").load((desk.root / "catalog-entries" / "source-zoom.yaml").read_text("utf-8"))
    assert made["metadata"]["lifecycle"] == "building"
    assert made["metadata"]["owner"] == "data-team"
    assert made["metadata"]["request"] == "requests/2026-001-zoom.yaml"
    assert made["spec"]["data"]["classification"] == "confidential"
    history = YAML(typ="safe").load(desk.file(number).read_text("utf-8"))["history"]
    assert [each["state"] for each in history] == ["draft", "checked", "approved", "building"]
    assert history[-1]["note"] == "connectors/source-zoom/ and catalog-entries/source-zoom.yaml are begun"
    assert "data-team" in desk.request("list")
    said = desk.request("move", number, "candidate", code=1)
    assert "The entry source-zoom is not ready to be candidate" in said
    assert "lifecycle: building" in (desk.root / "catalog-entries" / "source-zoom.yaml").read_text("utf-8")
    assert "state: building" in desk.file(number).read_text("utf-8")


def test_a_gap_goes_into_the_entry(desk: Desk) -> None:
    number = desk.checked("Gong", "--streams", "transcripts")
    grounds = ("--gap", "stream:transcripts", "--reason", "transcripts", "--until", "2027-03-01")
    name = ("--name", "source-gong-transcripts")
    desk.request("decide", number, "--approve", *grounds, *name, "--by", DECIDES, "--today", "2026-11-04")
    path = desk.root / "catalog-entries" / "source-gong-transcripts.yaml"
    made = YAML(typ="safe").load(path.read_text("utf-8"))
    assert made["spec"]["overlap"] == {
        "with": "source-gong",
        "gap": [{"kind": "stream", "what": "transcripts"}],
        "until": "2027-03-01",
    }


@pytest.mark.parametrize(("there", "code"), [("connectors/source-zoom/x", 1), ("catalog-entries/source-zoom.yaml", 2)])
def test_what_cannot_be_begun_leaves_the_request_undecided_and_no_folder(desk: Desk, there: str, code: int) -> None:
    number = desk.checked("Zoom")
    (desk.root / there).parent.mkdir(parents=True)
    (desk.root / there).write_text("metadata: {name: source-zoom, request: requests/2026-001-zoom.yaml}\n")
    before = desk.file(number).read_text("utf-8")
    desk.request("decide", number, "--approve", "--reason", "none there", "--by", DECIDES, code=code)
    assert desk.file(number).read_text("utf-8") == before
    assert (desk.root / "connectors" / "source-zoom").exists() == there.startswith("connectors")


def test_what_was_only_approved_is_begun_later(desk: Desk) -> None:
    number = desk.approved("Zoom")
    desk.request("move", number, "building", "--owner", "data-team", "--today", "2026-11-10")
    assert (desk.root / "connectors" / "source-zoom").is_dir()
    assert "owner: data-team" in (desk.root / "catalog-entries" / "source-zoom.yaml").read_text("utf-8")


def test_the_entry_goes_with_the_request_to_the_end(begun: Desk) -> None:
    step(begun, "candidate")
    assert entry(begun) == ENTRY.replace("building", "candidate"), "what people wrote stays"
    with pytest.raises(RequestFileError, match=r"has no spec\.estuary\.reference"):
        step(begun, "submitted")
    step(begun, "submitted", reference="https://example.test/issues/7")
    assert "reference: https://example.test/issues/7" in entry(begun)
    assert "lifecycle: candidate" in entry(begun)
    step(begun, "registered", tag="v1")
    estuary = YAML(typ="safe").load(entry(begun))["spec"]["estuary"]
    assert estuary == {
        "reference": "https://example.test/issues/7",
        "tag": "v1",
        "registered": True,
        "registeredOn": TODAY,
    }
    with pytest.raises(RequestFileError, match="is registered"):
        step(begun, "retired", note="Estuary has its own")
    path = begun.root / "catalog-entries" / "source-linear.yaml"
    path.write_text(entry(begun).replace("lifecycle: registered", "lifecycle: deprecated"))
    step(begun, "retired", note="Estuary has its own")
    assert "lifecycle: deprecated" in entry(begun)
    assert begun.json("request", "list")["requests"][-1]["id"] == "2026-002"


def test_a_candidate_goes_back_to_building(begun: Desk) -> None:
    step(begun, "candidate")
    step(begun, "building", note="a stream is missing")
    assert "lifecycle: building" in entry(begun)


def test_an_entry_that_is_not_ready_stays_as_it_was(begun: Desk) -> None:
    with pytest.raises(RequestFileError, match="not ready to be candidate: No conformance"):
        step(begun, "candidate", wrong=[Finding("entry-lifecycle", "error", "No conformance.")])
    assert entry(begun) == ENTRY
    assert "state: building" in begun.file("2026-003").read_text("utf-8")


@pytest.mark.parametrize("refused", [True, False])
def test_an_entry_keeps_its_line_ends(begun: Desk, refused: bool) -> None:
    path = begun.root / "catalog-entries" / "source-linear.yaml"
    before = b"\xef\xbb\xbf" + ENTRY.replace("\n", "\r\n").removesuffix("\r\n").encode()
    path.write_bytes(before)
    if refused:
        with pytest.raises(RequestFileError, match="not ready to be candidate"):
            step(begun, "candidate", wrong=[Finding("entry-lifecycle", "error", "No conformance.")])
        assert path.read_bytes() == before
    else:
        step(begun, "candidate")
        assert path.read_bytes() == before.replace(b"building", b"candidate")


def test_an_entry_that_cannot_be_read_is_named(begun: Desk) -> None:
    path = begun.root / "catalog-entries" / "source-linear.yaml"
    path.write_text("metadata: [")
    with pytest.raises((EntryError, RequestFileError)):
        step(begun, "candidate")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("candidate", "--reference", "https://example.test/7"), "--reference goes with submitted"),
        (("candidate", "--tag", "v1"), "--tag goes with registered"),
    ],
)
def test_what_is_said_of_the_wrong_state(begun: Desk, args: tuple[str, ...], said: str) -> None:
    assert said in begun.request("move", "linear", *args, code=2)


def test_without_its_folder_nothing_goes_on(begun: Desk) -> None:
    (begun.root / "connectors" / "source-linear" / "pyproject.toml").unlink()
    Path(begun.root / "connectors" / "source-linear").rmdir()
    assert "there is no folder connectors/source-linear" in begun.request("move", "linear", "candidate", code=1)
