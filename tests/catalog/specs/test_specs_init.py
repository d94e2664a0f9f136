"""flow init: the files of a capture, and what stays when it runs again."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connector_sdk.catalog.specs import DESTINATIONS, from_answers, from_catalog, init, lint
from connector_sdk.catalog.specs._known import load
from connector_sdk.errors import CatalogUsageError, FlowSpecError

SPEC = {
    "configSchema": {
        "title": "Thing",
        "type": "object",
        "required": ["token", "account", "kind", "limit"],
        "properties": {
            "token": {"title": "Token", "type": "string", "secret": True, "order": 1},
            "account": {"title": "Account", "type": "string", "order": 0},
            "kind": {"type": "string", "enum": ["a", "b"], "order": 2},
            "limit": {"type": "integer", "default": 5, "order": 3},
            "since": {"type": "string", "default": "2026-01-01", "description": "When it begins.", "order": 4},
            "hidden": {"type": "string", "x-hidden-field": True},
        },
    },
    "resourcePathPointers": ["/name"],
}


def stream(name, *, key=("/id",), infer=True, disable=False, interval="PT5M"):
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    found = {
        "recommendedName": name,
        "resourceConfig": {"name": name, "interval": interval},
        "documentSchema": {**schema, **({"x-infer-schema": True} if infer else {})},
        "key": list(key),
    }
    return {**found, "disable": True} if disable else found


def thing(*names, image="ghcr.io/team/source-thing:v1", command=("python", "-m", "source_thing"), env=None):
    streams = [each if isinstance(each, dict) else stream(each) for each in names]
    return from_answers("source-thing", SPEC, streams, image=image, command=command, env=env)


def data(path):
    return YAML(typ="safe").load(path.read_text("utf-8"))


def contents(folder):
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def run(folder, *names, prefix="acmeCo/thing/", **how):
    made = thing(*names, **{each: how.pop(each) for each in ("image", "command", "env") if each in how})
    return init(made, folder, prefix=prefix, catalog=load(), **how)


def test_the_files_of_a_capture(tmp_path):
    done = run(tmp_path, "a", stream("b", infer=False), stream("c", disable=True), env={"PYTHONPATH": "x"})
    assert done.capture == "acmeCo/thing/source-thing"
    assert sorted(contents(tmp_path)) == [
        "flow.yaml", "source-thing.local.flow.yaml", "source-thing/a.schema.yaml", "source-thing/b.schema.yaml",
        "source-thing/c.schema.yaml", "source-thing/config.yaml",
    ]  # fmt: skip
    flow = data(tmp_path / "flow.yaml")
    capture = flow["captures"]["acmeCo/thing/source-thing"]
    assert capture["endpoint"] == {
        "connector": {"image": "ghcr.io/team/source-thing:v1", "config": "source-thing/config.yaml"}
    }
    assert capture["bindings"] == [
        {"resource": {"name": "a", "interval": "PT5M"}, "target": "acmeCo/thing/a"},
        {"resource": {"name": "b", "interval": "PT5M"}, "target": "acmeCo/thing/b"},
        {"resource": {"name": "c", "interval": "PT5M"}, "target": "acmeCo/thing/c", "disable": True},
    ]
    assert flow["collections"]["acmeCo/thing/a"] == {
        "writeSchema": "source-thing/a.schema.yaml",
        "readSchema": {"allOf": [{"$ref": "flow://write-schema"}, {"$ref": "flow://inferred-schema"}]},
        "key": ["/id"],
    }
    assert flow["collections"]["acmeCo/thing/b"] == {"schema": "source-thing/b.schema.yaml", "key": ["/id"]}
    assert data(tmp_path / "source-thing" / "b.schema.yaml") == stream("b", infer=False)["documentSchema"]
    local = data(tmp_path / "source-thing.local.flow.yaml")
    assert local["captures"]["acmeCo/thing/source-thing"]["endpoint"] == {
        "local": {
            "command": ["python", "-m", "source_thing"],
            "env": {"PYTHONPATH": "x"},
            "config": "source-thing/config.yaml",
        }
    }
    assert local["captures"]["acmeCo/thing/source-thing"]["bindings"] == capture["bindings"]
    assert local["collections"] == flow["collections"]


def test_the_config_is_to_be_filled_in_and_holds_no_secret(tmp_path):
    run(tmp_path, "a")
    text = (tmp_path / "source-thing" / "config.yaml").read_text()
    assert data(tmp_path / "source-thing" / "config.yaml") == {
        "account": "<Account>", "token_sops": "<Token>", "kind": "<one of a, b>", "limit": 5,
    }  # fmt: skip
    assert '#   since: "2026-01-01"  # When it begins.' in text
    assert "hidden" not in text
    assert "sops --encrypt --in-place --encrypted-suffix _sops" in text


def test_what_was_written_is_accepted_by_lint_and_not_ready_to_publish(files):
    run(files.root, "a", "b", to=list(DESTINATIONS))
    for name in ("flow.yaml", "source-thing.local.flow.yaml"):
        found = lint(files.root / name, files.repository, load())
        assert {each.rule for each in found} <= {"flow-placeholder", "flow-unregistered"}
    found = lint(files.root / "flow.yaml", files.repository, load(), publish=True)
    assert {each.rule for each in found if each.severity == "error"} == {"flow-placeholder", "flow-unregistered"}


def test_again_changes_no_byte(tmp_path):
    run(tmp_path, "a", "b", to=["snowflake", "s3-csv"])
    before = contents(tmp_path)
    done = run(tmp_path, "a", "b", to=["snowflake", "s3-csv"])
    assert (done.written, done.told) == ([], [])
    assert contents(tmp_path) == before


def test_check_writes_nothing_and_tells_what_it_would(tmp_path):
    done = run(tmp_path, "a", check=True)
    assert contents(tmp_path) == {}
    assert "flow.yaml" in [each.name for each in done.written]


CHANGED = """\
# ours
captures:
  acmeCo/thing/source-thing:
    interval: 1h  # slower
    endpoint:
      connector:
        image: "ghcr.io/team/source-thing:v1"   # pinned by us
        config: source-thing/config.yaml
    bindings:
    # the second first
    - target: acmeCo/renamed/b   # its own name
      backfill: 3
      resource:
        name: b
        interval: PT1H
    - {resource: {interval: PT5M, name: a}, target: acmeCo/thing/a, disable: true}
    # after the bindings

# and then
collections:
    acmeCo/thing/a:
        schema: {type: object, required: [id], properties: {id: {type: string}}}
        key: [/id]
        projections: {who: /id}
    acmeCo/renamed/b:
        writeSchema: source-thing/b.schema.yaml
        readSchema:
            allOf:
                - $ref: flow://write-schema
        key:
            - /id
materializations:
  acmeCo/thing/warehouse:
    endpoint: {connector: {image: "ghcr.io/estuary/materialize-snowflake:v4", config: {}}}
    bindings:
      - source: {name: acmeCo/renamed/b, notBefore: 2026-01-01T00:00:00Z}
        resource: {table: bees}
        fields:
          recommended: true
          exclude: [secret]   # nobody needs it
"""


def test_what_a_person_changed_stays_line_by_line(tmp_path):
    (tmp_path / "flow.yaml").write_text(CHANGED)
    done = run(tmp_path, "a", "b", "c", to=["snowflake"])
    after = (tmp_path / "flow.yaml").read_text()
    kept = iter(after.splitlines())
    assert all(line in kept for line in CHANGED.splitlines())  # every line is there, in order
    flow = data(tmp_path / "flow.yaml")
    bindings = flow["captures"]["acmeCo/thing/source-thing"]["bindings"]
    assert [each["target"] for each in bindings] == ["acmeCo/renamed/b", "acmeCo/thing/a", "acmeCo/thing/c"]
    assert list(flow["collections"]) == ["acmeCo/thing/a", "acmeCo/renamed/b", "acmeCo/thing/c"]
    assert list(flow["materializations"]) == ["acmeCo/thing/warehouse"]
    assert [each["resource"]["table"] for each in flow["materializations"]["acmeCo/thing/warehouse"]["bindings"]] == [
        "bees", "thing_c",
    ]  # fmt: skip
    assert after.index("# after the bindings") > after.index("acmeCo/thing/c")
    assert done.told == ["acmeCo/thing/c is new"]
    again = contents(tmp_path)
    assert run(tmp_path, "a", "b", "c", to=["snowflake"]).written == []
    assert contents(tmp_path) == again


def test_the_prefix_is_that_of_the_capture_that_is_there(tmp_path):
    run(tmp_path, "a", prefix="acmeCo/deep/er/")
    done = run(tmp_path, "a", "b", prefix="")
    assert done.capture == "acmeCo/deep/er/source-thing"
    assert "acmeCo/deep/er/b" in data(tmp_path / "flow.yaml")["collections"]
    run(tmp_path, "a", prefix="acmeCo/other")
    with pytest.raises(CatalogUsageError, match=r"has 2 captures by source-thing\."):
        run(tmp_path, "a", prefix="")


@pytest.mark.parametrize("prefix", ["", "/", "acme Co/", "acmeCo//x/", "${TENANT}/"])
def test_a_prefix_that_begins_no_name(tmp_path, prefix):
    with pytest.raises(CatalogUsageError, match=r"beginning|cannot begin"):
        run(tmp_path, "a", prefix=prefix)
    assert contents(tmp_path) == {}


def test_a_stream_that_is_gone_is_told_and_stays(tmp_path):
    run(tmp_path, "a", "b")
    before = contents(tmp_path)
    done = run(tmp_path, "a")
    assert contents(tmp_path) == before
    assert done.told == [
        "b is not offered any more; its binding to acmeCo/thing/b stays until you disable or remove it"
    ]


def test_bindings_are_known_by_what_identifies_them_not_by_where_they_stand(tmp_path):
    run(tmp_path, "a", "b", "c")
    path = tmp_path / "flow.yaml"
    text = path.read_text()
    blocks = re.findall(r"      - resource:\n(?:        .*\n)+", text)
    path.write_text(text.replace("".join(blocks), "".join(reversed(blocks))).replace("PT5M", "PT7M"))
    before = path.read_bytes()
    assert run(tmp_path, "a", "b", "c").told == []
    assert path.read_bytes() == before


def test_a_target_that_differs_in_the_local_file_is_told(tmp_path):
    run(tmp_path, "a")
    path = tmp_path / "flow.yaml"
    path.write_text(path.read_text().replace("acmeCo/thing/a\n", "acmeCo/mine/a\n").replace("thing/a:", "mine/a:"))
    done = run(tmp_path, "a")
    assert done.told == ["source-thing.local.flow.yaml: a goes to acmeCo/thing/a, and in flow.yaml to acmeCo/mine/a"]
    assert done.written == []


def test_a_key_that_changed_is_told(tmp_path):
    run(tmp_path, "a")
    done = run(tmp_path, stream("a", key=("/id", "/x")))
    assert "acmeCo/thing/a has the key /id; a is offered with /id, /x" in done.told[0]
    assert data(tmp_path / "flow.yaml")["collections"]["acmeCo/thing/a"]["key"] == ["/id"]


def test_a_schema_file_is_renewed_until_somebody_changes_it(tmp_path):
    run(tmp_path, "a", "b")
    changed = stream("a")
    changed["documentSchema"]["properties"]["new"] = {"type": "integer"}
    done = run(tmp_path, changed, "b")
    assert [each.name for each in done.written] == ["a.schema.yaml"]
    path = tmp_path / "source-thing" / "a.schema.yaml"
    path.write_text(path.read_text() + "title: mine\n")
    before = path.read_bytes()
    done = run(tmp_path, "a", "b")
    assert done.told == ["source-thing/a.schema.yaml was changed by hand; it stays as it is"]
    assert path.read_bytes() == before


def test_an_image_that_is_named_again_replaces_the_old_one(tmp_path):
    run(tmp_path, "a")
    assert run(tmp_path, "a", image="").written == []
    done = run(tmp_path, "a", image=f"ghcr.io/team/source-thing@sha256:{'0' * 64}")
    assert done.told == [
        f"the image was ghcr.io/team/source-thing:v1; it is ghcr.io/team/source-thing@sha256:{'0' * 64} now"
    ]
    assert [each.name for each in done.written] == ["flow.yaml"]


def test_without_an_image_a_placeholder_stands_there(tmp_path):
    run(tmp_path, "a", image="")
    assert "image: <REGISTRY/source-thing:TAG>" in (tmp_path / "flow.yaml").read_text()


def test_a_config_gets_what_it_lacks_unless_it_is_encrypted(tmp_path):
    path = tmp_path / "source-thing" / "config.yaml"
    path.parent.mkdir()
    path.write_text("token: ENC[a]  # ours\nlimit: 7\n")
    done = run(tmp_path, "a")
    assert path.read_text() == "token: ENC[a]  # ours\nlimit: 7\naccount: <Account>\nkind: <one of a, b>\n"
    assert done.told == [f"source-thing/config.yaml: {each} is to be filled in" for each in ("account", "kind")]
    path.write_text("token_sops: ENC[a]\nsops: {mac: x}\n")
    done = run(tmp_path, "a")
    assert path.read_text() == "token_sops: ENC[a]\nsops: {mac: x}\n"
    assert "is encrypted and lacks account, kind, limit" in done.told[0]


def test_two_captures_in_one_file(tmp_path):
    run(tmp_path, "a")
    other = from_answers("source-other", SPEC, [stream("a")], image="x/source-other:1")
    with pytest.raises(FlowSpecError, match=r"acmeCo/thing/a is filled by acmeCo/thing/source-thing already\."):
        init(other, tmp_path, prefix="acmeCo/thing/")
    init(other, tmp_path, prefix="acmeCo/other/")
    assert list(data(tmp_path / "flow.yaml")["captures"]) == ["acmeCo/thing/source-thing", "acmeCo/other/source-other"]
    assert (tmp_path / "source-other" / "a.schema.yaml").is_file()


def test_collections_that_are_imported_are_not_defined_again(tmp_path):
    collections = "collections:\n  acmeCo/thing/a: {schema: {required: [id], properties: {id: {}}}, key: [/id]}\n"
    (tmp_path / "mine.flow.yaml").write_text(collections)
    (tmp_path / "flow.yaml").write_text("import: [mine.flow.yaml]\n")
    run(tmp_path, "a", "b")
    assert list(data(tmp_path / "flow.yaml")["collections"]) == ["acmeCo/thing/b"]
    assert data(tmp_path / "source-thing.local.flow.yaml")["import"] == ["mine.flow.yaml"]


def test_names_that_flow_does_not_take(tmp_path):
    run(tmp_path, stream("a b/c é"), stream("d", key=()))
    assert list(data(tmp_path / "flow.yaml")["collections"]) == ["acmeCo/thing/a_b_c_é"]


def test_a_stream_without_a_key_is_told(tmp_path):
    assert run(tmp_path, "a", stream("d", key=())).told == ["d has no key, and is left out"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("captures: [\n", "flow.yaml, line 2: "),
        ("captures: {acmeCo/thing/source-thing: {endpoint: {}, bindings: [{resource: {name: b}}]}}\n", "one line"),
        ("captures:\n  acmeCo/thing/source-thing: &x\n    bindings: []\n  other: *x\n", "nothing can be added"),
        ("- a\n", "flow.yaml: the file has to be a mapping"),
        ("captures:\n  acmeCo/thing/source-thing: hello\n", "source-thing has to be a mapping"),
        ("captures:\n  acmeCo/thing/source-thing: {bindings: hello}\n", "bindings has to be a list"),
        ("captures:\n  acmeCo/thing/source-thing: {bindings: [hello]}\n", "bindings.0 has to be a mapping"),
        ("captures: hello\n", "captures has to be a mapping"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_merged_is_left_alone(tmp_path, text, said):
    (tmp_path / "flow.yaml").write_text(text)
    with pytest.raises(FlowSpecError) as caught:
        run(tmp_path, "a")
    assert said in str(caught.value)
    assert contents(tmp_path) == {"flow.yaml": text.encode()}


@pytest.mark.parametrize(
    "text", ["", "# only this\n", "captures:\n", "captures: {}\ncollections: {} # none\n", "---\n"]
)
def test_files_that_are_nearly_empty(tmp_path, text):
    (tmp_path / "flow.yaml").write_text(text)
    run(tmp_path, "a")
    assert list(data(tmp_path / "flow.yaml")["captures"]) == ["acmeCo/thing/source-thing"]
    assert list(data(tmp_path / "flow.yaml")["collections"]) == ["acmeCo/thing/a"]
    before = contents(tmp_path)
    run(tmp_path, "a")
    assert contents(tmp_path) == before
    assert "# none" in (tmp_path / "flow.yaml").read_text() or "# none" not in text


def test_the_ends_of_lines_stay(tmp_path):
    (tmp_path / "flow.yaml").write_bytes(b"# ours\r\ncaptures: {}\r\n")
    run(tmp_path, "a")
    raw = (tmp_path / "flow.yaml").read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n") > 10


def test_a_last_line_without_an_end_is_left_so_where_nothing_is_added(tmp_path):
    run(tmp_path, "a")
    path = tmp_path / "flow.yaml"
    path.write_text(path.read_text().rstrip("\n"))
    assert run(tmp_path, "a").written == []
    run(tmp_path, "a", "b")
    assert "acmeCo/thing/b" in data(path)["collections"]


def test_what_is_not_ascii_stays(tmp_path):
    run(tmp_path, "a")
    path = tmp_path / "flow.yaml"
    path.write_text(path.read_text() + "tests: {}  # é 日本\n", "utf-8")
    run(tmp_path, "a", "b")
    assert "# é 日本\n" in path.read_text("utf-8")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "source-thing").write_text("a file")
    with pytest.raises(FlowSpecError, match="cannot be"):
        run(tmp_path, "a")


def test_a_destination_that_is_not_known(tmp_path):
    with pytest.raises(CatalogUsageError, match=r"--to knows no 's3'"):
        run(tmp_path, "a", to=["s3"])
    assert contents(tmp_path) == {}


def test_a_connector_of_the_catalog(tmp_path):
    init(from_catalog(load().get("source-gong")), tmp_path, prefix="acmeCo/gong/", catalog=load())
    flow = data(tmp_path / "flow.yaml")
    (capture,) = flow["captures"].values()
    assert capture["endpoint"]["connector"]["image"] == "ghcr.io/estuary/source-gong:v1"
    assert capture["bindings"][0] == {"resource": {"name": "calls"}, "target": "acmeCo/gong/calls"}
    assert flow["collections"]["acmeCo/gong/scorecards"]["key"] == ["/scorecardId"]
    assert data(tmp_path / "source-gong" / "config.yaml") == {
        "credentials": {"access_key_sops": "<access_key>", "access_key_secret_sops": "<access_key_secret>"}
    }
    assert not (tmp_path / "source-gong.local.flow.yaml").exists()


def test_captures_of_each_family_of_the_catalog_give_files_that_lint_accepts(files):
    catalog = load()
    seen: dict[str, int] = {}
    for listed in catalog.connectors:
        sort = f"{listed.family} {bool(listed.spec)} {bool(listed.streams)}"
        if listed.kind != "capture" or listed.lifecycle != "active" or seen.get(sort, 0) >= 3:
            continue
        seen[sort] = seen.get(sort, 0) + 1
        folder = Path(files.root / listed.name)
        init(from_catalog(listed), folder, prefix=f"acmeCo/{listed.name}-x/", catalog=catalog)
        before = contents(folder)
        init(from_catalog(listed), folder, prefix="", catalog=catalog)
        assert contents(folder) == before
        found = lint(folder / "flow.yaml", None, catalog)
        assert [each for each in found if each.severity == "error"] == [], listed.name
    assert len(seen) > 5


def test_two_accounts_have_a_folder_each(tmp_path):
    run(tmp_path, "a", prefix="acmeCo/east/")
    run(tmp_path, "a", prefix="acmeCo/west/")
    flow = data(tmp_path / "flow.yaml")
    configs = [each["endpoint"]["connector"]["config"] for each in flow["captures"].values()]
    assert configs == ["source-thing/config.yaml", "source-thing-west/config.yaml"]
    assert {"source-thing.local.flow.yaml", "source-thing-west.local.flow.yaml"} <= set(contents(tmp_path))
    before = contents(tmp_path)
    run(tmp_path, "a", prefix="acmeCo/east/")
    run(tmp_path, "a", prefix="acmeCo/west/")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("config", ["{account: a}", "elsewhere/secret.yaml"])
def test_a_config_that_was_put_elsewhere_is_not_written_again(tmp_path, config):
    run(tmp_path, "a", command=())
    flow = tmp_path / "flow.yaml"
    flow.write_text(flow.read_text().replace("source-thing/config.yaml", config))
    (tmp_path / "source-thing" / "config.yaml").unlink()
    run(tmp_path, "a", command=())
    assert sorted(contents(tmp_path)) == ["flow.yaml", "source-thing/a.schema.yaml"]
