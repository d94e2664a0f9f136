"""The player's parts: patches, logs, keys, secrets, and the transcripts against the schemas."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import connector_sdk.testing.flow as face
from connector_sdk.testing.flow import (
    KeyProblemError,
    LogReader,
    SecretWatch,
    key_reader,
    merge_patch,
    parse_log,
    problems,
    request_validator,
    response_validator,
    secrets_of,
)

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "flow" / "transcripts").glob("*.jsonl"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_line_of_the_transcripts_is_valid(path):
    checked = 0
    for line in path.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["stream"] in ("stdin", "stdout"):
            validator = request_validator() if entry["stream"] == "stdin" else response_validator()
            assert problems(validator, entry["line"]) == ""
            checked += 1
    assert checked


def test_there_are_transcripts():
    assert len(TRANSCRIPTS) == 7


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_is_rfc_7396(target, patch, result):
    assert merge_patch(target, patch) == result


@given(JSON, JSON)
def test_merge_patch_changes_neither_and_is_idempotent(target, patch):
    before = json.dumps([target, patch])
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once
    assert json.dumps([target, patch]) == before


def test_logs_are_read_as_the_runtime_reads_them():
    log = parse_log(
        b'{"lvl":"WARNING","message":"slow","ts":"2026-01-01T00:00:00Z","extra":1,"fields":{"stream":"calls"}}'
    )
    assert (log.level, log.message, log.time) == ("warn", "slow", "2026-01-01T00:00:00Z")
    assert log.fields == {"extra": 1, "stream": "calls"}
    assert log.stream == "calls"
    assert parse_log(b'{"msg":"request failed"}').level == "error"
    assert parse_log(b'{"msg":"hello"}').level == "warn"
    assert parse_log(b"ValueError: no").level == "error"
    assert parse_log(b'{"level":"info","msg":"x","fields":{"eventType":"connectorStatus"}}').event == "connectorStatus"
    assert parse_log(b'{"level":7,"msg":[],"fields":[]}').message == ""
    assert parse_log(b"\xff\xfe").structured is False


def test_lines_of_plain_text_are_one_log():
    reader = LogReader()
    logs = reader.feed(b'Traceback (most recent call last):\n  File "x"\nValueErr')
    logs += reader.feed(b'or: no\n{"level":"info","msg":"after"}\nlast')
    logs += reader.end()
    assert [each.level for each in logs] == ["error", "info", "warn"]
    assert logs[0].message.splitlines()[-1] == "ValueError: no"


@given(st.lists(st.sampled_from(['{"level":"info","msg":"é"}', "plain", ""]), max_size=8), st.integers(1, 9))
def test_logs_do_not_depend_on_how_stderr_was_cut(lines, size):
    data = "".join(f"{each}\n" for each in lines).encode()
    whole, cut = LogReader(), LogReader()
    expected = whole.feed(data) + whole.end()
    given_ = [log for start in range(0, len(data), size) for log in cut.feed(data[start : start + size])] + cut.end()
    assert given_ == expected


def test_keys_are_scalar_and_of_one_type():
    read = key_reader(["/id"])
    assert read({"id": 1}) != read({"id": True})
    assert read({"id": 1}) != read({"id": "1"})
    assert read({"id": 2**70}) != read({"id": 2**70 + 1})
    nested = key_reader(["/a~1b/~0/1", "/id"])
    assert nested({"a/b": {"~": [0, "x"]}, "id": 3}) == ("x", 3)
    for wrong, why in ((None, "null"), ([], "an array"), ({}, "an object"), (1.5, "fraction")):
        with pytest.raises(KeyProblemError, match=why):
            read({"id": wrong})
    with pytest.raises(KeyProblemError, match="nothing at /a~1b"):
        nested({"id": 3})


def test_a_secret_is_found_in_its_forms_and_across_chunks():
    secret = 'p"ä s+wörd'
    for form in (secret, json.dumps(secret), "p%22%C3%A4%20s%2Bw%C3%B6rd", "cCLDpCBzK3fDtnJk"):
        assert SecretWatch([secret]).feed("stdout", f"..{form}..".encode()) == secret
    watch = SecretWatch([secret])
    assert not any(watch.feed("stdout", bytes([byte])) for byte in secret.encode()[:-1])
    assert watch.feed("stderr", secret.encode()[-1:]) == ""
    assert watch.feed("stdout", secret.encode()[-1:]) == secret
    assert SecretWatch(["abc"]).feed("stdout", b"abc") == ""  # too short to tell from chance


def test_secrets_are_found_where_the_schema_marks_them():
    key = {"type": "string", "secret": True}
    schema = {
        "$defs": {"Token": {"properties": {"token": key}}},
        "properties": {
            "credentials": {"oneOf": [{"$ref": "#/$defs/Token"}, {"properties": {"api_key": key, "kind": {}}}]},
            "password": {"type": "string", "airbyte_secret": True},
        },
    }
    config = {"credentials": {"token": "t-1", "kind": "oauth"}, "password": "p-1", "other": "o"}
    assert secrets_of(schema, config) == ["p-1", "t-1"]


def test_every_public_name_is_there():
    assert sorted(face.__all__) == list(face.__all__)
    assert all(hasattr(face, name) for name in face.__all__)
