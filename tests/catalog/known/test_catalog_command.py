"""``connector-sdk catalog``, run as a user runs it: what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog.known import load, raw
from tests.catalog.known.conftest import DOCS, Estuary, discovered, page
from tests.commands import command

ROOT = Path(__file__).parents[3]
ENTRY = """\
metadata: {name: source-zoom, title: Zoom, lifecycle: candidate}
spec: {system: {hosts: [api.zoom.us]}, image: {repository: ghcr.io/acme/source-zoom}}
generated: {streams: [{name: meetings, key: [/id]}]}
"""


class Command:
    """The command, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *args: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = command("catalog", *args, cwd=self.folder)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *args: str | Path, code: int = 0) -> dict[str, Any]:
        found = json.loads(self(*args, "--json", code=code).stdout)
        assert isinstance(found, dict)
        return found


@pytest.fixture
def catalog(tmp_path: Path) -> Command:
    folder = tmp_path / "here"
    folder.mkdir()
    return Command(folder)


@pytest.mark.parametrize(
    ("args", "code", "first", "last"),
    [
        (
            ["Gong"],
            0,
            "use-existing: source-gong (ghcr.io/estuary/source-gong:v1)",
            "flow init ghcr.io/estuary/source-gong:v1",
        ),
        (["S3", "--kind", "materialization"], 3, "needs-choice", "--not materialize-s3-csv"),
        (["Snowflake"], 3, "needs-choice", "catalog check Snowflake --kind capture, or --kind materialization"),
        (["Google", "--kind", "capture"], 3, "needs-choice", "--not NAME leaves out what it is not"),
        (
            ["source-hubspot"],
            4,
            "use-replacement: source-hubspot-native",
            "flow init ghcr.io/estuary/source-hubspot-native:v1",
        ),
        (["Gong", "--needs", "stream:transcripts,deletes"], 5, "gap: source-gong", "request new Gong"),
        (["Zoom Phone"], 6, "request-custom", "connector-sdk request new 'Zoom Phone'"),
        (["Gong", "--kind", "target"], 6, "request-custom", "ask Estuary for it"),
    ],
)
def test_each_answer_has_its_exit_code_and_a_next_step(
    args: list[str], code: int, first: str, last: str, catalog: Command
) -> None:
    done = catalog("check", *args, code=code)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(first)
    assert lines[-1].startswith("next: ")
    assert last in lines[-1]
    assert done.stderr == ""
    assert len(lines) <= 40


@pytest.mark.parametrize(
    ("args", "said", "hint"),
    [
        (["api_key"], "a field of a config", "ask for the system"),
        (["  "], "nothing to look for", "name a system"),
        (["Gong", "--kind", "sink"], "There is no kind 'sink'", "capture or materialization"),
        (["Gong", "--needs", "transcripts"], "'transcripts' is no need", "stream:transcripts"),
        (["source-gong", "--kind", "materialization"], "names a capture", "leave --kind out"),
        (["Gong", "--not", "source-gonk"], "no connector 'source-gonk'", "did you mean 'source-gong'"),
        (["Gong", "--root", "none"], "There is no folder", ""),
        ([], "Missing argument", "--help"),
    ],
)
def test_a_question_that_makes_no_sense_ends_with_two(args: list[str], said: str, hint: str, catalog: Command) -> None:
    done = catalog("check", *args, code=2)
    assert said in done.stderr
    assert hint in done.stderr
    assert done.stdout == ""


def test_a_refusal_as_json_is_one_object(catalog: Command) -> None:
    error = catalog.json("check", "api_key", code=2)["error"]
    assert error["code"] == "catalog-usage"
    assert error["message"] == "api_key is a field of a config, and no system."


def test_an_answer_as_json_has_all_that_a_request_keeps(catalog: Command) -> None:
    answer = catalog.json("check", "Gong", "--needs", "stream:transcripts,deletes", code=5)
    assert answer["answer"] == "gap"
    assert answer["exit_code"] == 5
    assert answer["entry"]["name"] == "source-gong"
    assert answer["gaps"] == [
        {
            "kind": "stream",
            "what": "transcripts",
            "told": "source-gong has calls, scorecard_definitions, scorecards, users",
        }
    ]
    assert [each["kind"] for each in answer["unknown"]] == ["deletes"]
    assert answer["catalog_version"] == load().version
    assert answer["matched_by"] == "alias"
    choice = catalog.json("check", "materialize-s3", code=3)
    assert [each["name"] for each in choice["candidates"]] == [
        "materialize-s3-csv",
        "materialize-s3-iceberg",
        "materialize-s3-parquet",
    ]


def test_what_was_ruled_out_is_not_offered_again(catalog: Command) -> None:
    first = catalog("check", "hubspot_deals", "--kind", "capture", code=3).stdout
    assert "catalog check hubspot_deals --kind capture --not source-hubspot-native" in first
    catalog("check", "hubspot_deals", "--kind", "capture", "--not", "source-hubspot-native", code=6)


def test_no_secret_of_a_question_is_printed(catalog: Command) -> None:
    done = catalog("check", "postgresql://me:hunter2@db.example.com/app?sslpassword=hunter3")
    assert "hunter" not in done.stdout + done.stderr
    assert "source-postgres" in done.stdout


def test_our_own_entries_take_part(catalog: Command) -> None:
    catalog("check", "Zoom", code=6)
    entries = catalog.folder / "catalog-entries"
    entries.mkdir()
    (entries / "source-zoom.yaml").write_text(ENTRY)
    done = catalog("check", "https://api.zoom.us/v2/users")
    assert done.stdout.startswith("use-existing: source-zoom (ghcr.io/acme/source-zoom)")
    assert "candidate, ours" in catalog("search", "zoom").stdout
    assert "meetings" in catalog("show", "source-zoom").stdout
    assert catalog.json("show", "source-zoom")["ours"] is True
    elsewhere = Command(catalog.folder.parent)
    elsewhere("check", "Zoom", code=6)
    elsewhere("check", "Zoom", "--root", catalog.folder)
    (entries / "source-zoom.yaml").write_text("metadata: [\n")
    assert "source-zoom.yaml, line" in catalog("check", "Zoom", code=1).stderr


def test_show_tells_all_of_a_connector(catalog: Command) -> None:
    done = catalog("show", "source-gong").stdout
    for said in ("credentials*", "/credentials/access_key_secret", "scorecards", "/scorecardId", "API Key", "note: "):
        assert said in done
    assert catalog("show", "ghcr.io/estuary/source-gong:v1").stdout == done
    assert "the endpoint of flow.yaml is dekaf" in catalog("show", "dekaf-tinybird").stdout
    found = catalog.json("show", "source-gong")
    assert found["spec"]["required"] == ["credentials"]
    assert found["detect"]["hosts"] == ["*.api.gong.io", "api.gong.io"]
    done = catalog("show", "source-gonk", code=2)
    assert "did you mean source-gong?" in done.stderr


def test_search_lists_what_it_finds(catalog: Command) -> None:
    done = catalog("search", "scorecard")
    assert "source-gong" in done.stdout
    assert "stream scorecard" in " ".join(done.stdout.split())
    assert catalog.json("search", "hubspot", "--kind", "capture")["connectors"][0]["name"] == "source-hubspot-native"
    assert "more; --json has all" in catalog("search", "source").stdout
    none = catalog("search", "hubspt", code=1)
    assert "did you mean" in none.stderr
    assert catalog.json("search", "zzzz", code=1)["connectors"] == []


def test_a_catalog_of_a_newer_version_is_refused(catalog: Command, tmp_path: Path) -> None:
    file = tmp_path / "newer.json"
    file.write_text(json.dumps({**raw(), "schema_version": 3}))
    done = catalog("check", "Gong", "--data", file, code=1)
    assert "newer.json has version 3; this SDK reads version 1." in done.stderr
    assert "explain catalog-data" in done.stderr
    file.write_text(json.dumps(raw())[:90_000])
    assert "was cut off" in catalog("search", "Gong", "--data", file, code=1).stderr


def test_refresh_tells_what_changed_and_writes_the_catalog(catalog: Command, estuary: Estuary) -> None:
    estuary.commit("2026-01-05")
    start = catalog.folder / "start.json"
    start.write_text(json.dumps({"schema_version": 1, "built": "2026-01-01", "connectors": []}))
    refused = catalog("refresh", "--from", estuary.folder, "--data", start, code=1)
    assert "it lists none" in refused.stderr
    start.write_text(json.dumps({**raw(), "connectors": [raw()["connectors"][0]]}))
    done = catalog("refresh", "--from", estuary.connectors, "--from", estuary.airbyte, "--data", start)
    assert "added:\n" in done.stdout
    assert "  source-gong: Gong, capture, active, 3 streams" in done.stdout
    assert "Written to estuary-catalog.json; use it with --data estuary-catalog.json." in done.stdout
    made = catalog.folder / "estuary-catalog.json"
    assert catalog("check", "Acme", "--data", made).stdout.startswith("use-existing: source-acme")

    same = catalog("refresh", "--from", estuary.folder, "--data", made, "--check")
    assert "no changes." in same.stdout
    assert "Nothing was written." in same.stdout

    snapshot = "connectors/source-gong/tests/snapshots/snapshots__discover__stdout.json"
    estuary.put(snapshot, discovered(calls="/id", scorecards="/scorecardId", users="/id", call_transcripts="/id"))
    estuary.put(f"connectors/{DOCS}/capture-connectors/slack.md", page("Slack (deprecated)", "source-slack:v2"))
    before = made.read_bytes()
    differs = catalog("refresh", "--from", estuary.folder, "--data", made, "--check", code=1)
    assert differs.stdout.splitlines()[:4] == [
        "deprecated:",
        "  source-slack: active -> deprecated",
        "streams:",
        "  source-gong: new: call_transcripts",
    ]
    assert made.read_bytes() == before
    told = catalog.json("refresh", "--from", estuary.folder, "--data", made, "--output", "next.json")
    assert [each["what"] for each in told["changes"]] == ["deprecated", "streams"]
    assert told["written"] == "next.json"
    catalog("check", "Gong", "--needs", "stream:call_transcripts", "--data", "next.json")


def test_refresh_without_checkouts_is_refused(catalog: Command) -> None:
    assert "There is no folder none." in catalog("refresh", "--from", "none", code=2).stderr
    done = catalog("refresh", "--from", ".", code=2)
    assert "no checkout of estuary/connectors" in done.stderr
    assert "git clone https://github.com/estuary/connectors" in done.stderr


@pytest.mark.parametrize("command", ["search", "show", "check", "refresh"])
def test_every_command_helps_without_loading_anything_heavy(command: str, catalog: Command) -> None:
    assert "--json" in catalog(command, "--help").stdout
    code = f"import sys, connector_sdk.cli._run as r; r.run(['catalog', {command!r}, '--help']); print(*sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"ruamel.yaml", "rich", "connector_sdk.catalog", "connector_sdk.cli._catalog"}
