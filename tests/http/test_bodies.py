"""Bodies that are not JSON: CSV and JSON lines, plain, in gzip and in zip."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pytest

from connector_sdk import GET, NEXT, Csv, JsonLines, NextToken, On, Xml
from connector_sdk.errors import AnswerError, DefinitionError
from connector_sdk.http import unpack
from connector_sdk.testing.fake import Answer

TABLE = GET("/f", body=Csv())
LINES = GET("/f", body=JsonLines())


def serving(source: Any, body: bytes, **headers: str) -> None:
    source.api.get("/f")(lambda request: Answer(body, content_type="application/octet-stream", headers=headers))


def zipped(*files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, data in enumerate(files):
            archive.writestr(f"part-{at}", data)
    return out.getvalue()


def size(value: object) -> str | None:
    """A name for a body in a test's name; compressed ones hold the time, and xdist wants the same name everywhere."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None


@pytest.mark.parametrize("body", [
    b"a,b\n1,x\n2,y\n", b"a,b\r\n1,x\r\n\r\n2,y", b'\xef\xbb\xbfa,b\n1,x\n2,"y"\n', gzip.compress(b"a,b\n1,x\n2,y\n"),
    gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2,y\n"), zipped(b"a,b\n1,x\n2,y"),
], ids=size)  # fmt: skip
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
], ids=size)  # fmt: skip
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


def test_half_a_surrogate_pair_becomes_the_replacement_in_a_line_too(source: Any) -> None:
    serving(source, b'{"a":"\\ud800"}\n{"a":"\\ud83d\\ude00"}\n')
    assert source.records(LINES) == [{"a": "\ufffd"}, {"a": "\U0001f600"}]


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
@pytest.mark.parametrize("encoding", [{}, {"Content-Encoding": "gzip"}])
def test_a_bomb_is_bounded(source: Any, monkeypatch: Any, pack: Any, encoding: Any) -> None:
    monkeypatch.setattr(unpack, "UNPACKED", 1 << 20)
    body = pack(b" " * (9 << 20))
    serving(source, gzip.compress(body) if encoding else body, **encoding)
    with pytest.raises(AnswerError, match="holds more than 1 MiB, which is out of all proportion"):
        source.pages(LINES)
    assert len(source.api.requests) == 1


def test_what_compresses_well_is_no_bomb(source: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(unpack, "UNPACKED", 1 << 20)
    serving(source, gzip.compress(b"".join(b'{"a":%d,"b":"one and the same value"}\n' % n for n in range(50_000))))
    assert len(source.records(LINES)) == 50_000


# ---- dialects


@pytest.mark.parametrize("kind, body", [
    (Csv(delimiter="\t"), b"a\tb\n1\tx,y\n"),
    (Csv(delimiter=";", quote="'"), b"a;b\n1;'x,y'\n"),
    (Csv(escape="\\"), b"a,b\n1,x\\,y\n"),
    (Csv(delimiter="|", quote=None), b"a|b\n1|x,y\n"),
    (Csv(names=["a", "b"]), b'1,"x,y"\n'),
    (Csv(skip=2), b'Report of today\n"not closed\na,b\n1,"x,y"\n'),
    (Csv(skip=1, names=["a", "b"]), b'A,B\n1,"x,y"\n'),
    (Csv(), b'\n\r\na,b\n\n1,"x,y"\r\n'),
    (Csv(), b'a,b\r1,"x,y"\r'),
    (Csv(encoding="utf-16"), 'a,b\n1,"x,y"'.encode("utf-16")),
    (Csv(encoding="utf-16-be"), 'a,b\n1,"x,y"'.encode("utf-16-be")),
    (Csv(), 'a,b\n1,"x,y"'.encode("utf-16")),
    (Csv(encoding="cp1252"), 'a,b\n1,"x,y"'.encode("utf-8-sig")),
], ids=lambda value: value if isinstance(value, str) else type(value).__name__)  # fmt: skip
def test_dialects_of_tables(source: Any, kind: Csv, body: bytes) -> None:
    serving(source, body)
    assert source.records(GET("/f", body=kind)) == [{"a": "1", "b": "x,y"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "cp1252"])
def test_encodings_of_tables(source: Any, encoding: str) -> None:
    serving(source, "größe\nÄß é\n".encode(encoding))
    assert source.records(GET("/f", body=Csv(encoding=encoding))) == [{"größe": "Äß é"}]


def test_values_are_text_as_it_came(source: Any) -> None:
    serving(source, b'a,b,c,d\n 007 ,1.10,"say ""hi""","one\r\ntwo\nthree"\nNULL,,"",0\n')
    assert source.records(TABLE) == [
        {"a": " 007 ", "b": "1.10", "c": 'say "hi"', "d": "one\r\ntwo\nthree"},
        {"a": "NULL", "b": "", "c": "", "d": "0"},
    ]


@pytest.mark.parametrize("kind, body, said", [
    (Csv(), "a\né\n".encode("latin-1"), "a body that is not UTF-8.*Say Csv\\(encoding='cp1252'\\)"),
    (Csv(encoding="utf-16"), b"a,b\n\x00\xd8\x00\xd8", "a body that is not UTF-16"),
    (Csv(), b'a,b\n1,"x"y\n', "line 2 is no CSV"),
    (JsonLines(), b'{"a":1}\n{"a":\n', "line 2 is no JSON"),
    (JsonLines(), b'{"a":"\xff"}', "a body that is not UTF-8"),
])  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_reason(source: Any, kind: Any, body: bytes, said: str) -> None:
    serving(source, body)
    with pytest.raises(AnswerError, match=said):
        source.pages(GET("/f", body=kind))
    assert len(source.api.requests) > 3


@pytest.mark.parametrize("kind", [Csv(), JsonLines(), Xml("/f/r")])
@pytest.mark.parametrize("body, content_type", [
    (b"<!DOCTYPE html><html><body>Sign in</body></html>", "text/html"),
    (b"\n <!-- proxy -->\n<HTML><body>Sign in</body></HTML>", "text/csv"),
    (b'{"error": "not now"', "application/json"),
])  # fmt: skip
def test_another_page_than_the_file_is_asked_for_again(source: Any, kind: Any, body: bytes, content_type: str) -> None:
    source.api.get("/f")(lambda request: Answer(body, content_type=content_type))
    with pytest.raises(AnswerError, match="a proxy or a login page may have answered"):
        source.pages(GET("/f", body=kind))
    assert len(source.api.requests) > 3


def test_the_files_own_content_type_does_not_matter(source: Any) -> None:
    source.api.get("/f")(lambda request: Answer(b"a\n1\n", content_type="text/html"))
    assert source.records(TABLE) == [{"a": "1"}]


def test_a_failure_with_a_good_status_is_judged_by_the_rules(source: Any) -> None:
    source.http = {"error": "/error", "failed": "/error", "on": [On(error="no rows").empty()]}
    source.api.get("/f")(lambda request: Answer(b'{"error":"no rows"}', content_type="text/plain"))
    (page,) = source.pages(TABLE)
    assert page.explicit_empty


def test_rules_about_an_answer_come_before_its_body(source: Any) -> None:
    answers = iter([Answer(b"not yet", 202), Answer(status=204)])
    source.api.get("/f")(lambda request: next(answers))
    (page,) = source.pages(GET("/f", body=Csv(), on=[On(202).wait("30s")]))
    assert page.explicit_empty
    assert 30 <= source.clock.slept < 40
    assert source.api.requests[0].headers["accept"] == "*/*"


def test_each_file_of_a_zip_is_a_table_of_its_own(source: Any) -> None:
    serving(source, zipped(b"a,b\n1,x\n", b"b,a\ny,2\n"))
    assert source.records(TABLE) == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]


@pytest.mark.parametrize("pages, said", [
    (lambda: GET("/f", body=Csv(), records="/rows"), "records='/rows' is a place in JSON, and the body is Csv"),
    (lambda: GET("/f", body=Csv(), total="/n"), "failed= and ok= are places in JSON"),
    (lambda: GET("/f", body=Csv(), params={"t": NEXT}, pages=NextToken("/n")), "pages= names a place in JSON"),
    (lambda: Csv(delimiter="::"), "delimiter='::' is no single character"),
    (lambda: Csv(delimiter='"'), "quote and delimiter are both '\"'"),
    (lambda: Csv(quote="\n"), "quote='\\\\n' is no single character"),
    (lambda: Csv(encoding="utf-9"), "encoding='utf-9' is not known"),
    (lambda: Csv(encoding="base64"), "encoding='base64' is not known"),
    (lambda: Csv(names="id"), "names no columns"),
    (lambda: Csv(names=["a", "a"]), "there is 'a' twice"),
    (lambda: Csv(names=["a", " "]), "there is ' ' in names"),
    (lambda: Csv(skip=-1), "skip=-1 is no number of lines"),
    (lambda: Xml("feed/entry"), "did you mean|is no path from the root"),
    (lambda: Xml("/a//b"), "is no path from the root"),
    (lambda: Xml("/atom:feed"), "holds a prefix"),
])  # fmt: skip
def test_a_body_that_cannot_be_is_refused_on_import(pages: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        pages()
