"""Every way of paging, where it ends, and what its token is."""

from __future__ import annotations

from typing import Any

import pytest

from connector_sdk import (
    GET,
    NEXT,
    POST,
    SINCE,
    UNTIL,
    Csv,
    Header,
    NextKey,
    NextLink,
    NextNumber,
    NextOffset,
    NextToken,
)
from connector_sdk.config import Config
from connector_sdk.errors import DefinitionError, PagingError
from connector_sdk.http import Fill, Places
from connector_sdk.testing.fake import Answer


def ids(records: list[Any]) -> list[int]:
    return [each["id"] for each in records]


def rows(*numbers: int) -> list[dict[str, int]]:
    return [{"id": number} for number in numbers]


def answering(source: Any, path: str, *bodies: Any) -> list[Any]:
    """The path answers these bodies one after the other; the requests it got."""
    asked: list[Any] = []

    def handler(request: Any) -> Any:
        asked.append(request)
        return bodies[len(asked) - 1]

    source.api.get(path)(handler)
    source.api.post(path)(handler)
    return asked


def test_a_token_leads_from_page_to_page(source: Any) -> None:
    asked = answering(source, "/i", {"i": rows(1), "n": "a b"}, {"i": rows(2), "n": ""})
    pages = source.pages(GET("/i", records="/i", params={"t": NEXT}, pages=NextToken("/n")))
    assert [page.token for page in pages] == ["a b", None]
    assert [each.query for each in asked] == [{}, {"t": "a b"}]


@pytest.mark.parametrize("more, told", [(False, 1), (0, 1), (None, 2), (True, 2)])
def test_more_has_the_last_word_where_it_says_anything(source: Any, more: Any, told: int) -> None:
    answering(source, "/i", {"i": rows(1), "n": "x", "more": more}, {"i": rows(2), "more": False})
    endpoint = GET("/i", records="/i", params={"t": NEXT}, pages=NextToken("/n", more="/more"))
    assert len(source.pages(endpoint)) == told


@pytest.mark.parametrize(("end", "told"), [(True, 1), (False, 2), (None, 2)])
@pytest.mark.parametrize("place", ["/end", Header("X-End")])
def test_an_end_ends_where_a_token_stands_there_too(source: Any, place: Any, end: Any, told: int) -> None:
    head = {} if end is None else {"X-End": str(end).lower()}
    asked = answering(
        source, "/i", Answer({"i": rows(1), "n": "b", "end": end}, headers=head),
        Answer({"i": rows(2), "n": "c", "end": True}, headers={"X-End": "true"}),
    )  # fmt: skip
    source.pages(GET("/i", records="/i", params={"t": NEXT}, pages=NextToken("/n", end=place)))
    assert len(asked) == told


def test_an_end_and_more_are_not_both_declared() -> None:
    with pytest.raises(DefinitionError, match="say the same thing, or two"):
        NextToken("/n", more="/more", end="/end")


def test_more_without_a_token_is_an_error(source: Any) -> None:
    answering(source, "/i", {"i": rows(1), "more": True})
    with pytest.raises(PagingError, match="no token at /n"):
        source.pages(GET("/i", records="/i", params={"t": NEXT}, pages=NextToken("/n", more="/more")))


BELOW = GET("/i", records="/i", params={"t": NEXT, "since": SINCE, "until": UNTIL},
            pages=NextToken("/n", more="/more", below="/at"))  # fmt: skip
SPAN = Fill(bound=lambda border: {"since": "1", "until": "9"}[border.what])


def test_where_there_is_more_and_no_token_the_pages_go_on_below_the_last_record(source: Any) -> None:
    asked = answering(
        source, "/i", {"i": [{"at": "8"}, {"at": "7.50"}], "more": True, "n": ""},
        {"i": [{"at": "6"}], "more": True, "n": "t"}, {"i": [{"at": "5"}], "more": True, "n": None}, {"i": []},
    )  # fmt: skip
    pages = source.pages(BELOW, SPAN)
    assert [len(page.slices) for page in pages] == [2, 1, 1, 0]
    assert [each.query for each in asked] == [
        {"since": "1", "until": "9"}, {"since": "1", "until": "7.50"}, {"since": "1", "until": "9", "t": "t"},
        {"since": "1", "until": "5"},
    ]  # fmt: skip


def test_a_token_has_the_last_word_where_pages_may_go_on_below_a_record(source: Any) -> None:
    answering(source, "/i", {"i": [{"at": "8"}], "more": False, "n": "t"}, {"i": [{"at": "7"}], "more": False})
    assert len(source.pages(BELOW, SPAN)) == 2


def test_more_below_nothing_is_an_error(source: Any) -> None:
    answering(source, "/i", {"i": [], "more": True})
    with pytest.raises(PagingError, match="no token and no record"):
        source.pages(BELOW, SPAN)


@pytest.mark.parametrize("token", [20, "20", "plain", {"after": [1]}, '{"a":1}', '"quoted', "-1.5", "", "0x1"])
def test_a_token_in_a_body_keeps_its_type(source: Any, token: Any) -> None:
    asked = answering(source, "/i", {"i": rows(1), "n": token}, {"i": rows(2)})
    pages = source.pages(POST("/i", records="/i", json={"at": NEXT}, pages=NextToken("/n")))
    assert len(pages) == (1 if token == "" else 2)
    if token != "":
        assert asked[1].json == {"at": token}
        resumed = answering(source, "/j", {"i": []})
        source.pages(POST("/j", records="/i", json={"at": NEXT}, pages=NextToken("/n")), token=pages[0].token)
        assert resumed[0].json == {"at": token}


def test_a_token_used_before_is_a_circle(source: Any) -> None:
    answering(source, "/i", {"i": rows(1), "n": "a"}, {"i": rows(2), "n": "b"}, {"i": rows(3), "n": "a"})
    with pytest.raises(PagingError, match="circle"):
        source.pages(GET("/i", records="/i", params={"t": NEXT}, pages=NextToken("/n")))


def test_one_page_with_the_token_it_was_asked_for_is_no_circle(source: Any) -> None:
    answering(source, "/i", {"i": [], "n": "same"})
    page = source.page(GET("/i", records="/i", params={"t": NEXT}, pages=NextToken("/n")), token="same")
    assert page.token == "same"


@pytest.mark.parametrize("empty, fails", [(100, False), (101, True)])
def test_empty_pages_in_a_row_go_on_a_hundred_times(source: Any, empty: int, fails: bool) -> None:
    bodies = [{"i": rows(0), "n": "first"}, *({"i": [], "n": str(n)} for n in range(empty)), {"i": rows(1)}]
    answering(source, "/i", *bodies)
    endpoint = GET("/i", records="/i", params={"t": NEXT}, pages=NextToken("/n"))
    if fails:
        with pytest.raises(PagingError, match="100 pages"):
            source.pages(endpoint)
    else:
        assert ids(source.records(endpoint)) == [0, 1]


def test_a_link_in_the_header_is_followed_without_the_parameters(source: Any) -> None:
    link = '</i?at=2&size=1>; rel="next", </i?at=9>; rel="last"'
    asked = answering(source, "/i", Answer(rows(1), headers={"Link": link}), Answer(rows(2), headers={
        "Link": '</i?at=1>; rel=prev'}))  # fmt: skip
    pages = source.pages(GET("/i", records="", params={"size": 1}, pages=NextLink()))
    assert [page.token for page in pages] == [f"{source.api.url}/i?at=2&size=1", None]
    assert asked[1].queries == {"at": ["2"], "size": ["1"]}


def test_a_link_in_the_body_is_resolved_against_the_request(source: Any) -> None:
    asked = answering(source, "/v/i", {"i": rows(1), "next": "?at=2"}, {"i": rows(2), "next": None})
    assert ids(source.records(GET("/v/i", records="/i", pages=NextLink("/next")))) == [1, 2]
    assert asked[1].path == "/v/i"
    assert asked[1].query == {"at": "2"}


def test_a_link_to_another_host_is_refused(source: Any) -> None:
    answering(source, "/i", {"i": rows(1), "next": "https://elsewhere.example/i?at=2"})
    with pytest.raises(PagingError, match=r"another host, 'elsewhere\.example'"):
        source.pages(GET("/i", records="/i", pages=NextLink("/next")))


def test_links_of_the_vendor_and_of_the_proxy_are_both_kept_as_the_vendors(source: Any) -> None:
    source.http = {"base_url": "https://api.vendor.example"}
    source.config = Config.model_validate({"advanced": {"base_url": source.api.url}})
    bodies = [{"i": rows(1), "next": "https://api.vendor.example/i?at=2"},
              {"i": rows(2), "next": source.api.url + "/i?at=3"},
              {"i": rows(3), "next": "http://api.vendor.example/i?at=4"}, {"i": rows(4)}]  # fmt: skip
    answering(source, "/i", *bodies)
    pages = source.pages(GET("/i", records="/i", pages=NextLink("/next")))
    assert [page.token for page in pages] == [*(f"https://api.vendor.example/i?at={n}" for n in (2, 3, 4)), None]


def listing(source: Any, data: list[Any], *, size: int = 3, total: bool = False, more: bool = False) -> list[Any]:
    """``/i`` counts records by ``skip`` and pages by ``page``; the requests it got."""
    asked: list[Any] = []

    def handler(request: Any) -> Any:
        asked.append(request.query)
        at = int(request.query["skip"]) if "skip" in request.query else (int(request.query["page"]) - 1) * size
        body: dict[str, Any] = {"i": data[at : at + size]}
        if total:
            body["total"] = len(data)
        if more:
            body["more"] = at + size < len(data)
        return body

    source.api.get("/i")(handler)
    return asked


def test_offsets_count_records_to_an_empty_page(source: Any) -> None:
    asked = listing(source, rows(*range(7)))
    pages = source.pages(GET("/i", records="/i", params={"skip": NEXT}, pages=NextOffset()))
    assert [each["skip"] for each in asked] == ["0", "3", "6", "7"]
    assert [page.token for page in pages] == ["3", "6", "7", None]


@pytest.mark.parametrize("end", ["size", "total", "more"])
def test_offsets_end_by_size_total_or_more(source: Any, end: str) -> None:
    asked = listing(source, rows(*range(7)), total=end == "total", more=end == "more")
    pages = NextOffset(size=3 if end == "size" else None, more="/more" if end == "more" else None)
    total = "/total" if end == "total" else None
    assert ids(source.records(GET("/i", records="/i", params={"skip": NEXT}, pages=pages, total=total))) == [*range(7)]
    assert len(asked) == 3


def test_an_offset_stands_in_a_body_as_a_number(source: Any) -> None:
    asked = answering(source, "/i", {"i": rows(1)}, {"i": []})
    source.pages(POST("/i", records="/i", json={"skip": NEXT}, pages=NextOffset()))
    assert [each.json for each in asked] == [{"skip": 0}, {"skip": 1}]


@pytest.mark.parametrize("end", ["size", "total", "more", "empty"])
def test_numbers_count_pages(source: Any, end: str) -> None:
    asked = listing(source, rows(*range(7)), total=end == "total", more=end == "more")
    pages = NextNumber(size=3 if end == "size" else None, more="/more" if end == "more" else None)
    total = "/total" if end == "total" else None
    assert ids(source.records(GET("/i", records="/i", params={"page": NEXT}, pages=pages, total=total))) == [*range(7)]
    assert [each["page"] for each in asked] == ["1", "2", "3", "4"][: 4 if end == "empty" else 3]


def test_numbers_end_at_the_last_one_that_is_told(source: Any) -> None:
    asked = answering(source, "/i", {"i": rows(1), "pages": 1}, {"i": rows(2), "pages": 1})
    pages = NextNumber(first=0, last="/pages")
    assert ids(source.records(GET("/i", records="/i", params={"page": NEXT}, pages=pages))) == [1, 2]
    assert [each.query["page"] for each in asked] == ["0", "1"]


def test_a_key_goes_on_after_the_last_record_with_the_type_it_has(source: Any) -> None:
    asked = answering(source, "/i", {"i": rows(1, 12345678901234567890123)}, {"i": []})
    pages = source.pages(POST("/i", records="/i", json={"after": NEXT}, pages=NextKey("/id", start="0")))
    assert [each.json for each in asked] == [{"after": "0"}, {"after": 12345678901234567890123}]
    assert [page.token for page in pages] == ["12345678901234567890123", None]


def test_a_key_of_text_is_text_in_a_query(source: Any) -> None:
    asked = answering(source, "/i", {"i": [{"id": 'a"b'}]}, {"i": []})
    pages = source.pages(GET("/i", records="/i", params={"after": NEXT}, pages=NextKey("/id")))
    assert [each.query for each in asked] == [{}, {"after": 'a"b'}]
    assert pages[0].token == '"a\\"b"'


def test_a_key_that_does_not_move_is_a_circle(source: Any) -> None:
    answering(source, "/i", {"i": rows(1)}, {"i": rows(1)})
    with pytest.raises(PagingError, match="circle"):
        source.pages(GET("/i", records="/i", params={"after": NEXT}, pages=NextKey("/id")))


# ---- offsets over a set that moves

PLACES = Places(["/id"])
KEYED = Fill(key=lambda record: PLACES.of(record)[0] or b"")
OFFSETS = GET("/i", records="/i", params={"skip": NEXT}, pages=NextOffset())


def moving(source: Any, data: list[Any], change: Any, nth: int = 2) -> list[Any]:
    asked = listing(source, data)
    source.api.before("GET /i", lambda request: change(data), nth=nth, times=1)
    return asked


def test_without_movement_the_overlap_costs_no_record(source: Any) -> None:
    asked = listing(source, rows(*range(7)))
    assert ids(source.records(OFFSETS, KEYED)) == [*range(7)]
    assert [each["skip"] for each in asked] == ["0", "2", "4", "6"]


@pytest.mark.parametrize("gone", [[0], [0, 1], [0, 1, 2], [2], [1, 2], list(range(8))])
def test_records_that_go_away_make_none_slip_past(source: Any, gone: list[int]) -> None:
    data = rows(*range(30))

    def change(data: list[Any]) -> None:
        data[:] = [each for each in data if each["id"] not in gone]

    moving(source, data, change, nth=4)
    found = ids(source.records(OFFSETS, KEYED))
    assert set(found) >= set(range(30)) - set(gone)


def test_records_that_come_in_front_only_repeat(source: Any) -> None:
    data = rows(*range(12))
    moving(source, data, lambda data: data.insert(0, {"id": 99}), nth=3)
    found = ids(source.records(OFFSETS, KEYED))
    assert set(found) >= set(range(12))
    assert len(found) < 24


def test_a_set_that_shrinks_below_the_offset_is_read_to_its_end(source: Any) -> None:
    data = rows(*range(9))
    moving(source, data, lambda data: data.__delitem__(slice(0, 6)), nth=3)
    assert set(ids(source.records(OFFSETS, KEYED))) == set(range(9)) - {5}


def test_everything_that_was_read_goes_away(source: Any) -> None:
    data = rows(*range(9))
    moving(source, data, lambda data: data.__delitem__(slice(0, 3)), nth=2)
    assert set(ids(source.records(OFFSETS, KEYED))) == set(range(9))


def test_an_order_that_changes_with_each_request_is_an_error(source: Any) -> None:
    data = rows(*range(3000))
    listing(source, data, size=2)
    source.api.before("GET /i", lambda request: data.append(data.pop(0)) or data.reverse())
    fill = Fill(key=lambda record: bytes(record))
    with pytest.raises(PagingError, match="another order"):
        source.pages(OFFSETS, fill)


def test_stable_offsets_are_not_overlapped(source: Any) -> None:
    asked = listing(source, rows(*range(4)))
    endpoint = GET("/i", records="/i", params={"skip": NEXT}, pages=NextOffset(stable=True))
    assert ids(source.records(endpoint, KEYED)) == [*range(4)]
    assert [each["skip"] for each in asked] == ["0", "3", "4"]


def test_offsets_that_say_more_and_hold_nothing_new_are_an_error(source: Any) -> None:
    source.api.get("/i")(lambda request: {"i": rows(0, 1)[int(request.query["skip"]) :], "more": True})
    endpoint = GET("/i", records="/i", params={"skip": NEXT}, pages=NextOffset(more="/more"))
    with pytest.raises(PagingError):
        source.pages(endpoint, KEYED)
    with pytest.raises(PagingError):
        source.pages(endpoint)


def test_pages_of_one_record_come_to_their_end(source: Any) -> None:
    listing(source, rows(*range(5)), size=1)
    assert ids(source.records(OFFSETS, KEYED)) == [*range(5)]


# ---- what headers tell


def test_a_token_in_a_header_leads_from_page_to_page(source: Any) -> None:
    first = Answer(rows(1), headers={"X-Next-Cursor": "a b"})
    asked = answering(source, "/i", first, Answer(rows(2), headers={"X-Next-Cursor": ""}))
    pages = source.pages(GET("/i", records="", params={"t": NEXT}, pages=NextToken(Header("x-next-cursor"))))
    assert [page.token for page in pages] == ["a b", None]
    assert [each.query for each in asked] == [{}, {"t": "a b"}]


@pytest.mark.parametrize("header, pages, total", [
    ("X-Total-Pages", NextNumber(last=Header("X-Total-Pages")), None),
    ("X-Total-Count", NextNumber(), Header("X-Total-Count")), ("X-More", NextNumber(more=Header("X-More")), None),
])  # fmt: skip
def test_numbers_end_where_a_header_says_so(source: Any, header: str, pages: Any, total: Any) -> None:
    told = {"X-Total-Pages": ("3", "3", "3"), "X-Total-Count": ("3", "3", "3"), "X-More": ("true", "true", "False")}
    bodies = [Answer(rows(number), headers={header: told[header][number]}) for number in range(3)]
    asked = answering(source, "/i", *bodies)
    endpoint = GET("/i", records="", params={"page": NEXT}, pages=pages, total=total)
    assert ids(source.records(endpoint)) == [0, 1, 2]
    assert len(asked) == 3


def test_a_total_in_a_header_is_one_as_any(source: Any) -> None:
    answering(source, "/i", Answer([], headers={"X-Total-Count": "0"}))
    page = source.page(GET("/i", records="", total=Header("X-Total-Count")))
    assert page.total == 0
    assert page.explicit_empty


def test_a_table_goes_on_by_a_header(source: Any) -> None:
    first = Answer(b"id\n1\n", content_type="text/csv", headers={"Sforce-Locator": "MTAw"})
    asked = answering(source, "/i", first, Answer(b"id\n2\n", content_type="text/csv"))
    endpoint = GET("/i", body=Csv(), params={"locator": NEXT}, pages=NextToken(Header("Sforce-Locator")))
    assert source.records(endpoint) == [{"id": "1"}, {"id": "2"}]
    assert asked[1].query == {"locator": "MTAw"}


@pytest.mark.parametrize("name", ["", "X Y", "X:", 7])
def test_what_is_no_name_of_a_header_is_refused(name: Any) -> None:
    with pytest.raises(DefinitionError, match="no name of a header"):
        Header(name)
