"""XML: elements as records, by one mapping, and nothing that a document could do beyond being read."""

from __future__ import annotations

from typing import Any

import pytest

from connector_sdk import GET, Xml
from connector_sdk.errors import AnswerError, RecordsNotFoundError
from connector_sdk.testing.fake import Answer


def reading(source: Any, body: bytes, kind: Xml) -> list[Any]:
    source.api.get("/f")(lambda request: Answer(body, content_type="application/xml"))
    found: list[Any] = source.records(GET("/f", body=kind))
    return found


@pytest.mark.parametrize("element, record", [
    (b"<r><id>1</id><name> A&amp;B &#233; </name></r>", {"id": "1", "name": " A&B \u00e9 "}),
    (b"<r id='1' x:kind='k' xmlns:x='urn:x'/>", {"@id": "1", "@kind": "k"}),
    (b"<r><tag>a</tag><id>1</id><tag>b</tag></r>", {"tag": ["a", "b"], "id": "1"}),
    (b"<r><price currency='EUR'>1.10</price></r>", {"price": {"@currency": "EUR", "#text": "1.10"}}),
    (b"<r>\n  <of>\n <id>1</id> more <b/>text\n</of>\n</r>", {"of": {"id": "1", "b": "", "#text": "more text"}}),
    (b"<r>text</r>", {"#text": "text"}),
    (b"<r/>", {}),
    (b"<r><a/><b></b></r>", {"a": "", "b": ""}),
    (b"<r><c><![CDATA[<not> an element]]></c><!-- nor --><?is this?></r>", {"c": "<not> an element"}),
    (b"<x:r xmlns:x='urn:x' xmlns='urn:y'><x:a>1</x:a><a>2</a></x:r>", {"a": ["1", "2"]}),
    (b"<r><r>inside</r></r>", {"r": "inside"}),
])  # fmt: skip
def test_an_element_is_a_record(source: Any, element: bytes, record: Any) -> None:
    body = b'<?xml version="1.0"?>\n<f><other><r>no</r></other>' + element + b"</f>"
    assert reading(source, body, Xml("/f/r")) == [record]


@pytest.mark.parametrize("lists", ["tag", ("tag", "other")])
def test_what_is_named_is_always_a_list(source: Any, lists: Any) -> None:
    body = b"<f><r><tag>a</tag></r><r><in><tag/><tag>b</tag></in></r><r/></f>"
    assert reading(source, body, Xml("/f/r", lists=lists)) == [{"tag": ["a"]}, {"in": {"tag": ["", "b"]}}, {}]


def test_the_root_may_be_the_record(source: Any) -> None:
    assert reading(source, b"<r><id>1</id></r>", Xml("/r")) == [{"id": "1"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_encodings(source: Any, encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    body = f'<?xml version="1.0" encoding="{name}"?><f><r>größe</r></f>'.encode(encoding)
    assert reading(source, body, Xml("/f/r")) == [{"#text": "größe"}]


def test_no_record_is_no_error_where_one_could_be(source: Any) -> None:
    assert reading(source, b"<f><other/></f>", Xml("/f/r")) == []


def test_a_path_that_leads_nowhere_names_what_is_there(source: Any) -> None:
    with pytest.raises(RecordsNotFoundError, match=r"nothing at '/feed/r' .* elements in it: /f, /f/r, /f/r/id\."):
        reading(source, b"<f><r><id>1</id></r></f>", Xml("/feed/r"))


@pytest.mark.parametrize("body", [
    b"", b"<f><r>", b"<f><r></f>", b"<f></f><f/>", b"<f><r>&nbsp;</r></f>", b"<f><r>\xff</r></f>", b"plain text",
    b"<f><r>\0</r></f>", b"<f><r a='1' a='2'/></f>",
])  # fmt: skip
def test_what_is_no_xml_is_asked_for_again_and_then_refused(source: Any, body: bytes) -> None:
    with pytest.raises(AnswerError, match="it is no XML"):
        reading(source, body, Xml("/f/r"))
    assert len(source.api.requests) > 3


BOMB = b"<!DOCTYPE f [<!ENTITY a0 'ha'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)
)


@pytest.mark.parametrize("body", [
    BOMB + b"]><f><r>&a11;</r></f>", b'<!DOCTYPE f SYSTEM "file:///etc/passwd"><f/>',
    b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><f><r>&x;</r></f>', b"<!DOCTYPE f><f/>",
])  # fmt: skip
def test_a_document_type_is_refused(source: Any, body: bytes) -> None:
    with pytest.raises(AnswerError, match=r"a document type \(DTD\), which is not read"):
        reading(source, body, Xml("/f/r"))
    assert len(source.api.requests) == 1


@pytest.mark.parametrize("body", [b"<f><r>" + b"<a>" * 100_000, b"<a>" * 100_000], ids=["in a record", "outside"])
def test_what_is_nested_too_deeply_is_refused(source: Any, body: bytes) -> None:
    with pytest.raises(AnswerError, match="nested too deeply"):
        reading(source, body, Xml("/f/r"))
