"""Whatever a person did to the files: flow init again loses nothing of it, and once more changes no byte."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from connector_sdk.catalog.specs import from_answers, init
from connector_sdk.catalog.specs._edit import Text
from connector_sdk.catalog.specs._known import load
from connector_sdk.catalog.specs._render import block

NAMES = ["calls", "users", "flows", "tasks", "logs"]
SPEC = {
    "configSchema": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string", "secret": True}}},
    "resourcePathPointers": ["/name"],
}
CAPTURE = "acmeCo/x/source-x"


def wanted(names):
    return from_answers(
        "source-x",
        SPEC,
        [
            {
                "recommendedName": name,
                "resourceConfig": {"name": name},
                "documentSchema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                "key": ["/id"],
                **({"disable": True} if name == "tasks" else {}),
            }
            for name in names
        ],
        image="x/source-x:1",
        command=["python", "-m", "source_x"],
    )


def contents(folder):
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def load_yaml(text):
    return YAML(typ="safe", pure=True).load(text)


def renamed(flow, draw):
    binding = draw(st.sampled_from(flow["captures"][CAPTURE]["bindings"]))
    new = f"acmeCo/mine/{binding['resource']['name']}"
    if binding["target"] in flow["collections"]:
        flow["collections"][new] = flow["collections"].pop(binding["target"])
    for each in flow.get("materializations", {}).get("acmeCo/x/materialize-postgres", {}).get("bindings", []):
        if each["source"] == binding["target"]:
            each["source"] = new
    binding["target"] = new


def flagged(flow, draw):
    binding = draw(st.sampled_from(flow["captures"][CAPTURE]["bindings"]))
    binding |= draw(st.sampled_from([{"disable": True}, {"disable": False}, {"backfill": 2}]))


def shuffled(flow, draw):
    body = flow["captures"][CAPTURE]
    body["bindings"] = draw(st.permutations(body["bindings"]))


def removed(flow, draw):
    bindings = flow["captures"][CAPTURE]["bindings"]
    if len(bindings) > 1:
        bindings.remove(draw(st.sampled_from(bindings)))


def slower(flow, draw):
    flow["captures"][CAPTURE]["interval"] = "1h"
    binding = draw(st.sampled_from(flow["captures"][CAPTURE]["bindings"]))
    binding["resource"] = {"interval": "PT1H", **binding["resource"]}


def projected(flow, draw):
    if flow["collections"]:
        name = draw(st.sampled_from(sorted(flow["collections"])))
        flow["collections"][name]["projections"] = {"who": "/id"}


def added(flow, draw):
    flow.setdefault("tests", {})["acmeCo/x/test"] = []
    flow["collections"]["acmeCo/other"] = {"schema": {"type": "object"}, "key": ["/id"]}


CHANGES = [renamed, flagged, shuffled, removed, slower, projected, added]


@st.composite
def edited(draw, text):
    """What a person may have made of flow.yaml: other values, in another style, with comments."""
    flow = load_yaml(text)
    for change in draw(st.lists(st.sampled_from(CHANGES), max_size=4)):
        change(flow, draw)
    lines = block(flow, short=draw(st.sampled_from([(), ("key",), ("key", "resource")])))
    if draw(st.booleans()):
        lines = [f"{each}{' # why' if at % 3 == 0 else ''}" for at, each in enumerate(lines)]
    if draw(st.booleans()):
        lines = [one for at, each in enumerate(lines) for one in ([each, "", "  # apart"] if at % 5 == 4 else [each])]
    return "\n".join([*draw(st.sampled_from([[], ["# ours"], ["---"]])), *lines]) + "\n"


def keeps(old, new, path=""):
    """Every value of the old is in the new, at its place; lists and mappings may only have got longer."""
    if isinstance(old, dict):
        assert isinstance(new, dict), path
        for name, each in old.items():
            assert name in new, f"{path}/{name}"
            keeps(each, new[name], f"{path}/{name}")
    elif isinstance(old, list):
        assert len(new) >= len(old), path
        for index, each in enumerate(old):
            keeps(each, new[index], f"{path}/{index}")
    else:
        assert old == new, path


@settings(max_examples=40)
@given(
    st.data(),
    st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
    st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
    st.sampled_from([[], ["postgres"]]),
)
def test_a_merge_keeps_all_and_again_changes_nothing(data, first, second, to):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        init(wanted(first), folder, prefix="acmeCo/x/", to=to, catalog=load())
        text = data.draw(edited((folder / "flow.yaml").read_text()))
        (folder / "flow.yaml").write_text(text)
        init(wanted(second), folder, to=to, catalog=load())
        merged = (folder / "flow.yaml").read_text()
        keeps(load_yaml(text), load_yaml(merged))
        kept = iter(merged.splitlines())
        assert all(line in kept for line in text.splitlines() if not line.rstrip(" #why").endswith(("[]", "{}")))
        bound = {each["resource"]["name"] for each in load_yaml(merged)["captures"][CAPTURE]["bindings"]}
        assert bound >= set(second)
        targets = {each["target"] for each in load_yaml(merged)["captures"][CAPTURE]["bindings"]}
        offered = {f"acmeCo/x/{each}" for each in second}
        assert targets & offered <= set(load_yaml(merged)["collections"])
        before = contents(folder)
        done = init(wanted(second), folder, to=to, catalog=load())
        assert done.written == []
        assert contents(folder) == before


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-10**20, 10**20), st.text(max_size=30),
    st.sampled_from(["yes", "no", "1", "1e3", "0x1f", "1:30", "2026-01-01", "~", "null", "-", "- a", "a: b", "a #b",
                     "{", "[a", "'", '"', "&a", "*a", "!a", "%a", "@a", "`a", "a\nb", " a", "a ", "<<", "=", "?",
                     ".5", "+1", "_", "/id", "a/b", "y", "N", "on", "\u2028", "\u00e9", "\ufeff", "\x07", "1_000"]),
)  # fmt: skip
KEYS = st.one_of(st.text(min_size=1, max_size=8), st.sampled_from(["yes", "1", "a b", "a: b", "null", "-", "?", "<<x"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.one_of(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), st.lists(VALUES, min_size=1, max_size=4)))
def test_what_is_rendered_reads_back_the_same(value):
    for short in ((), ("a", "b", "key")):
        text = "\n".join(block(value, short=short)) + "\n"
        for version in ((1, 1), (1, 2)):
            reader = YAML(typ="safe", pure=True)
            reader.version = version
            assert reader.load(text) == value


@settings(max_examples=40)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), st.dictionaries(KEYS, VALUES, min_size=1, max_size=3))
def test_what_is_added_to_a_text_is_added_and_nothing_else(old, new):
    new = {name: each for name, each in new.items() if name not in old}
    text = Text("# head\n" + "\n".join(block({"map": old, "list": [1], "last": "x"})) + "\n# tail\n", Path("x.yaml"))
    text.add(("map",), new)
    text.add(("list",), [new, "end"])
    text.add((), {"more": new})
    expected = {"map": {**old, **new}, "list": [1, new, "end"], "last": "x", "more": new}
    assert load_yaml(text.text) == expected
    assert text.text.splitlines()[0] == "# head"
