"""The generated part is the tool's, the rest is people's; evidence is noted with what it is of."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog.entries import begin, check_entries, entry_named, read_entries, sync
from connector_sdk.errors import EntryError

from .conftest import DIGEST, NAME, Team

OTHER = f"sha256:{'2b' * 32}"


def test_an_entry_begins_as_it_should_be(team: Team) -> None:
    (entry,) = read_entries(team.repository)
    assert (entry.name, entry.title, entry.owner, entry.lifecycle) == (NAME, "Acme", "team-data", "building")
    assert entry.hosts == ("api.acme.example",)
    assert entry.streams == ("users", "items", "comments")
    streams = {each["name"]: each for each in entry.generated["streams"]}
    assert streams["items"]["key"] == ["/id"]
    assert streams["items"]["cursor"] == "/updated_at"
    assert streams["items"]["deletes"] == "as their records say"
    assert streams["users"]["defaultInterval"] == "PT1H"
    assert entry.generated["secrets"] == ["/credentials/token"]
    assert entry.generated["auth"] == ["API token"]
    assert check_entries(team.repository) == []


def test_nothing_is_begun_twice(team: Team) -> None:
    with pytest.raises(EntryError, match="there already"):
        begin(team.repository, NAME, title="Acme", owner="team-data")


def test_an_entry_may_begin_before_its_connector(tmp_path: Path, team: Team) -> None:
    path = begin(
        team.repository, "source-later", title="Later", owner="team-data", request="requests/2026-001-later.yaml",
        hosts=["api.later.example"], classification="confidential",
    )  # fmt: skip
    assert "generated" not in path.read_text()
    found = check_entries(team.repository, names=["source-later"])
    assert [each.rule for each in found] == ["entry-request", "entry-connector"]


def test_what_people_wrote_stays_to_the_byte(team: Team) -> None:
    team.write("  owner: team-data", "  owner:   'team-data'   # ask them first\n\n  # two lines\n  # of reasons")
    before = team.entry.read_text().partition("generated:")[0]
    team.edit(team.code, 'about="Items, as', 'about="Things, as')
    assert sync(team.repository, NAME).changed
    assert team.entry.read_text().partition("generated:")[0] == before
    assert not sync(team.repository, NAME).changed


def test_line_ends_and_a_mark_stay(team: Team) -> None:
    team.edit(team.code, 'about="Items, as', 'about="Things, as')
    before = team.entry.read_bytes()
    team.entry.write_bytes(b"\xef\xbb\xbf" + before.replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    sync(team.repository, NAME)
    written = team.entry.read_bytes()
    team.entry.write_bytes(before)
    sync(team.repository, NAME)
    plain = team.entry.read_bytes()
    assert plain != before
    assert written == b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n").removesuffix(b"\r\n")


def test_blocks_behind_the_generated_part_stay_too(team: Team) -> None:
    text = team.entry.read_text()
    head, _, tail = text.partition("spec:")
    spec, _, generated = tail.partition("generated:")
    team.entry.write_text(f"{head}generated:{generated}# of the spec\nspec:{spec}")
    team.edit(team.code, 'about="Items, as', 'about="Things, as')
    assert sync(team.repository, NAME).changed
    assert team.entry.read_text().endswith(f"# of the spec\nspec:{spec}")
    assert check_entries(team.repository, run=False) == []


def test_an_edited_generated_part_is_found_and_made_anew(team: Team) -> None:
    whole = team.entry.read_text()
    team.write("key: [/id]", "key: [/title]")
    assert [each.rule for each in check_entries(team.repository, run=False)] == ["entry-edited"]
    assert sync(team.repository, NAME, check=True).changed
    sync(team.repository, NAME)
    assert team.entry.read_text() == whole


def test_a_connector_that_changed_makes_its_entry_stale(team: Team) -> None:
    team.edit(team.code, 'sync=Snapshot(every="1h")', 'sync=Snapshot(every="2h")')
    (found,) = check_entries(team.repository)
    assert found.rule == "entry-drift"
    assert "streams/users/defaultInterval" in found.message
    assert found.hint.startswith(f"make it anew with connector-sdk entry sync {NAME}")
    assert found.line == 1 + team.entry.read_text().partition("generated:")[0].count("\n")


def test_the_command_checks_and_writes(team: Team) -> None:
    team.edit(team.code, 'sync=Snapshot(every="1h")', 'sync=Snapshot(every="2h")')
    before = team.entry.read_text()
    told = team.json("entry", "sync", "--check", code=1)
    assert "streams/users/defaultInterval" in told["entries"][0]["differences"]
    assert team.entry.read_text() == before
    said = team.run("entry", "sync", NAME, "--image", team.image(), "--change", "added: items")
    assert said.startswith(f"written: catalog-entries/{NAME}.yaml: definitionHash, streams/users/defaultInterval")
    assert release(team)[0]["changes"] == [{"kind": "added", "what": "items"}]


def test_a_comment_in_the_code_alone_is_a_new_definition(team: Team) -> None:
    team.edit(team.code, "PAGES = ", "# not said before\nPAGES = ")
    assert sync(team.repository, NAME, check=True).differences == ("definitionHash",)


def test_a_report_is_noted_with_what_it_is_of(team: Team) -> None:
    sync(team.repository, NAME, report=team.report(), today=date(2026, 11, 27))
    entry = entry_named(team.repository, NAME)
    proof = entry.generated["conformance"]
    assert (proof["passed"], proof["failed"], proof["whole"], proof["date"]) == (proof["total"], 0, True, "2026-11-27")
    assert proof["definitionHash"] == entry.generated["definitionHash"]
    kept = json.loads((team.root / "catalog-entries" / "reports" / f"{NAME}.json").read_text())
    assert set(kept["checks"][0]) == {"check", "group", "status", "told"}
    assert check_entries(team.repository, run=False) == []


def test_evidence_that_was_edited_is_not_sealed_again(team: Team) -> None:
    sync(team.repository, NAME, report=team.report(failed=2), image=team.image())
    team.write("failed: 2", "failed: 0")
    team.write(DIGEST, OTHER)
    sync(team.repository, NAME)
    generated = entry_named(team.repository, NAME).generated
    assert generated["conformance"]["failed"] == 2
    assert "image" not in generated


def test_a_kept_report_that_was_edited_is_found(candidate: Team) -> None:
    candidate.edit(candidate.root / "catalog-entries" / "reports" / f"{NAME}.json", '"passed"', '"failed"')
    assert [each.rule for each in check_entries(candidate.repository, run=False)] == ["entry-report"]


def test_evidence_of_another_definition_is_told(team: Team) -> None:
    sync(team.repository, NAME, report=team.report())
    team.edit(team.code, "PAGES = ", "# not said before\nPAGES = ")
    sync(team.repository, NAME)
    (found,) = check_entries(team.repository, run=False)
    assert (found.rule, found.severity) == ("entry-report", "note")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("report", "no json", "not JSON"),
        ("report", "[]", "no JSON object"),
        ("report", "{}", "no report of the conformance kit"),
        ("image", "{}", "no output of connector-sdk build --json"),
        ("image", "no json", "not JSON"),
    ],
)
def test_other_files_are_no_evidence(team: Team, tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / "evidence"
    path.write_text(text)
    with pytest.raises(EntryError, match=said):
        sync(team.repository, NAME, **{name: path})
    with pytest.raises(EntryError, match="cannot be read"):
        sync(team.repository, NAME, **{name: tmp_path / "none"})


def test_evidence_of_others_is_refused(team: Team) -> None:
    before = team.entry.read_text()
    with pytest.raises(EntryError, match="is of source-gong"):
        sync(team.repository, NAME, report=team.report(connector="source-gong"))
    wrong = {"FLOW_RUNTIME_PROTOCOL": "materialize", "org.opencontainers.image.version": "9.9.9",
             "dev.estuary.usage-rate": "1"}  # fmt: skip
    with pytest.raises(EntryError, match=r"version 9\.9\.9.*FLOW_RUNTIME_PROTOCOL.*usage-rate"):
        sync(team.repository, NAME, image=team.image(**wrong))
    with pytest.raises(EntryError, match="tells no digest"):
        sync(team.repository, NAME, image=team.image(digest=""))
    assert team.entry.read_text() == before


def release(team: Team) -> list[dict[str, Any]]:
    return [dict(each) for each in entry_named(team.repository, NAME).releases]


def test_an_image_adds_a_release_and_a_newer_build_of_it_takes_its_place(team: Team) -> None:
    sync(team.repository, NAME, image=team.image(), changes=[("added", "items")])
    (first,) = release(team)
    assert (first["version"], first["digest"]) == ("0.1.0", DIGEST)
    assert first["changes"] == [{"kind": "added", "what": "items"}]
    sync(team.repository, NAME, image=team.image(OTHER))
    (second,) = release(team)
    assert (second["digest"], second["changes"]) == (OTHER, first["changes"])
    team.edit(team.root / "connectors" / NAME / "pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    sync(team.repository, NAME, image=team.image(**{"org.opencontainers.image.version": "0.2.0"}))
    assert [each["version"] for each in release(team)] == ["0.1.0", "0.2.0"]
    text = team.entry.read_text()
    assert text.index("\nspec:") < text.index("\nreleases:") < text.index("\ngenerated:")
    assert check_entries(team.repository, run=False) == []


def test_what_is_registered_keeps_its_digest(candidate: Team) -> None:
    candidate.write("lifecycle: candidate", "lifecycle: registered")
    with pytest.raises(EntryError, match=r"was released with sha256:1a") as wrong:
        sync(candidate.repository, NAME, image=candidate.image(OTHER))
    assert "new version" in wrong.value.hint


def test_options_that_make_no_sense(team: Team) -> None:
    image, report = team.image(), team.report()
    for args, said in [
        (("--report", report), "one connector"),
        ((NAME, "--report", report, "--prove"), "exclude each other"),
        ((NAME, "--check", "--image", image), "writes nothing"),
        ((NAME, "--change", "added: x"), "about a release"),
        ((NAME, "--image", image, "--change", "adds x"), "KIND:TEXT"),
    ]:
        assert said in team.run("entry", "sync", *args, code=2)
    assert "did you mean 'source-acme'" in team.run("entry", "sync", "source-acm", code=1)


def test_a_connector_that_cannot_be_asked_is_told_in_a_sentence(team: Team) -> None:
    team.edit(team.code, "streams=[users, items, comments]", "streams=[users, items, remarks]")
    with pytest.raises(EntryError, match=r"cannot tell its spec and streams.*remarks"):
        sync(team.repository, NAME)
    assert [each.rule for each in check_entries(team.repository)] == ["entry-connector"]


def test_a_name_that_differs_from_the_connector_is_refused(team: Team) -> None:
    team.edit(team.code, 'name="source-acme"', 'name="source-acne"')
    with pytest.raises(EntryError, match="is called source-acne, its entry source-acme"):
        sync(team.repository, NAME)
