"""Each thing that can be wrong with an entry, planted and found at its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.entries import (
    STATES,
    check_entries,
    check_image,
    entry_named,
    entry_schema,
    read_entries,
    read_image,
)
from connector_sdk.catalog.entries._lifecycle import transition_problem
from connector_sdk.errors import CatalogUsageError, EntryError

from .conftest import NAME, Team

ROOT = Path(__file__).parents[3]
PLANTED = [
    ("  owner: team-data", "  owner: ''", "entry-schema", "metadata.owner"),
    ("  owner: team-data\n", "", "entry-schema", "metadata has no owner"),
    ("  owner:", "  onwer:", "entry-schema", "'onwer', which no entry has"),
    ("lifecycle: building", "lifecycle: ready", "entry-schema", "cannot be 'ready'"),
    ("kind: capture", "kind: materialization", "entry-schema", "spec.kind"),
    ("name: source-acme", "name: source-other", "entry-name", "is called source-other"),
    ("licence: Apache-2.0", "licence: MIT", "entry-licence", "says MIT, pyproject.toml Apache-2.0"),
    ("entrypoint: source_acme", "entrypoint: source_acne", "entry-connector", "not there"),
    ("path: connectors/source-acme", "path: connectors/../../source-acme", "entry-connector", "not there"),
    ("  code:", "  image: {repository: 'ghcr.io/acme/source-acme:v1'}\n  code:", "entry-image", "no name of an image"),
    ("  code:", "  image: {repository: acme}\n  code:", "entry-image", "no name of an image"),
    ("  code:", "  image: {repository: ghcr.io/estuary/source-acme}\n  code:", "entry-image", "Estuary's own"),
    ("  code:", "  streams: {suggested: [item]}\n  code:", "entry-streams", "no stream 'item'"),
    ("  lifecycle:", "  request: requests/2026-001-acme.yaml\n  lifecycle:", "entry-request", "There is no requests/"),
    ("lifecycle: building", "lifecycle: candidate", "entry-lifecycle", "no conformance report"),
    ("registered: false", "registered: true", "entry-lifecycle", "is not registered"),
    ("lifecycle: building", "lifecycle: deprecated", "entry-lifecycle", "Estuary has not added the image"),
    ("  code:", "  overlap:\n    with: source-gogn\n    gap: [{kind: auth, what: x}]\n    until: 2027-01-31\n  code:",
     "entry-overlap", "no 'source-gogn'"),
    ("  code:", "  overlap:\n    with: source-gong\n    gap: []\n    until: 2027-01-31\n  code:", "entry-schema",
     "spec.overlap.gap"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "rule", "said"), PLANTED, ids=[each[1].strip()[:40] for each in PLANTED])
def test_what_is_wrong_is_found_where_it_stands(team: Team, before: str, after: str, rule: str, said: str) -> None:
    team.write(before, after)
    found = check_entries(team.repository, run=False)
    told = [each for each in found if each.rule == rule and said in each.message]
    assert told, found
    assert all(each.severity == "error" for each in found)
    assert told[0].path in (f"catalog-entries/{NAME}.yaml", f"connectors/{NAME}/source_acme/__init__.py")
    assert told[0].line > 0
    assert all(len(each.message) < 240 and each.message.endswith(".") for each in found if each.rule != "entry-schema")


def test_the_code_calls_no_other_host(team: Team) -> None:
    team.write("- api.acme.example", "- api.acme.com")
    (found,) = check_entries(team.repository, run=False)
    assert (found.rule, found.severity) == ("entry-host", "warning")
    assert found.message == "The code names api.acme.example, which is made up."
    team.edit(team.code, "https://api.acme.example", "https://eu.api.acme.com/v1")
    (found,) = check_entries(team.repository, run=False)[:1]
    assert (found.rule, found.severity) == ("entry-host", "error")
    assert team.code.read_text().splitlines()[found.line - 1].strip() == '"https://eu.api.acme.com/v1",'
    team.write("- api.acme.com", "- '*.api.acme.com'")
    assert check_entries(team.repository, run=False) == []


def test_a_typo_is_told_with_the_nearest_name_and_its_line(team: Team) -> None:
    team.write("  owner:", "  onwer:")
    found = {each.message: each for each in check_entries(team.repository, run=False)}
    typo = found["metadata has 'onwer', which no entry has."]
    assert typo.hint == "did you mean 'owner'?"
    assert team.entry.read_text().splitlines()[typo.line - 1].startswith("  onwer:")


@pytest.mark.parametrize("text", ["", "[]", "a: b: c", "\tx", "metadata: {name: 1}\nmetadata: {name: 2}"])
def test_a_file_that_is_no_entry_is_told_in_a_sentence(team: Team, text: str) -> None:
    team.entry.write_text(text)
    found = check_entries(team.repository)
    assert found and all(each.rule in ("entry-unreadable", "entry-schema") for each in found)
    team.run("entry", "validate", code=1)


def test_a_name_of_estuarys_needs_its_gap(tmp_path: Path, team: Team) -> None:
    renamed = team.entry.with_name("source-asana.yaml")
    team.entry.rename(renamed)
    team.edit(renamed, "name: source-acme", "name: source-asana")
    rules = [each.rule for each in check_entries(team.repository, names=["source-asana"], run=False)]
    assert "entry-overlap" in rules


def test_a_connector_without_an_entry_is_found(team: Team) -> None:
    team.entry.unlink()
    (found,) = check_entries(team.repository)
    assert (found.rule, found.path) == ("connector-without-entry", f"connectors/{NAME}")
    with pytest.raises(EntryError) as wrong:
        entry_named(team.repository, NAME)
    assert "an entry begins with an approved request" in wrong.value.hint


def test_major_numbers_and_what_breaks_belong_together(team: Team) -> None:
    def releases(*lines: str) -> list[str]:
        rows = [
            f"  - {{version: {each}, date: 2026-11-27, digest: 'sha256:{number:064x}'"
            for number, each in enumerate(lines)
        ]
        rows = [
            f"{row}, breaking: {{message: x, upgradeBy: 2027-01-31}}}}" if "!" in row else f"{row}}}" for row in rows
        ]
        text = "releases:\n" + "\n".join(rows).replace("!", "") + "\n"
        team.entry.write_text(team.entry.read_text().partition("releases:")[0].partition("generated:")[0] + text)
        found = check_entries(team.repository, run=False)
        return [each.message for each in found if each.rule == "entry-releases"]

    assert releases("1.0.0", "1.1.0", "2.0.0!") == []
    assert "nothing of what breaks" in releases("1.0.0", "2.0.0")[0]
    assert "the old major number" in releases("1.0.0", "1.1.0!")[0]
    assert "released twice" in releases("1.0.0", "1.0.0")[0]


# ---- against the merge base


def rules(found: list[Finding]) -> list[str]:
    return [each.rule for each in found]


def test_states_are_compared_with_the_merge_base(candidate: Team) -> None:
    candidate.commit()
    assert check_entries(candidate.repository, "main", run=False) == []
    candidate.write("lifecycle: candidate", "lifecycle: approved")
    (found,) = check_entries(candidate.repository, "main", run=False)
    assert found.rule == "entry-lifecycle"
    assert found.message == "An entry that is candidate can become building, registered, retired, not approved."
    candidate.entry.unlink()
    assert rules(check_entries(candidate.repository, "main", run=False)) == [
        "connector-without-entry",
        "entry-lifecycle",
    ]


def test_a_registered_release_stays_as_it_was(candidate: Team) -> None:
    candidate.write("lifecycle: candidate", "lifecycle: registered")
    candidate.write(
        "registered: false", "registered: true\n    registeredOn: 2026-11-27\n    reference: '#1'\n    tag: v0"
    )
    assert check_entries(candidate.repository, run=False) == []
    candidate.commit()
    other = f"sha256:{'3c' * 32}"
    candidate.write("sha256:" + "1a" * 32, other)
    found = rules(check_entries(candidate.repository, "main", run=False))
    assert "entry-releases" in found and "entry-edited" in found


def test_a_new_entry_cannot_begin_registered(team: Team) -> None:
    entry = team.entry.read_text()
    team.entry.unlink()
    team.commit()
    team.entry.write_text(entry.replace("lifecycle: building", "lifecycle: registered"))
    messages = [each.message for each in check_entries(team.repository, "main", run=False)]
    assert any(each.startswith("An entry begins as requested, approved, building, candidate") for each in messages)
    with pytest.raises(CatalogUsageError, match="no merge base"):
        check_entries(team.repository, "nowhere")


def test_every_state_leads_somewhere_known() -> None:
    for before in STATES:
        assert transition_problem(before, before) == ""
        assert transition_problem(before, "nonsense")
    assert transition_problem("building", "registered")
    assert transition_problem("retired", "building") == "an entry that is retired can become nothing else, not building"
    assert transition_problem("requested", "candidate") == ""


# ---- the command and our own


def test_the_schema_is_printed_for_editors(team: Team) -> None:
    told = json.loads(team.run("entry", "schema"))
    assert told == entry_schema()
    assert "generated" in told["properties"]


def test_findings_are_told_with_place_and_hint(team: Team) -> None:
    team.write("licence: Apache-2.0", "licence: MIT")
    said = team.run("entry", "validate", NAME, code=1)
    assert f"catalog-entries/{NAME}.yaml:" in said and "[entry-licence]" in said and "hint: " in said
    assert "1 entry is not right" in said
    told = team.json("entry", "validate", code=1)
    assert told["ok"] is False and told["entries"] == [NAME]
    assert {"rule", "severity", "message", "path", "line"} <= set(told["findings"][0])


def test_an_entry_with_another_digest_than_the_image_is_refused(candidate: Team) -> None:
    entry = entry_named(candidate.repository, NAME)

    def told(image: Path) -> str:
        return " ".join(each.message for each in check_image(candidate.repository, entry, read_image(image)))

    assert told(candidate.image()) == ""
    assert "4d4d" in told(candidate.image(f"sha256:{'4d' * 32}"))
    assert "other labels than the entry notes" in told(candidate.image(extra="1"))
    said = candidate.run("entry", "validate", NAME, "--image", candidate.image(f"sha256:{'4d' * 32}"), code=1)
    assert "[entry-digest]" in said
    assert "name it" in candidate.run("entry", "validate", "--image", candidate.image(), code=2)


def test_the_entries_of_this_repository_are_right() -> None:
    repository = Repository(ROOT)
    assert check_entries(repository, run=False) == []
    entries = {each.name: each for each in read_entries(repository)}
    folders = {each.name for each in (ROOT / "connectors").iterdir() if (each / "pyproject.toml").is_file()}
    assert set(entries) == folders
    assert {name: each.overlap.with_ for name, each in entries.items() if each.overlap} == {
        "source-asana": "source-asana",
        "source-gong": "source-gong",
        "source-hubspot": "source-hubspot-native",
        "source-slack": "source-slack",
    }
    assert any(gap.kind == "stream" and "transcripts" in gap.what for gap in entries["source-gong"].overlap.gap)  # type: ignore[union-attr]
    assert all(each.owner == "maintainers" for each in entries.values())
