"""``check-all`` finds each kind of violation that is planted, and nothing in a clean repository."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog.checks import RULES, check_all, look
from tests.catalog.requests import test_request_files
from tests.catalog.requests.desk import DECIDES, Desk

TODAY = date(2026, 11, 27)
Plant = Callable[[Desk], object]


def test_a_clean_repository_is_clean(shop: Desk) -> None:
    report = look(shop.repository, "main", TODAY)
    assert report.clean(strict=True)
    assert {each.rule for each in report.findings} == {"flow-placeholder"}, "what is left to fill in is only told"
    assert report.looked == {"requests": 2, "entries": 0, "flow files": 1, "flow files of tests": 0}
    assert [each.holds for each in report.checklist if each.question.key != "entries"] == [True] * 6


def test_an_empty_repository_is_clean(tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = Desk(tmp_path_factory.mktemp("empty"))
    report = look(desk.repository, None, TODAY)
    assert report.findings == []
    assert {each.holds for each in report.checklist} == {None, True}


def edited(name: str, old: str, new: str) -> Plant:
    def plant(desk: Desk) -> None:
        path = desk.root / name
        text = path.read_text("utf-8")
        assert old in text, text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return plant


def written(name: str, text: str) -> Plant:
    def plant(desk: Desk) -> None:
        path = desk.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    return plant


def both(*plants: Plant) -> Plant:
    def plant(desk: Desk) -> None:
        for each in plants:
            each(desk)

    return plant


def no_capture(desk: Desk) -> None:
    """Gong is captured by another connector than the one that was decided."""
    edited("requests/2026-001-gong.yaml", "connector: source-gong\ndecision", "connector: source-github\ndecision")(
        desk
    )


def unread(desk: Desk) -> None:
    text = (desk.root / "flow.yaml").read_text("utf-8")
    binding = "      - source: acmeCo/users\n        resource:\n          table: gong_users\n"
    assert binding in text
    (desk.root / "flow.yaml").write_text(text.replace(binding, ""), "utf-8")


def moved(desk: Desk) -> None:
    """All of flow.yaml in a file that it imports."""
    (desk.root / "flow.yaml").rename(desk.root / "all.yaml")
    (desk.root / "flow.yaml").write_text("import: [all.yaml]\n", "utf-8")


def answered_otherwise(desk: Desk) -> None:
    """Zoom was approved when the catalog was older, and is asked for by an address that the catalog has by now."""
    path = desk.file("2026-002")
    text = path.read_text("utf-8").replace("need: {}", "need: {}\nurls: ['https://api.gong.io/v2']")
    version = next(line for line in text.splitlines() if "catalogVersion" in line)
    path.write_text(text.replace(version, "  catalogVersion: 2025-01-01+sha256:00000000"), "utf-8")


def filled(desk: Desk) -> None:
    """Zoom's request says that source-gong lacked users when it was checked, which it has."""
    answered_otherwise(desk)
    path = desk.file("2026-002")
    text = path.read_text("utf-8").replace(
        "answer: request-custom", "answer: gap\n  connector: source-gong\n  gaps: ['stream:users']"
    )
    path.write_text(text.replace("gap: []", "gap: ['stream:users']").replace("need: {}", "need: {streams: [users]}"))


ENTRY = """\
apiVersion: connector-catalog/v1
kind: Connector
metadata: {name: source-ours, title: %s, description: Ours., owner: data-team, lifecycle: %s}
spec:
  kind: capture
  system: {vendor: %s, hosts: [api.example.com]}
  licence: Apache-2.0
  code: {path: connectors/source-ours, entrypoint: source_ours}
  estuary: {registered: false}
%s
"""


def entry(overlap: str, title: str = "Ours", lifecycle: str = "building") -> Plant:
    return written("catalog-entries/source-ours.yaml", ENTRY % (title, lifecycle, title, overlap))


class Planted(NamedTuple):
    """A violation; the rule that finds it, what is said, and where."""

    plant: Plant
    rule: str
    said: str
    path: str = "flow.yaml"
    severity: str = "error"


PLANTED = {
    "a collection that nothing reads": Planted(
        unread, "collection-not-materialized", "No materialization reads the collection acmeCo/users."
    ),
    "a collection that a disabled binding reads": Planted(
        edited("flow.yaml", "      - source: acmeCo/users\n", "      - source: acmeCo/users\n        disable: true\n"),
        "collection-not-materialized",
        "acmeCo/users",
    ),
    "materializations that are switched off": Planted(
        edited(
            "flow.yaml",
            "  acmeCo/materialize-snowflake:\n",
            "  acmeCo/materialize-snowflake:\n    shards: {disable: true}\n",
        ),
        "collection-not-materialized",
        "acmeCo/calls",
    ),
    "a release without a reason": Planted(
        both(unread, edited("flow.yaml", "  acmeCo/users:\n", "  # not materialized:\n  acmeCo/users:\n")),
        "collection-not-materialized",
        "without a reason",
    ),
    "a release of what is read": Planted(
        edited("flow.yaml", "  acmeCo/users:\n", "  acmeCo/users: # not materialized: for a test\n"),
        "collection-not-materialized",
        "is said not to be materialized, and is",
        severity="warning",
    ),
    "a release that has ended": Planted(
        both(
            unread,
            edited("flow.yaml", "  acmeCo/users:\n", "  acmeCo/users: # not materialized: later, until 2026-11-01\n"),
        ),
        "until-overdue",
        "until 2026-11-01",
        severity="warning",
    ),
    "a collection without a key": Planted(edited("flow.yaml", "    key: [/id]\n", ""), "flow-key", "lacks a key"),
    "a key that is not in the schema": Planted(
        edited("flow.yaml", "key: [/id]", "key: [/ident]"), "flow-key", "/ident"
    ),
    "a collection without a schema": Planted(
        edited("flow.yaml", "writeSchema: source-gong/users.schema.yaml", "writeSchema: source-gong/none.yaml"),
        "flow-schema",
        "there is no file",
    ),
    "a target that is no collection": Planted(
        edited("flow.yaml", "target: acmeCo/users", "target: acmeCo/usres"), "flow-target", "acmeCo/usres"
    ),
    "a source that is no collection": Planted(
        edited("flow.yaml", "source: acmeCo/users", "source: acmeCo/usres"), "flow-source", "acmeCo/usres"
    ),
    "a tag that does not exist": Planted(
        edited("flow.yaml", "source-gong:v1", "source-gong:latest"), "flow-tag", "latest"
    ),
    "an image that Estuary does not know": Planted(
        edited("flow.yaml", "ghcr.io/estuary/source-gong:v1", "ghcr.io/estuary/source-gonk:v1"), "flow-image", "gonk"
    ),
    "a deprecated connector": Planted(
        edited("flow.yaml", "ghcr.io/estuary/source-gong:v1", "ghcr.io/estuary/source-hubspot:v5"),
        "flow-deprecated",
        "source-hubspot-native",
        severity="warning",
    ),
    "a plain secret": Planted(
        edited("source-gong/config.yaml", "access_key_sops: <access_key>", "access_key: a-made-up-key"),
        "flow-secret",
        "access_key",
        "source-gong/config.yaml",
    ),
    "a variable": Planted(
        edited("source-gong/config.yaml", "access_key_sops: <access_key>", "access_key_sops: ${GONG_KEY}"),
        "flow-variable",
        "GONG_KEY",
        "source-gong/config.yaml",
    ),
    "a flow.yaml that is none": Planted(
        written("other/flow.yaml", "captures: [\n"), "flow-yaml", "", "other/flow.yaml"
    ),
    "a connector that no capture uses": Planted(
        no_capture, "flow-not-used", "2026-001 ended with source-github", "requests/2026-001-gong.yaml", "warning"
    ),
    "a script that is still there": Planted(
        written("etl/gong.py", "print('again')\n"), "script-not-removed", "2026-001 replaced it", "etl/gong.py"
    ),
    "a connector that nobody asked for": Planted(
        written("connectors/source-linear/pyproject.toml", ""),
        "connector-without-request",
        "source-linear is new here",
        "connectors/source-linear/pyproject.toml",
    ),
    "a connector without an entry": Planted(
        written("connectors/source-linear/pyproject.toml", ""),
        "connector-without-entry",
        "source-linear has no entry",
        "connectors/source-linear",
    ),
    "a connector without a project": Planted(
        written("connectors/source-rogue/source_rogue/__main__.py", ""),
        "connector-without-request",
        "source-rogue is new here",
        "connectors/source-rogue",
    ),
    "a connector without a project and an entry": Planted(
        written("connectors/source-rogue/source_rogue/__main__.py", ""),
        "connector-without-entry",
        "source-rogue has no entry",
        "connectors/source-rogue",
    ),
    "a connector in a folder of a team": Planted(
        written("connectors/team/source-rogue/pyproject.toml", ""),
        "connector-without-request",
        "source-rogue is new here",
        "connectors/team/source-rogue/pyproject.toml",
    ),
    "a connector in a folder of a team, without an entry": Planted(
        written("connectors/team/source-rogue/pyproject.toml", ""),
        "connector-without-entry",
        "source-rogue has no entry",
        "connectors/team/source-rogue",
    ),
    "a connector's package by itself": Planted(
        written("connectors/source_rogue/__main__.py", ""),
        "connector-without-entry",
        "source-rogue has no entry",
        "connectors/source_rogue",
    ),
    "a connector that is a script": Planted(
        written("connectors/source-rogue/pull/main.py", ""),
        "connector-without-request",
        "source-rogue is new here",
        "connectors/source-rogue",
    ),
    "a connector in another language": Planted(
        written("connectors/rogue/go.mod", ""), "connector-without-request", "rogue is new here", "connectors/rogue"
    ),
    "a collection in an imported file that nothing reads": Planted(
        both(
            moved,
            edited("all.yaml", "      - source: acmeCo/users\n        resource:\n          table: gong_users\n", ""),
        ),
        "collection-not-materialized",
        "No materialization reads the collection acmeCo/users.",
        "all.yaml",
    ),
    "a request that the requester decided": Planted(
        edited("requests/2026-001-gong.yaml", "  by: decider@example.test", "  by: requester@example.test"),
        "request-decider",
        "another person decides",
        "requests/2026-001-gong.yaml",
    ),
    "a request in an impossible state": Planted(
        edited("requests/2026-002-zoom.yaml", "state: approved\nh", "state: registered\nh"),
        "request-state",
        "ends with approved",
        "requests/2026-002-zoom.yaml",
    ),
    "an entry that does not fit": Planted(
        entry("  oops: 1", "Ours"), "entry-schema", "", "catalog-entries/source-ours.yaml"
    ),
    "an entry without a connector": Planted(entry(""), "entry-connector", "", "catalog-entries/source-ours.yaml"),
    "a gap that was to be looked at again": Planted(
        entry("  overlap: {with: source-gong, gap: [{kind: stream, what: transcripts}], until: 2026-11-20}"),
        "until-overdue",
        "2026-11-20",
        "catalog-entries/source-ours.yaml",
        "warning",
    ),
    "a gap that Estuary has filled": Planted(
        entry("  overlap: {with: source-gong, gap: [{kind: stream, what: users}], until: 2027-11-20}"),
        "catalog-overlap",
        "source-gong has the stream users now",
        "catalog-entries/source-ours.yaml",
        "warning",
    ),
    "a connector that Estuary has by now": Planted(
        entry("", "GitHub"), "catalog-overlap", "has source-github", "catalog-entries/source-ours.yaml", "warning"
    ),
    "a day of removal that has come": Planted(
        entry("  deprecation: {reason: old, removeOn: 2026-11-01}", lifecycle="deprecated"),
        "until-overdue",
        "was to be removed on 2026-11-01",
        "catalog-entries/source-ours.yaml",
        "warning",
    ),
    "a request that Estuary has an answer to by now": Planted(
        answered_otherwise, "catalog-overlap", "has source-gong for Zoom now", "requests/2026-002-zoom.yaml", "warning"
    ),
    "a gap of a request that Estuary has filled": Planted(
        filled, "catalog-overlap", "stream:users", "requests/2026-002-zoom.yaml", "warning"
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found(shop: Desk, what: str) -> None:
    planted = PLANTED[what]
    shop.git("switch", "--quiet", "--create", "mine")
    planted.plant(shop)
    found = check_all(shop.repository, "main", TODAY)
    matching = [each for each in found if each.rule == planted.rule and each.path == planted.path]
    assert matching, found
    assert any(planted.said in f"{each.message} {each.hint}" for each in matching), matching
    assert {each.severity for each in matching} == {planted.severity}
    assert all(each.message.endswith(".") for each in matching)
    assert not look(shop.repository, "main", TODAY).clean(strict=True)


def test_a_decision_that_was_to_be_looked_at_again(shop: Desk) -> None:
    def overdue(today: date) -> list[Finding]:
        return [each for each in check_all(shop.repository, None, today) if each.rule == "until-overdue"]

    assert overdue(date(2027, 5, 5)) == []
    found = overdue(date(2027, 5, 6))
    assert [(each.path, each.severity) for each in found] == [("requests/2026-002-zoom.yaml", "warning")]
    assert shop.file("2026-002").read_text("utf-8").splitlines()[found[0].line - 1] == "  until: 2027-05-06"
    assert "request renew 2026-002" in found[0].hint


def test_every_rule_is_planted_somewhere() -> None:
    planted = {each.rule for each in PLANTED.values()}
    planted |= {each.rule for each in test_request_files.MISTAKES.values()}
    assert set(RULES) - planted == {"request-decision"}, "the pure function's own tests have that one"


def test_what_is_read_by_what_is_read_is_read(shop: Desk) -> None:
    unread(shop)
    derived = """\
  acmeCo/people:
    schema: {type: object, required: [id], properties: {id: {type: string}}}
    key: [/id]
    derive:
      using: {sqlite: {}}
      transforms:
        - {name: users, source: acmeCo/users, shuffle: any, lambda: select $id}
"""
    edited("flow.yaml", "collections:\n", f"collections:\n{derived}")(shop)

    def unmaterialized() -> set[str]:
        found = check_all(shop.repository, None, TODAY)
        return {each.message.split()[-1] for each in found if each.rule == "collection-not-materialized"}

    assert unmaterialized() == {"acmeCo/people.", "acmeCo/users."}
    edited("flow.yaml", "      - source: acmeCo/calls\n", "      - source: {name: acmeCo/people}\n        resource: "
           "{table: people}\n      - source: acmeCo/calls\n")(shop)  # fmt: skip
    assert unmaterialized() == set()


def test_what_is_imported_counts(shop: Desk) -> None:
    text = (shop.root / "flow.yaml").read_text("utf-8")
    rest, heading, materializations = text.partition("materializations:\n")
    (shop.root / "m.yaml").write_text(heading + materializations, "utf-8")
    (shop.root / "flow.yaml").write_text(f"import: [m.yaml]\n{rest}", "utf-8")
    assert {each.rule for each in check_all(shop.repository, None, TODAY)} == {"flow-placeholder"}


def test_what_a_file_of_development_imports_counts_for_nothing(shop: Desk) -> None:
    text = (shop.root / "flow.yaml").read_text("utf-8")
    (shop.root / "dev.yaml").write_text(text.replace("acmeCo/", "acmeCo/dev/"), "utf-8")
    (shop.root / "gong.local.flow.yaml").write_text("import: [dev.yaml]\n", "utf-8")
    unread(shop)
    found = [each for each in check_all(shop.repository, None, TODAY) if each.rule == "collection-not-materialized"]
    assert [each.path for each in found] == ["flow.yaml"]


@pytest.mark.parametrize(
    "name",
    [
        "connectors/README.md",
        "connectors/common/helpers.py",
        "connectors/source-later/README.md",
        "connectors/source-zoom/tests/__main__.py",
        "connectors/.cache/x/pyproject.toml",
    ],
)
def test_what_is_no_connector_needs_no_request(shop: Desk, name: str) -> None:
    shop.request("move", "zoom", "building", "--today", "2026-11-20")
    written(name, "")(shop)
    found = check_all(shop.repository, "main", TODAY)
    assert {each.rule for each in found if each.severity != "note"} == set()


def test_a_materialization_that_follows_a_capture_reads_all_of_it(shop: Desk) -> None:
    unread(shop)
    edited(
        "flow.yaml",
        "  acmeCo/materialize-snowflake:\n",
        "  acmeCo/materialize-snowflake:\n    source: {capture: acmeCo/source-gong}\n",
    )(shop)
    assert "collection-not-materialized" not in {each.rule for each in check_all(shop.repository, None, TODAY)}


@pytest.mark.parametrize("comment", ["  # not materialized: only read by people\n  acmeCo/users:\n",
                                     "  acmeCo/users: # Not materialized - only read by people\n"])  # fmt: skip
def test_a_collection_may_be_released_with_a_reason(shop: Desk, comment: str) -> None:
    unread(shop)
    edited("flow.yaml", "  acmeCo/users:\n", comment)(shop)
    assert look(shop.repository, "main", TODAY).clean(strict=True)


def test_flow_files_of_tests_are_left_out_and_counted(shop: Desk) -> None:
    written("tests/bad/flow.yaml", "collections: {a: {}}\n")(shop)
    report = look(shop.repository, None, TODAY)
    assert report.clean(strict=True)
    assert report.looked["flow files of tests"] == 1


def test_files_of_development_count_for_nothing_here(shop: Desk) -> None:
    text = (shop.root / "flow.yaml").read_text("utf-8")
    (shop.root / "gong.local.flow.yaml").write_text(text.replace("acmeCo/", "acmeCo/dev/"), "utf-8")
    found = check_all(shop.repository, None, TODAY)
    assert "collection-not-materialized" not in {each.rule for each in found}


def test_a_request_that_was_approved_lets_its_connector_in(shop: Desk) -> None:
    shop.git("switch", "--quiet", "--create", "mine")
    shop.request("move", "zoom", "building", "--today", "2026-11-20")
    assert check_all(shop.repository, "main", TODAY) == [
        each for each in check_all(shop.repository, "main", TODAY) if each.rule == "flow-placeholder"
    ]
    assert DECIDES in shop.file("2026-002").read_text("utf-8")


def test_an_entry_that_is_no_longer_what_the_connector_does(shop: Desk) -> None:
    shop.request("move", "zoom", "building", "--today", "2026-11-20")
    edited("catalog-entries/source-zoom.yaml", "title: Zoom", "title: Zum")(shop)
    path = shop.root / "connectors" / "source-zoom" / "source_zoom" / "__init__.py"
    text = path.read_text("utf-8")
    path.write_text(text.replace('title="Zoom"', 'title="Zoom Meetings"'), "utf-8")
    found = {each.rule for each in check_all(shop.repository, None, TODAY)}
    assert found & {"entry-drift", "entry-edited"}


LONG = "a" * 5_000
ODD: dict[str, tuple[Plant, str]] = {
    "a tag in a request": (written("requests/2026-003-a.yaml", "auth: !!bool x\n"), "requests/2026-003-a.yaml"),
    "a connector of 5000 letters": (
        edited("requests/2026-002-zoom.yaml", "connector: source-zoom", f"connector: {LONG}"),
        "requests/2026-002-zoom.yaml",
    ),
    "a script of 5000 letters": (
        edited("requests/2026-001-gong.yaml", "- etl/gong.py", f"- {LONG}"), "requests/2026-001-gong.yaml",
    ),
    "half a character": (
        edited("requests/2026-002-zoom.yaml", "system: Zoom", 'system: "Z\\ud800"'), "requests/2026-002-zoom.yaml",
    ),
    "a link to nothing for a flow file": (
        lambda desk: (desk.root / "x.flow.yaml").symlink_to("nowhere"), "x.flow.yaml",
    ),
    "an import of 5000 letters": (written("x.flow.yaml", f"import: [{LONG}]\n"), "x.flow.yaml"),
    "a link to a folder for a request": (
        lambda desk: (desk.root / "requests/2026-003-a.yaml").symlink_to(desk.root), "requests/2026-003-a.yaml",
    ),
    "a link to nothing for a request": (
        lambda desk: (desk.root / "requests/2026-003-a.yaml").symlink_to("nowhere"), "requests/2026-003-a.yaml",
    ),
    "an empty request": (written("requests/2026-003-a.yaml", ""), "requests/2026-003-a.yaml"),
    "an empty entry": (written("catalog-entries/source-ours.yaml", ""), "catalog-entries/source-ours.yaml"),
    "a tag in an entry": (
        written("catalog-entries/source-ours.yaml", "a: !!bool x"), "catalog-entries/source-ours.yaml",
    ),
    "a folder for an entry": (
        lambda desk: (desk.root / "catalog-entries/source-ours.yaml").mkdir(parents=True),
        "catalog-entries/source-ours.yaml",
    ),
    "an entry's day that no calendar has": (
        entry("  overlap: {with: source-gong, gap: [{kind: auth}], until: 2026-02-30}"),
        "catalog-entries/source-ours.yaml",
    ),
}  # fmt: skip
NOT_YAML = ("tag", "half", "5000 letters")


@pytest.mark.parametrize("what", ODD)
def test_an_odd_file_is_a_finding_and_ends_nothing(shop: Desk, what: str) -> None:
    plant, path = ODD[what]
    plant(shop)
    said = shop.run("check-all", "--today", "2026-11-27", code=1)
    assert f"{path}" in said and "error" in said
    assert str(shop.root) not in said, "what is told is the same on every machine"
    if not any(each in what for each in NOT_YAML):
        assert "source-gong" in shop.run("catalog", "check", "Gong")
        shop.run("catalog", "site", "--output", "site", "--today", "2026-11-27")


def test_a_file_where_requests_belong_is_told(desk: Desk) -> None:
    (desk.root / "requests").write_text("a")
    assert "requests is no folder" in desk.run("check-all", code=1)
    said = desk.request("new", "Zoom", code=2)
    assert "is a file, and requests are files in a folder of that name" in said


@pytest.mark.parametrize("link", ["https://u:S3CRET@example.com/x", "https://example.com/x?token=S3CRET"])
def test_an_entrys_link_with_a_password_is_refused_and_not_shown(shop: Desk, link: str) -> None:
    entry("")(shop)
    path = "catalog-entries/source-ours.yaml"
    edited(path, "lifecycle: building", f"lifecycle: building, links: [{{type: docs, url: '{link}'}}]")(shop)
    said = shop.run("check-all", "--today", "2026-11-27", code=1)
    assert "is no https address, or holds a password or token." in said and "S3CRET" not in said
