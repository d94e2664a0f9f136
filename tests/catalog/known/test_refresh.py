"""The catalog made anew from checkouts: what is read of them, what is kept, and what is told to have changed."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog.known import check, load
from connector_sdk.catalog.known.refresh import changes, dump, find_checkouts, refresh
from connector_sdk.errors import CatalogDataError, CatalogUsageError
from tests.catalog.known.conftest import DOCS, GONG_SPEC, LINKS, Estuary, discovered, matrix, page

TODAY = date(2026, 2, 3)
NOTHING: dict[str, Any] = {"schema_version": 1, "built": "2026-01-01", "connectors": []}


def made(estuary: Estuary, before: dict[str, Any] = NOTHING) -> dict[str, Any]:
    return refresh(estuary.connectors, estuary.airbyte, before=before, today=TODAY)


def by_name(catalog: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in catalog["connectors"]}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.what, each.name) for each in changes(before, after)]


def test_all_that_is_built_or_documented_is_listed(estuary: Estuary) -> None:
    catalog = made(estuary)
    assert {name: each["lifecycle"] for name, each in by_name(catalog).items()} == {
        "materialize-s3-csv": "active",
        "materialize-snowflake": "active",
        "source-acme": "active",
        "source-alloydb": "unlisted",
        "source-braze": "active",
        "source-gong": "active",
        "source-hello-world": "internal",
        "source-hubspot": "deprecated",
        "source-hubspot-native": "active",
        "source-kafka": "active",
        "source-ledger": "active",
        "source-postgres": "active",
        "source-postgres-batch": "active",
        "source-slack": "active",
        "source-stripe": "unlisted",
        "source-supabase-postgres": "active",
        "dekaf-tinybird": "active",
    }
    assert catalog["counts"]["total"] == 17
    assert catalog["built"] == "2026-02-03"


def test_families_tags_and_origins_are_told_by_the_code(estuary: Estuary) -> None:
    found = by_name(made(estuary))
    assert {name: (each["family"], each["tag"], each["origin"]) for name, each in found.items()} == {
        "materialize-s3-csv": ("estuary-go", "v1", "estuary"),
        "materialize-snowflake": ("estuary-go", "v4", "estuary"),
        "source-acme": ("estuary-cdk-python", "v2", "estuary"),  # CI is believed, not the list
        "source-alloydb": ("estuary-go", "v3", "estuary"),
        "source-braze": ("airbyte-to-flow", "v1", "airbyte-image"),
        "source-gong": ("estuary-cdk-python", "v1", "estuary"),
        "source-hello-world": ("estuary-go", "v1", "estuary"),
        "source-hubspot": ("estuary-cdk-python+airbyte-cdk-shim", "v5", "airbyte-code-in-estuary-cdk"),
        "source-hubspot-native": ("estuary-cdk-python", "v1", "estuary"),
        "source-kafka": ("estuary-rust", "v1", "estuary"),
        "source-ledger": (None, "v4", "estuary-private-or-unlocated"),
        "source-postgres": ("estuary-go", "v3", "estuary"),
        "source-postgres-batch": ("estuary-go", "v1", "estuary"),
        "source-slack": ("airbyte-to-flow", "v2", "airbyte-image"),
        "source-stripe": ("airbyte-to-flow", "v3", "airbyte-image"),
        "source-supabase-postgres": ("estuary-go", "v3", "estuary"),
        "dekaf-tinybird": ("dekaf", None, "estuary"),
    }
    assert found["source-slack"]["upstream_image"] == "airbyte/source-slack:0.1.25"
    assert found["source-alloydb"]["variant_of"] == "source-postgres"
    assert found["source-acme"]["versions_seen"] == {"docs_index": "v1", "ci": "v2", "VERSION_file": None}
    assert found["source-acme"]["usage_rate"] == 0.0


def test_pages_are_found_whatever_their_names(estuary: Estuary) -> None:
    found = by_name(made(estuary))
    urls = {
        name: each["docs_url"].removeprefix("https://docs.estuary.dev/reference/Connectors/")
        for name, each in found.items()
        if each["docs_url"]
    }
    assert urls["source-postgres"] == "capture-connectors/PostgreSQL/"
    assert urls["source-supabase-postgres"] == "capture-connectors/PostgreSQL/Supabase/"
    assert urls["source-hubspot-native"] == "capture-connectors/HubSpot-real-time/"
    assert urls["dekaf-tinybird"] == "materialization-connectors/Dekaf/tinybird/"
    assert found["source-hubspot-native"]["title"] == "Hubspot (Real-Time)"
    assert found["source-slack"]["docs_group"] == "third-party"


def test_a_deprecated_page_tells_what_took_its_place(estuary: Estuary) -> None:
    found = by_name(made(estuary))
    assert found["source-hubspot"]["replaced_by"] == "source-hubspot-native"
    assert found["source-hubspot"]["title"] == "HubSpot"


def test_snapshots_tell_configs_logins_and_streams(estuary: Estuary) -> None:
    found = by_name(made(estuary))
    gong, postgres = found["source-gong"], found["source-postgres"]
    assert gong["spec"] == {
        "snapshot": "source-gong/tests/snapshots/snapshots__spec__stdout.json",
        "required": ["credentials"],
        "properties": ["credentials", "region"],
        "secret_pointers": ["/credentials/access_key", "/credentials/access_key_secret"],
        "resource_properties": ["interval", "name"],
        "resource_required": ["name"],
        "resource_path_pointers": ["/name"],
        "oauth2": False,
        "documentation_url": "https://go.estuary.dev/source-gong",
    }
    assert gong["auth_kinds"] == ["API Key"]
    assert [each["name"] for each in gong["streams"]] == ["calls", "scorecards", "users"]
    assert gong["streams"][1]["key"] == ["/scorecardId"]
    assert postgres["auth_kinds"] == ["AWSIAM", "UserPassword"]
    assert postgres["spec"]["secret_pointers"] == [
        "/credentials/password",
        "/networkTunnel/sshForwarding/privateKey",
    ]
    assert found["source-alloydb"]["spec"] == postgres["spec"]
    assert found["source-kafka"]["spec"] is None


def test_a_new_connector_is_known_by_the_hosts_of_its_code(estuary: Estuary) -> None:
    assert by_name(made(estuary))["source-acme"]["detect"]["hosts"] == ["api.acme.test", "eu.api.acme.test"]


def test_the_newer_form_of_the_lists_and_of_the_builds_is_read_too(estuary: Estuary) -> None:
    before = made(estuary)
    estuary.put(f"connectors/{DOCS}/capture-connectors/README.md", LINKS)
    estuary.put("connectors/.github/workflows/python.yaml", matrix().replace("[]", "'${{ fromJson(x) }}'"))
    versions = {"gong": "v1", "hubspot": "v5", "hubspot-native": "v1", "acme": "v2"}
    rows = [f"- name: source-{name}\n  type: capture\n  version: {tag}\n" for name, tag in versions.items()]
    estuary.put("connectors/.github/python-connectors.yaml", "# what python.yaml builds\n" + "".join(rows))
    after = made(estuary, before)
    assert by_name(after)["source-postgres"]["title"] == "PostgreSQL"
    assert by_name(after)["source-supabase-postgres"]["lifecycle"] == "active"
    assert told(before, after) == [("details", "source-hubspot-native")]
    assert by_name(after)["source-hubspot-native"]["title"] == "Hubspot"


def test_what_people_wrote_is_kept(estuary: Estuary) -> None:
    before = made(estuary)
    acme = by_name(before)["source-acme"]
    by_hand = {
        "aliases": ["acme", "acme corp"],
        "detect": {
            "hosts": ["*.acme.test"],
            "python_packages": ["acme"],
            "npm_packages": [],
            "env_prefixes": ["ACME_"],
            "url_schemes": [],
        },
        "notes": ["Told by somebody."],
        "replaced_by": "source-gong",
        "system": "acme-corp",
        "short_url": "https://go.estuary.dev/acme",
    }
    acme.update(by_hand)
    estuary.put("connectors/source-acme/source_acme/more.py", 'OTHER = "https://api.other.test"\n')
    after = by_name(made(estuary, before))["source-acme"]
    assert {key: after[key] for key in by_hand} == by_hand


def test_a_second_run_changes_nothing(estuary: Estuary, tmp_path: Path) -> None:
    estuary.commit("2026-01-05")
    first = made(estuary)
    estuary.commit("2026-01-09")
    second = refresh(estuary.connectors, estuary.airbyte, before=first, today=date(2026, 3, 1))
    assert changes(first, second) == []
    assert second["built"] == first["built"]
    assert second["connectors"] == first["connectors"]
    assert second["provenance"][0]["commit"] != first["provenance"][0]["commit"]


def test_git_tells_the_commits_and_when_code_changed(estuary: Estuary) -> None:
    estuary.commit("2026-01-05")
    estuary.put("connectors/source-gong/source_gong/api.py", "# more\n")
    estuary.put("connectors/source-acme/README.md", "words alone\n")
    estuary.commit("2026-01-09")
    catalog = made(estuary)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=estuary.connectors, capture_output=True, text=True, check=True
    )
    assert catalog["provenance"][0]["commit"] == head.stdout.strip()
    assert catalog["provenance"][0]["commit_date"].startswith("2026-01-09")
    found = by_name(catalog)
    assert found["source-gong"]["last_code_change"] == "2026-01-09"
    assert found["source-acme"]["last_code_change"] == "2026-01-05"
    assert found["source-slack"]["last_code_change"] == "2026-01-05"


def test_a_shallow_clone_does_not_pretend_to_know_when_code_changed(estuary: Estuary, tmp_path: Path) -> None:
    estuary.commit("2026-01-05")
    before = made(estuary)
    estuary.put("connectors/x", "x")
    estuary.commit("2026-01-09")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{estuary.connectors}", str(shallow)], check=True)
    catalog = refresh(shallow, estuary.airbyte, before=before, today=TODAY)
    assert by_name(catalog)["source-gong"]["last_code_change"] == "2026-01-05"
    assert catalog["provenance"][0]["commit_date"].startswith("2026-01-09")


def test_a_plain_copy_without_git_will_do(estuary: Estuary) -> None:
    assert made(estuary)["provenance"][0]["commit"] is None


def test_the_file_can_be_loaded_and_asked(estuary: Estuary, tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(dump(made(estuary)))
    catalog = load(file)
    assert catalog.built == "2026-02-03"
    answer = check(catalog, "Acme")
    assert answer.entry is not None
    assert answer.entry.reference == "ghcr.io/estuary/source-acme:v2"
    assert check(catalog, "source-hubspot").answer == "use-replacement"
    assert check(catalog, "https://api.acme.test/v1/things").matched_by == "host"


# what is told to have changed


def test_what_was_added_removed_and_deprecated_is_told(estuary: Estuary) -> None:
    before = made(estuary)
    estuary.put("connectors/.github/workflows/new.yaml", matrix("source-linear"))
    estuary.put("connectors/source-linear/pyproject.toml", "")
    estuary.put(
        "connectors/source-linear/tests/snapshots/snapshots__discover__capture.stdout.json", discovered(issues="/id")
    )
    estuary.put(f"connectors/{DOCS}/capture-connectors/linear.md", page("Linear", "source-linear:v1"))
    estuary.take(f"connectors/{DOCS}/capture-connectors/ledger.md")
    readme = f"connectors/{DOCS}/capture-connectors/README.md"
    text = (estuary.folder / readme).read_text()
    estuary.put(
        readme,
        text.replace(
            "- Ledger\n  - [Configuration](./ledger.md)\n  - Package - ghcr.io/estuary/source-ledger:v4\n", ""
        ),
    )
    estuary.put(f"connectors/{DOCS}/capture-connectors/slack.md", page("Slack (deprecated)", "source-slack:v2"))
    after = made(estuary, before)
    assert told(before, after) == [
        ("added", "source-linear"),
        ("removed", "source-ledger"),
        ("deprecated", "source-slack"),
    ]
    sentences = {each.name: each.told for each in changes(before, after)}
    assert sentences["source-linear"] == "Linear, capture, active, 1 streams"
    assert sentences["source-ledger"] == "no source knows it any more; it stays listed as deprecated"
    assert sentences["source-slack"] == "active -> deprecated"
    assert by_name(after)["source-ledger"]["notes"] == ["No longer in Estuary's repositories."]
    again = made(estuary, after)
    assert changes(after, again) == []


def test_new_streams_keys_logins_tags_and_fields_are_told(estuary: Estuary) -> None:
    before = made(estuary)
    folder = "connectors/source-gong/tests/snapshots"
    estuary.put(
        f"{folder}/snapshots__discover__stdout.json", discovered(calls="/callId", users="/id", call_transcripts="/id")
    )
    spec = json.loads(json.dumps(GONG_SPEC))
    spec[0]["configSchema"]["properties"]["calls_lookback_window"] = {"type": "integer"}
    spec[0]["configSchema"]["required"].append("region")
    spec[0]["configSchema"]["$defs"]["GongCredentials"]["properties"]["credentials_title"]["const"] = "Key"
    estuary.put(f"{folder}/snapshots__spec__stdout.json", spec)
    estuary.put("connectors/source-kafka/VERSION", "v2\n")
    found = [(each.what, each.name, each.told) for each in changes(before, made(estuary, before))]
    assert found == [
        ("streams", "source-gong", "new: call_transcripts; gone: scorecards; another key: calls"),
        ("tag", "source-kafka", "v1 -> v2"),
        ("config", "source-gong", "required: +region; fields: +calls_lookback_window"),
        ("login", "source-gong", "Key"),
    ]


def test_a_note_that_may_be_out_of_date_is_shown(estuary: Estuary) -> None:
    before = made(estuary)
    by_name(before)["source-gong"]["notes"] = ["Three streams; no call transcripts."]
    streams = discovered(calls="/id", scorecards="/scorecardId", users="/id", call_transcripts="/id")
    estuary.put("connectors/source-gong/tests/snapshots/snapshots__discover__stdout.json", streams)
    assert [(each.what, each.told) for each in changes(before, made(estuary, before))] == [
        ("streams", "new: call_transcripts"),
        ("review", "a note was written before this: Three streams; no call transcripts."),
    ]


def test_what_comes_back_is_told(estuary: Estuary) -> None:
    slack = f"connectors/{DOCS}/capture-connectors/slack.md"
    was = (estuary.folder / slack).read_text()
    estuary.put(slack, page("Slack (deprecated)", "source-slack:v2"))
    before = made(estuary)
    estuary.put(slack, was)
    assert told(before, made(estuary, before)) == [("returned", "source-slack")]


def test_a_snapshot_that_cannot_be_read_leaves_what_was_known(estuary: Estuary) -> None:
    before = made(estuary)
    for text in ("", "{", "---\nsource: a\n---\n{}", "[]", "[1]", '[{"configSchema": 3}]'):
        estuary.put("connectors/source-gong/tests/snapshots/snapshots__spec__stdout.json", text)
        assert by_name(made(estuary, before))["source-gong"]["spec"] == by_name(before)["source-gong"]["spec"]


def test_a_schema_that_leads_in_a_circle_ends(estuary: Estuary) -> None:
    loop = {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/A"}}}}}
    knot = {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}}
    for each in (loop, knot):
        estuary.put("connectors/source-gong/tests/snapshots/snapshots__spec__stdout.json", [{"configSchema": each}])
        assert by_name(made(estuary))["source-gong"]["spec"]["properties"] == ["a"]


def test_code_is_read_and_never_run(estuary: Estuary, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for path in ("source_gong/__init__.py", "setup.py", "conftest.py"):
        estuary.put(f"connectors/source-gong/{path}", f"open({str(mark)!r}, 'w')\n")
    made(estuary)
    assert not mark.exists()


# what is refused


def test_a_checkout_that_is_not_whole_is_refused(estuary: Estuary) -> None:
    before = made(estuary)
    estuary.put("connectors/.github/workflows/ci.yaml", "jobs: {}\n")
    estuary.put(f"connectors/{DOCS}/capture-connectors/README.md", "")
    for path in (estuary.connectors / DOCS / "capture-connectors").rglob("*.md"):
        path.unlink()
    with pytest.raises(CatalogDataError, match=r"of 17 connectors are not in these checkouts") as wrong:
        made(estuary, before)
    assert "not whole" in wrong.value.hint


def test_builds_that_name_no_connector_are_refused(estuary: Estuary) -> None:
    for name in ("ci.yaml", "python.yaml"):
        estuary.put(f"connectors/.github/workflows/{name}", "jobs: {}\n")
    with pytest.raises(CatalogDataError, match="names a connector that it builds"):
        made(estuary)


def test_a_workflow_that_is_no_yaml_is_named(estuary: Estuary) -> None:
    estuary.put("connectors/.github/workflows/ci.yaml", "jobs: [\n")
    with pytest.raises(CatalogDataError, match=r"ci.yaml, line"):
        made(estuary)


def test_the_checkouts_are_found_one_by_one_or_in_a_folder_that_holds_both(estuary: Estuary, tmp_path: Path) -> None:
    one_by_one = find_checkouts([estuary.airbyte, estuary.connectors])
    assert find_checkouts([estuary.folder]) == one_by_one
    assert find_checkouts([estuary.folder, estuary.connectors]) == one_by_one
    with pytest.raises(CatalogUsageError, match="no checkout of estuary/airbyte") as wrong:
        find_checkouts([estuary.connectors])
    assert "git clone https://github.com/estuary/airbyte" in wrong.value.hint
    with pytest.raises(CatalogUsageError, match="no folder"):
        find_checkouts([tmp_path / "none"])
    (tmp_path / "other" / DOCS).mkdir(parents=True)
    with pytest.raises(CatalogUsageError, match="two checkouts of estuary/connectors"):
        find_checkouts([estuary.folder, tmp_path / "other"])
