"""From a building connector to the pack that Estuary is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector_sdk.catalog.entries import ImageFacts, check_entries, check_image, entry_named, pack, read_image, sync
from connector_sdk.errors import EntryError
from connector_sdk.images import Options, build, read_settings
from tests.images.conftest import Layout

from .conftest import DIGEST, NAME, Team

FILES = [
    "README.md",
    "request.md",
    "registration.json",
    "spec.json",
    "discovery.json",
    "conformance.json",
    "entry.yaml",
]


def test_a_candidate_is_packed(candidate: Team, tmp_path: Path) -> None:
    told = candidate.json("entry", "pack", NAME, "--output", tmp_path / "pack", "--image", candidate.image())
    assert told["files"] == FILES
    folder = tmp_path / "pack"
    assert sorted(each.name for each in folder.iterdir()) == sorted(FILES)
    values = json.loads((folder / "registration.json").read_text())
    assert values["reference"] == f"ghcr.io/acme/{NAME}@{DIGEST}"
    assert (values["image_tag"], values["protocol"], values["licence"]) == ("v0", "capture", "Apache-2.0")
    assert values["hosts"] == ["api.acme.example"]
    assert json.loads((folder / "spec.json").read_text())["resourcePathPointers"] == ["/name"]
    bindings = json.loads((folder / "discovery.json").read_text())["bindings"]
    assert [each["recommendedName"] for each in bindings] == ["users", "items", "comments"]
    request = (folder / "request.md").read_text()
    assert "**Type**: Capture" in request and DIGEST in request and "`comments`" in request
    assert "refuses every spec that names the image" in (folder / "README.md").read_text()
    assert json.loads((folder / "conformance.json").read_text())["connector"] == NAME


def test_only_a_candidate_is_packed(team: Team, tmp_path: Path) -> None:
    with pytest.raises(EntryError, match=f"{NAME} is building; a pack is made of a candidate"):
        pack(team.repository, NAME, tmp_path / "pack")
    assert not (tmp_path / "pack").exists()


def test_a_pack_of_another_image_is_refused(candidate: Team, tmp_path: Path) -> None:
    other = ImageFacts(NAME, f"sha256:{'5e' * 32}", read_image(candidate.image()).labels)
    with pytest.raises(EntryError, match="the image sha256:5e"):
        pack(candidate.repository, NAME, tmp_path / "pack", image=other)
    assert not (tmp_path / "pack").exists()


def test_what_is_stale_or_nowhere_is_not_packed(candidate: Team, tmp_path: Path) -> None:
    candidate.edit(candidate.code, "PAGES = ", "# not said before\nPAGES = ")
    with pytest.raises(EntryError, match="of another definition"):
        pack(candidate.repository, NAME, tmp_path / "pack")
    candidate.write(f"  image:\n    repository: ghcr.io/acme/{NAME}\n", "")
    with pytest.raises(EntryError, match=r"no spec\.image\.repository"):
        pack(candidate.repository, NAME, tmp_path / "pack")


def test_nothing_is_written_over(candidate: Team, tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "mine").write_text("x")
    with pytest.raises(EntryError, match="holds something already"):
        pack(candidate.repository, NAME, tmp_path / "pack")
    assert [each.name for each in (tmp_path / "pack").iterdir()] == ["mine"]


def told(team: Team) -> str:
    return " ".join(each.message for each in check_entries(team.repository, run=False))


def test_a_report_of_a_part_or_with_failures_makes_no_candidate(candidate: Team) -> None:
    sync(candidate.repository, NAME, report=candidate.report(checks=5))
    assert "of a part of the kit only" in told(candidate)
    sync(candidate.repository, NAME, report=candidate.report(failed=1))
    assert "has 1 checks that failed" in told(candidate)


def test_an_image_that_was_built_is_read_from_its_archive(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CLI", "no-such-engine")
    archive = tmp_path / "acme.tar"
    options = Options(f"ghcr.io/acme/{NAME}:v0", "oci", str(Layout(tmp_path / "base").write()), output=archive)
    built = build(read_settings(NAME, "source_acme", team.root / "connectors" / NAME), options)
    found = read_image(archive)
    assert (found.digest, found.version) == (built.digest, "0.1.0")
    assert dict(found.labels) == built.labels
    sync(team.repository, NAME, image=archive)
    assert check_image(team.repository, entry_named(team.repository, NAME), found) == []
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(archive.read_bytes()[:4096])
    with pytest.raises(EntryError, match="no archive of one image"):
        read_image(damaged)
