"""Bodies that are not JSON: CSV and JSON lines, plain, in gzip and in zip."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pytest

from connector_sdk import GET, Csv, JsonLines
from connector_sdk.errors import AnswerError
from connector_sdk.http import bodies
from connector_sdk.testing.fake import Answer

TABLE = GET("/f", body=Csv())
LINES = GET("/f", body=JsonLines())


def serving(source: Any, body: bytes) -> None:
    source.api.get("/f")(lambda request: Answer(body, content_type="application/octet-stream"))


def zipped(*files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, data in enumerate(files):
            archive.writestr(f"part-{at}", data)
    return out.getvalue()


@pytest.mark.parametrize("body", [
    b"a,b\n1,x\n2,y\n", b"a,b\r\n1,x\r\n\r\n2,y", b'\xef\xbb\xbfa,b\n1,x\n2,"y"\n', gzip.compress(b"a,b\n1,x\n2,y\n"),
    gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2,y\n"), zipped(b"a,b\n1,x\n2,y"),
])  # fmt: skip
def test_a_table_is_read_in_every_dress(source: Any, body: bytes) -> None:
    serving(source, body)
    assert source.records(TABLE) == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]


def test_another_delimiter(source: Any) -> None:
    serving(source, b"a;b\n1;x,y\n")
    assert source.records(GET("/f", body=Csv(delimiter=";"))) == [{"a": "1", "b": "x,y"}]


@pytest.mark.parametrize("body", [b"", b"a,b\n"])
def test_a_table_without_rows_is_a_page_without_records(source: Any, body: bytes) -> None:
    serving(source, body)
    assert source.records(TABLE) == []


@pytest.mark.parametrize("body, said", [
    (b"a,b\n1\n", "line 2 has 1 values"), (b"a,b\n1,2\n1,2,3\n", "line 3 has 3 values"),
    (b"a,a\n1,2\n", "'a' twice"), (b"a,,c\n1,2,3\n", "a column without a name"),
])  # fmt: skip
def test_a_table_whose_columns_do_not_fit_is_refused(source: Any, body: bytes, said: str) -> None:
    serving(source, body)
    with pytest.raises(AnswerError, match=said):
        source.pages(TABLE)


@pytest.mark.parametrize("body", [
    b'a,b\n1,"open\n', gzip.compress(b"a,b\n1,x\n" * 50)[:-9], zipped(b"a,b\n1,x\n")[:-30], b"a,b\n1,\xff\n",
])  # fmt: skip
def test_what_is_cut_off_is_asked_for_again_and_then_refused(source: Any, body: bytes) -> None:
    serving(source, body)
    with pytest.raises(AnswerError):
        source.pages(TABLE)
    assert len(source.api.requests) > 3


@pytest.mark.parametrize("pack", [lambda body: body, gzip.compress, zipped])
def test_json_lines_keep_their_text(source: Any, pack: Any) -> None:
    serving(source, pack(b'{"a":1.10,"b":"\xc3\xa9"}\r\n\n  {"a": 12345678901234567890}'))
    (page,) = source.pages(LINES)
    assert [bytes(each) for each in page.slices] == [b'{"a":1.10,"b":"\xc3\xa9"}', b'{"a": 12345678901234567890}']


def test_a_pointer_reaches_into_each_line(source: Any) -> None:
    serving(source, b'{"r":{"a":1}}\n{"r":{"a":2}}\n')
    assert source.records(GET("/f", body=JsonLines(), records="/r")) == [{"a": 1}, {"a": 2}]


def test_a_function_makes_records_of_lines(source: Any) -> None:
    serving(source, b'{"a":1}\n{"a":2}\n')
    endpoint = GET("/f", body=JsonLines(), records=lambda lines: [line for line in lines if line["a"] > 1])
    assert source.records(endpoint) == [{"a": 2}]


def test_a_line_that_is_no_object_is_refused(source: Any) -> None:
    serving(source, b'{"a":1}\n[2]\n')
    with pytest.raises(AnswerError, match="line 2 is no object"):
        source.pages(LINES)


@pytest.mark.parametrize("pack", [gzip.compress, zipped])
def test_a_bomb_is_bounded(pack: Any) -> None:
    with pytest.raises(AnswerError, match="more than 1 MiB"):
        bodies.read_lines(LINES, pack(b" " * (3 << 20)), 1 << 20)
