"""The materializations that can be added, against the catalog; and what --to writes."""

import pytest
from ruamel.yaml import YAML

from connector_sdk.catalog.specs import DESTINATIONS, from_answers, init
from connector_sdk.catalog.specs._known import load
from connector_sdk.catalog.specs._plain import walk
from connector_sdk.catalog.specs._secrets import decrypted, placeholder

STREAM = {
    "recommendedName": "calls",
    "resourceConfig": {"name": "calls"},
    "documentSchema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
    "key": ["/id"],
}
SPEC = {"configSchema": {"type": "object"}, "resourcePathPointers": ["/name"]}


@pytest.mark.parametrize("name", DESTINATIONS)
def test_a_destination_gives_what_the_catalog_says_it_needs(name):
    destination = DESTINATIONS[name]
    listed = load().get(f"materialize-{name}")
    assert (listed.name, listed.kind, listed.lifecycle) == (destination.connector, "materialization", "active")
    names = set(decrypted(dict(destination.config)))
    assert set(listed.spec.required) <= names <= set(listed.spec.properties)
    resource = {destination.table, *destination.resource}
    assert set(listed.spec.resource_required) <= resource <= set(listed.spec.resource_properties)
    sealed = ["/" + "/".join(each).removesuffix("_sops") for each, _ in walk(destination.config) if "_sops" in each[-1]]
    assert sealed
    assert set(sealed) <= set(listed.spec.secret_pointers)
    assert all(placeholder(value) for each, value in walk(destination.config) if "_sops" in each[-1])
    assert not set(destination.misplaced) & names
    for where in destination.comments:
        assert dict(walk(destination.config))[where] is not None


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("snowflake", {"table": "thing_calls"}),
        ("postgres", {"table": "thing_calls"}),
        ("elasticsearch", {"index": "thing_calls", "delta_updates": False}),
        ("s3-parquet", {"path": "acmeCo/thing/calls"}),
        ("s3-csv", {"path": "acmeCo/thing/calls"}),
        ("s3-iceberg", {"table": "thing_calls", "delta_updates": True}),
    ],
)
def test_what_is_written(tmp_path, name, resource):
    wanted = from_answers("source-thing", SPEC, [STREAM], image="x/source-thing:1")
    init(wanted, tmp_path, prefix="acmeCo/thing/", to=[name], catalog=load())
    flow = YAML(typ="safe").load((tmp_path / "flow.yaml").read_text())
    ((task, body),) = flow["materializations"].items()
    listed = load().get(f"materialize-{name}")
    assert task == f"acmeCo/thing/materialize-{name}"
    assert body["endpoint"]["connector"] == {
        "image": f"{listed.image}:{listed.tag}",
        "config": f"materialize-{name}/config.yaml",
    }
    assert body["bindings"] == [{"source": "acmeCo/thing/calls", "resource": resource}]
    config = YAML(typ="safe").load((tmp_path / f"materialize-{name}" / "config.yaml").read_text())
    assert config == DESTINATIONS[name].config


def test_disabled_streams_are_not_materialized(tmp_path):
    wanted = from_answers("source-thing", SPEC, [{**STREAM, "disable": True}], image="x/source-thing:1")
    init(wanted, tmp_path, prefix="acmeCo/thing/", to=["postgres"], catalog=load())
    flow = YAML(typ="safe").load((tmp_path / "flow.yaml").read_text())
    assert flow["materializations"]["acmeCo/thing/materialize-postgres"]["bindings"] == []
