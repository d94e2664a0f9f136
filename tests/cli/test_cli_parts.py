"""The command's parts: tables from documents, progress from logs, state files, pages and the reference."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_sdk.cli._explain import pages
from connector_sdk.cli._preview._progress import Display, Progress
from connector_sdk.cli._preview._state_file import read_state, write_state
from connector_sdk.cli._preview._store import Store
from connector_sdk.cli._reference import reference
from connector_sdk.errors import all_errors
from connector_sdk.testing.flow import Binding, Capture, Captured, Checkpoint, Collection, Log

ROOT = Path(__file__).parents[2]


def capture(*keys: str) -> Capture:
    names = ["calls", "Calls", "third"]
    bindings = (Binding(name, {"name": name}, (name,), {}, (key,)) for name, key in zip(names, keys, strict=False))
    return Capture({}, tuple(bindings))


def feed(store: Store, index: int, *docs: dict, spaced: bool = False) -> None:
    for doc in docs:
        line = json.dumps({"captured": {"binding": index, "doc": doc}}, separators=None if spaced else (",", ":"))
        store.add(Captured(index, doc, line.encode()))
    store.commit(Checkpoint(1, {}, True, {index: len(docs)}, 0))


@pytest.fixture
def store(tmp_path):
    made = []

    def make(*keys):
        it = capture(*keys)
        made.append(Store(tmp_path / "x.duckdb", it, fresh=it.names()))
        return made[-1]

    yield make
    for each in made:
        each.close()


def all_of(store, table):
    found = store._connection.execute(f'from "{table}"')
    names = [each[0] for each in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_columns_have_sensible_types(store):
    it = store("/id")
    feed(
        it,
        0,
        {"id": 1, "at": "2026-01-01T02:00:00+02:00", "day": "2026-01-01", "n": {"a": 1}, "mixed": 1, "huge": 2**64 - 1},
        {"id": 2, "at": None, "day": "2026-01-02", "n": [1], "mixed": "one", "Id": "upper", "odd/na~me": True},
        spaced=True,
    )
    it.finish()
    types = dict(it._connection.execute("select column_name, column_type from (describe calls)").fetchall())
    assert types == {
        "id": "BIGINT",
        "at": "TIMESTAMP",
        "day": "DATE",
        "n": "JSON",
        "mixed": "JSON",
        "huge": "UBIGINT",
        "Id_": "VARCHAR",
        "odd/na~me": "BOOLEAN",
    }
    first, second = all_of(it, "calls")
    assert (str(first["at"]), first["huge"], second["Id_"]) == ("2026-01-01 00:00:00", 2**64 - 1, "upper")
    assert (second["at"], second["odd/na~me"], json.loads(second["n"])) == (None, True, [1])


def test_keys_of_different_types_and_sizes_stay_apart(store):
    it = store("/id")
    feed(it, 0, {"id": 1}, {"id": "1"}, {"id": True}, {"id": 2**70}, {"id": 2**70 + 1}, {"id": "i1"})
    (summary,) = it.finish()
    assert summary.rows == 6


def test_nested_keys_and_names_that_differ_in_case(store):
    it = store("/_meta/row_id", "/a~1b")
    feed(it, 0, {"_meta": {"row_id": 0}, "x": 1}, {"_meta": {"row_id": 0}, "x": 2})
    feed(it, 1, {"a/b": "k"})
    first, second = it.finish()
    assert (first.name, first.rows, second.name) == ("calls", 1, "Calls_2")
    assert all_of(it, "calls")[0]["x"] == 2


def test_an_empty_stream_has_an_empty_table(store):
    it = store("/id")
    assert [(each.rows, each.few) for each in it.finish()] == [(0, [])]
    assert all_of(it, "calls") == []


def test_a_large_document_is_loaded(store):
    it = store("/id")
    feed(it, 0, {"id": 1, "text": "x" * 15_900_000}, {"id": 2, "text": "\\" * 9_000_000})
    assert it.finish()[0].rows == 2


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=6), max_size=6), st.data())
def test_a_table_is_what_a_collection_is(tmp_path_factory, transactions, data):
    bound = capture("/id")
    it = Store(tmp_path_factory.mktemp("s") / "x.duckdb", bound, fresh=bound.names())
    expected = Collection(("/id",))
    try:
        for number, transaction in enumerate(transactions):
            docs = [
                {"id": key, "n": number, "i": index, "_meta": {"op": "d" if deletes else "u"}}
                for index, (key, deletes) in enumerate(transaction)
            ]
            feed(it, 0, *docs)
            for doc in docs:
                expected.add(doc)
            expected.commit()
            if data.draw(st.booleans()):
                it.load()
        it.finish()
        found = {row["id"]: (row["n"], row["i"]) for row in all_of(it, "calls")} if len(expected) else {}
        assert found == {doc["id"]: (doc["n"], doc["i"]) for doc in expected.docs()}
        assert it.counts(0) == (expected.writes, expected.deletes)
    finally:
        it.close()


def test_progress_takes_what_logs_tell_and_forgives_what_they_do_not():
    progress = Progress(capture("/id", "/id"))
    fields = {"event": "progress", "stream": "Calls", "requests": 12, "retries": 1, "at": "x", "status": "backfilling"}
    assert progress.log(Log("debug", "", fields)) == ""
    assert progress.log(Log("debug", "", {"event": "progress", "binding": 0, "requests": "many", "at": None})) == ""
    assert progress.log(Log("debug", "", {"event": "progress", "binding": 7})) == ""
    assert progress.log(Log("debug", "", {"event": "progress"})) == ""
    assert (progress.bindings[1].requests, progress.bindings[1].status) == (12, "backfilling")
    assert progress.bindings[0].requests is None
    progress.log(Log("info", "Backfilling 1 of 2", {"eventType": "connectorStatus"}))
    assert progress.status == "Backfilling 1 of 2"


def test_a_warning_is_shown_once_and_counted():
    progress = Progress(capture("/id"))
    warning = Log("warn", "slow", {"stream": "calls"})
    assert [progress.log(warning), progress.log(warning)] == ["calls: slow", ""]
    assert progress.warnings == {"calls: slow": 2}
    assert progress.bindings[0].last_warning == "slow"


def test_without_a_terminal_progress_is_a_line_now_and_then(capsys):
    now = [0.0]
    progress = Progress(capture("/id", "/id"))
    with Display(progress, clock=lambda: now[0]) as display:
        for now[0] in (1.0, 2.0, 4.0, 5.0, 8.0):
            progress.bindings[0].documents += 1000
            display.turn()
        now[0] = 20.0
        display.turn()
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["calls: 3,000 documents, 750 a second", "calls: 5,000 documents, 500 a second"]


def test_a_state_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "deep" / "state.json"
    assert read_state(path) is None
    assert read_state(None) is None
    write_state(path, {"é": 1})
    with pytest.raises(TypeError):
        write_state(path, {"x": object()})
    assert read_state(path) == {"é": 1}
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


def test_every_code_has_a_page_and_every_page_a_code():
    assert set(pages()) == {each.code for each in all_errors()}


@pytest.mark.parametrize("code", sorted(pages()))
def test_a_page_says_what_why_what_to_do_and_shows_an_example(code):
    page = pages()[code]
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings == [f"# {code}", "## Why it happens", "## What to do", "## Example"]
    assert page.split("\n\n")[1].endswith(".")


def test_the_reference_page_is_current():
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert page == reference(), "run: python -m connector_sdk.cli._reference > docs/cli.md"
