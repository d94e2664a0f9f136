"""The catalog's file: what comes with the SDK, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.known import Catalog, load, nearest, raw, read_ours, search
from connector_sdk.errors import CatalogDataError, CatalogUsageError, EntryError

ONE: dict[str, Any] = {
    "name": "source-a",
    "kind": "capture",
    "title": "A",
    "system": "a",
    "image": "ghcr.io/estuary/source-a",
    "tag": "v1",
    "lifecycle": "active",
}


def written(path: Path, *connectors: Any, **more: Any) -> Path:
    file = path / "catalog.json"
    file.write_text(json.dumps({"schema_version": 1, "built": "2026-01-02", "connectors": connectors, **more}))
    return file


def test_the_catalog_that_comes_along_is_whole() -> None:
    catalog = load()
    assert len(catalog.connectors) == 230
    assert catalog.version.startswith(f"{catalog.built}+sha256:")
    assert [each["repository"] for each in catalog.provenance][:2] == ["estuary/connectors", "estuary/airbyte"]
    gong = catalog.get("source-gong")
    assert gong is not None
    assert gong.reference == "ghcr.io/estuary/source-gong:v1"
    assert gong.spec is not None
    assert gong.spec.secret_pointers == ("/credentials/access_key", "/credentials/access_key_secret")
    assert gong.streams is not None
    assert [each.name for each in gong.streams] == ["calls", "scorecard_definitions", "scorecards", "users"]
    assert catalog.by_image("ghcr.io/estuary/source-gong") is gong
    assert catalog.by_image("ghcr.io/estuary/source-gong:v1") is None


def test_the_day_of_its_data_is_not_the_day_it_was_built_on() -> None:
    assert (load().built, load().as_of) == ("2026-11-23", "2026-08-21")


def test_the_counts_of_the_file_are_those_of_its_entries() -> None:
    from connector_sdk.catalog.known.refresh._refresh import counts

    assert raw()["counts"] == counts(raw()["connectors"])


def test_all_that_took_a_place_is_there() -> None:
    catalog = load()
    for each in catalog:
        assert each.replaced_by is None or catalog.get(each.replaced_by) is not None
        assert each.variant_of is None or catalog.get(each.variant_of) is not None


def test_a_file_is_read_as_well(tmp_path: Path) -> None:
    catalog = load(written(tmp_path, ONE))
    assert [each.name for each in catalog] == ["source-a"]
    again = load(written(tmp_path, ONE))
    assert again.version == catalog.version
    assert load(written(tmp_path, {**ONE, "tag": "v2"})).version != catalog.version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("not json", "is not JSON"),
        ("[]", "has no schema_version"),
        ("{}", "has no schema_version"),
        ('{"schema_version": 2, "connectors": []}', "has version 2; this SDK reads version 1"),
        ('{"schema_version": "1"}', "schema_version that is no number"),
        ('{"schema_version": true}', "schema_version that is no number"),
        ('{"schema_version": 0}', "schema_version that is no number"),
        ('{"schema_version": 1}', "it lists none"),
        ('{"schema_version": 1, "connectors": []}', "it lists none"),
        ('{"schema_version": 1, "connectors": {}}', "it lists none"),
        ('{"schema_version": 1, "connectors": [3]}', "the entry number 0 cannot be read"),
        ('{"schema_version": 1, "connectors": [{"name": "source-a"}]}', "the entry of source-a has no 'kind'"),
        ("[" * 100_000, "nested too deep|was cut off|is not JSON"),
    ],
)
def test_what_is_no_catalog_is_refused_in_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(text)
    with pytest.raises(CatalogDataError, match=said) as wrong:
        load(file)
    assert wrong.value.hint
    assert wrong.value.message.startswith("catalog.json ") or "catalog.json: " in wrong.value.message


@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.77, 0.9999])
def test_a_catalog_that_was_cut_off_is_told_as_such(share: float, tmp_path: Path) -> None:
    text = json.dumps(raw(), indent=1)
    file = tmp_path / "catalog.json"
    file.write_text(text[: int(len(text) * share)])
    with pytest.raises(CatalogDataError, match="was cut off"):
        load(file)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kind": "sink"}, "its kind is 'sink'"),
        ({"title": 3}, "3 is no text"),
        ({"aliases": "a"}, "'a' is no list"),
        ({"aliases": [1]}, "1 is no text"),
        ({"streams": [{}]}, "has no 'name'"),
        ({"detect": ["a"]}, "the entry of source-a cannot be read"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named(more: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogDataError, match=said) as wrong:
        load(written(tmp_path, {**ONE, **more}))
    assert "source-a" in wrong.value.message


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogDataError, match="lists source-a twice"):
        load(written(tmp_path, ONE, ONE))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogDataError, match="cannot be read: No such file"):
        load(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CatalogDataError, match="is not UTF-8"):
        load(tmp_path / "bytes.json")


# our own entries

ENTRY = """\
apiVersion: connector-catalog/v1
kind: Connector
metadata:
  name: source-linear
  title: Linear
  lifecycle: candidate
  request: requests/2026-001-linear.yaml
  aliases: [linear app]
spec:
  kind: capture
  licence: Apache-2.0
  system:
    vendor: Linear Orbit
    hosts: [api.linear.app]
    packages: ['@linear/sdk']
  image:
    repository: ghcr.io/acme/source-linear
  estuary:
    registered: false
generated:
  auth: [API Key, {title: OAuth}]
  streams:
    - {name: issues, key: [/id], deletes: within 30 days, defaultInterval: PT5M}
    - {name: teams, key: [/id], deletes: false, defaultInterval: PT1H}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "catalog-entries").mkdir()
    (tmp_path / "catalog-entries" / "source-linear.yaml").write_text(ENTRY)
    return Repository(tmp_path)


def test_an_entry_of_ours_is_listed_with_what_it_tells(repository: Repository) -> None:
    (mine,) = read_ours(repository)
    assert (mine.name, mine.title, mine.system, mine.lifecycle, mine.ours) == (
        "source-linear",
        "Linear",
        "linear",
        "candidate",
        True,
    )
    assert mine.image == "ghcr.io/acme/source-linear"
    assert mine.request == "requests/2026-001-linear.yaml"
    assert mine.auth_kinds == ("API Key", "OAuth")
    assert mine.streams is not None
    assert [(each.name, each.key, each.deletes, each.interval) for each in mine.streams] == [
        ("issues", ("/id",), "within 30 days", "PT5M"),
        ("teams", ("/id",), "", "PT1H"),
    ]
    assert not mine.registered


@pytest.mark.parametrize("query", ["Linear", "linear app", "Linear Orbit", "api.linear.app", "@linear/sdk"])
def test_an_entry_of_ours_is_found_by_all_that_it_tells(query: str, repository: Repository) -> None:
    from connector_sdk.catalog.known import check

    answer = check(load().with_ours(read_ours(repository)), query)
    assert answer.entry is not None
    assert answer.entry.name == "source-linear"


def test_an_entry_that_says_little_is_listed_all_the_same(repository: Repository) -> None:
    path = repository.entries / "source-linear.yaml"
    for text in ("", "[]", "metadata: {}\n", "metadata: [1]\nspec: text\ngenerated: {streams: none}\n"):
        path.write_text(text)
        (mine,) = read_ours(repository)
        assert (mine.name, mine.title, mine.streams) == ("source-linear", "Linear", None)


def test_an_entry_that_is_no_yaml_is_named_with_its_line(repository: Repository) -> None:
    (repository.entries / "source-linear.yaml").write_text("metadata:\n  name: [\n")
    with pytest.raises(EntryError, match=r"source-linear.yaml, line"):
        read_ours(repository)


def test_a_repository_without_entries_has_none(tmp_path: Path) -> None:
    assert read_ours(Repository(tmp_path)) == ()


def test_estuarys_is_the_one_of_a_name_that_both_have(repository: Repository) -> None:
    (mine,) = read_ours(repository)
    from dataclasses import replace

    both = load().with_ours([replace(mine, name="source-gong")])
    gong = both.get("source-gong")
    assert gong is not None
    assert not gong.ours
    assert len(both.ours) == 1
    assert len(both.with_ours([]).connectors) == 230
    assert both.version == load().version
    assert both.by_image("ghcr.io/acme/source-linear") is both.ours[0]


# search


def found(catalog: Catalog, text: str) -> list[str]:
    return [each.entry.name for each in search(catalog, text)]


def test_search_finds_names_first_and_what_is_out_of_use_last() -> None:
    names = found(load(), "hubspot")
    assert names[:2] == ["materialize-hubspot", "source-hubspot-native"]
    assert names[-1] == "source-hubspot"


@pytest.mark.parametrize(
    ("text", "name", "where"),
    [
        ("gong", "source-gong", "name"),
        ("api.gong.io", "source-gong", "host"),
        ("psycopg2", "source-postgres", "package"),
        ("GONG_", "source-gong", "name"),
        ("scorecard", "source-gong", "stream"),
        ("airbyte/source-slack", "source-slack", "image"),
    ],
)
def test_search_says_by_what_it_found(text: str, name: str, where: str) -> None:
    assert (name, where) in [(each.entry.name, each.where) for each in search(load(), text)]


def test_search_for_a_few_letters_does_not_find_them_across_words() -> None:
    assert set(found(load(), "s3")) == {
        "source-s3",
        "materialize-s3-csv",
        "materialize-s3-iceberg",
        "materialize-s3-parquet",
    }


def test_search_keeps_to_a_kind() -> None:
    assert {each.entry.kind for each in search(load(), "s3", kind="materialization")} == {"materialization"}


def test_search_for_nothing_is_refused() -> None:
    with pytest.raises(CatalogUsageError):
        search(load(), " - ")


def test_the_nearest_names_of_a_slip() -> None:
    assert nearest(load(), "source-gonk") == ["source-gong"]
    assert "source-hubspot-native" in nearest(load(), "hubspt")
    assert nearest(load(), "!") == []
