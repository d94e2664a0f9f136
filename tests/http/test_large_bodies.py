"""Bodies larger than memory: in several pages, none of which is given before the whole body has arrived."""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from connector_sdk import (
    EACH,
    GET,
    NEXT,
    Config,
    Csv,
    Header,
    JsonLines,
    NextLink,
    NextNumber,
    NextToken,
    Page,
    Source,
    Step,
    Xml,
)  # fmt: skip
from connector_sdk.engine.budget import ByteBudget
from connector_sdk.errors import AnswerError, RecordTooLargeError, SourceError, UnreachableError
from connector_sdk.http import Fill, pieces, spool
from connector_sdk.testing.fake import Answer, Fault

COUNT = 60_000
MESSY = random.Random(7)  # text that does not compress well, so that packed bodies are large too
ROWS = [{"id": str(n), "text": f"{MESSY.getrandbits(160):x}, and a comma"} for n in range(COUNT)]
TABLE = b"id,text\n" + b"".join(f'{row["id"]},"{row["text"]}"\n'.encode() for row in ROWS)
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
DOCUMENT = (
    b"<f>" + b"".join(f"<r><id>{row['id']}</id><text>{row['text']}</text></r>".encode() for row in ROWS) + b"</f>"
)
KINDS = {"csv": (Csv(), TABLE), "lines": (JsonLines(), LINES), "xml": (Xml("/f/r"), DOCUMENT)}


def zipped(body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("file", body)
    return out.getvalue()


def members(body: bytes) -> bytes:
    half = len(body) // 2
    return gzip.compress(body[:half], 1) + gzip.compress(body[half:], 1)


PACKS = {"plain": bytes, "gzip": lambda body: gzip.compress(body, 1), "members": members, "zip": zipped}


def serving(source: Any, body: bytes, **headers: str) -> None:
    source.api.get("/f")(lambda request: Answer(body, content_type="application/octet-stream", headers=headers))


def open_files() -> int:
    """Files without a name that this process has open."""
    gc.collect()
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        try:
            found += str(each.readlink()).startswith(f"{tempfile.gettempdir()}/#")
        except OSError:
            continue
    return found


@pytest.fixture(autouse=True)
def nothing_left() -> Any:
    before = open_files()
    yield
    assert open_files() == before


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_large_body_comes_in_several_pages(source: Any, kind: str, pack: str) -> None:
    body, content = KINDS[kind]
    serving(source, PACKS[pack](content))
    pages = source.pages(GET("/f", body=body))
    assert [record for page in pages for record in page.records()] == ROWS
    sizes = [sum(map(len, page.slices)) for page in pages]
    assert len(pages) > 5
    assert max(sizes) <= pieces.PIECE
    assert [page.token for page in pages] == [*[""] * (len(pages) - 1), None]
    assert {page.stamp for page in pages} == {1}


def test_a_large_body_in_an_encoding_of_the_way(source: Any) -> None:
    serving(source, gzip.compress(zipped(TABLE), 1), **{"Content-Encoding": "gzip"})
    assert source.records(GET("/f", body=Csv())) == ROWS


def test_a_small_body_stays_in_memory(source: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    serving(source, TABLE[: 1 << 19].rpartition(b"\n")[0])
    assert len(source.records(GET("/f", body=Csv()))) > 1_000


def test_the_next_answer_of_a_paged_export(source: Any) -> None:
    def answer(request: Any) -> Answer:
        headers = {} if "p" in request.query else {"Link": "</f?p=2>; rel=next"}
        return Answer(LINES, content_type="application/x-ndjson", headers=headers)

    source.api.get("/f")(answer)
    pages = source.pages(GET("/f", body=JsonLines(), pages=NextLink()))
    assert [record for page in pages for record in page.records()] == [*ROWS, *ROWS]
    assert [bool(page.token) for page in pages].count(True) == 1


def test_an_export_whose_next_part_a_header_names(source: Any) -> None:
    def answer(request: Any) -> Answer:
        at = request.query.get("locator")
        return Answer(TABLE, content_type="text/csv", headers={"Sforce-Locator": "null" if at else "abc"})

    source.api.get("/f")(answer)
    pages = NextToken(Header("Sforce-Locator"))
    found = source.pages(
        GET("/f", body=Csv(), params={"locator": NEXT}, pages=pages, add={"job": EACH}), Fill(each=b"7")
    )
    assert [record["id"] for page in found for record in page.records()] == [row["id"] for row in [*ROWS, *ROWS]]
    assert [page.token for page in found if page.token] == ["abc"]


def test_pages_that_are_counted_hold_a_whole_answer_each(source: Any) -> None:
    source.api.get("/f")(lambda request: Answer(TABLE if request.query["p"] == "1" else b"id,text\n"))
    pages = source.pages(GET("/f", body=Csv(), params={"p": NEXT}, pages=NextNumber()))
    assert [len(page.slices) for page in pages] == [COUNT, 0]


def test_members_are_added_and_a_function_sees_all_records_as_they_come(source: Any) -> None:
    def even(records: Any) -> Any:
        for number, record in enumerate(records):
            if number % 2 == 0:
                yield {"id": record["id"]}

    serving(source, TABLE)
    found = source.records(GET("/f", body=Csv(), records=even, add={"of": EACH}), Fill(each=b'"alpha"'))
    assert found == [{"id": row["id"], "of": "alpha"} for row in ROWS[::2]]


# ---- half an answer is never data


def damaged(body: bytes, at: int) -> bytes:
    return body[:at] + bytes(byte ^ 0xFF for byte in body[at : at + 9]) + body[at + 9 :]


@pytest.mark.parametrize("pack, spoil", [
    ("gzip", lambda body: body[:-4]), ("gzip", lambda body: damaged(body, len(body) - 8)),
    ("members", lambda body: body[: len(body) // 4]), ("members", lambda body: body[:-9]),
    ("zip", lambda body: body[:-30]), ("zip", lambda body: body[: len(body) // 3]),
    ("zip", lambda body: damaged(body, len(body) // 2)),
])  # fmt: skip
def test_a_file_that_is_cut_off_or_damaged_gives_no_record(source: Any, pack: str, spoil: Any) -> None:
    serving(source, spoil(PACKS[pack](TABLE)))
    seen: list[Any] = []

    async def work(client: Any) -> None:
        async with aclosing(client.read(GET("/f", body=Csv()), Fill())) as found:
            seen.extend([page async for page in found])

    with pytest.raises(AnswerError, match=r"cut off|damaged|cannot be opened"):
        source.run(work)
    assert seen == []
    assert len(source.api.requests) > 3


@pytest.mark.parametrize("fault", [Fault.cut(), Fault.reset_midway(), Fault.reset()], ids=str)
def test_a_connection_that_breaks_is_met_by_the_same_request_again(source: Any, fault: Fault) -> None:
    serving(source, TABLE)
    source.api.fault(fault, "GET /f", nth=1, times=2)
    assert source.records(GET("/f", body=Csv())) == ROWS
    assert len(source.api.requests) == 3
    assert len(source.told.retries) == 2


def test_and_ends_in_an_error_that_gives_no_record(source: Any) -> None:
    serving(source, TABLE)
    source.api.fault(Fault.cut(), "GET /f", times=1_000)
    with pytest.raises(UnreachableError, match="broke off before its end"):
        source.pages(GET("/f", body=Csv()))


@pytest.mark.parametrize("kind, tail, said", [
    (Csv(), b"1,2,3\n", f"line {COUNT + 2:,} has 3 values"), (Csv(), b'1,"open\n', "is no CSV"),
    (JsonLines(), b'{"id":', f"line {COUNT + 1:,} is no JSON"), (Csv(), b"1,\xff\n", "a body that is not UTF-8"),
])  # fmt: skip
def test_what_makes_no_sense_further_on_is_an_error_there(source: Any, kind: Any, tail: bytes, said: str) -> None:
    serving(source, (TABLE if isinstance(kind, Csv) else LINES) + tail)
    with pytest.raises(AnswerError, match=said):
        source.pages(GET("/f", body=kind))
    assert len(source.api.requests) == 1


# ---- bounds


def test_a_disk_that_is_full_is_told(source: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(spool, "_file", lambda: Path("/dev/full").open("w+b", buffering=0))  # noqa: SIM115
    serving(source, TABLE)
    with pytest.raises(SourceError, match=r"cannot be kept on the disk: No space left on device\. Give the connector"):
        source.pages(GET("/f", body=Csv()))
    assert len(source.api.requests) == 1


@pytest.mark.parametrize("length", [True, False])
def test_a_file_larger_than_any_is_refused(source: Any, monkeypatch: Any, raw: Any, length: bool) -> None:
    monkeypatch.setattr(spool, "LARGEST", 1 << 30)

    def endless(connection: Any) -> None:
        size = b"content-length: 99999999999\r\n" if length else b"connection: close\r\n"
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + size + b"\r\n")
        while True:
            connection.sendall(b" " * 65536)

    if not length:
        monkeypatch.setattr(spool, "LARGEST", 1 << 22)
    source.http = {"base_url": raw(endless).url}
    with pytest.raises(AnswerError, match="GiB in one file"):
        source.pages(GET("/f", body=Csv()))


@pytest.mark.parametrize("kind, begin, filling, end", [
    (JsonLines(), b'{"a":"', b"x", b'"}'), (Csv(), b"a,b\n1,", b"x", b"\n"), (Csv(), b'a,b\n1,"', b"x\n", b'"'),
    (Csv(quote=None), b"a,b\n", b"x,", b"\n"),
    (Xml("/f/r"), b"<f><r>", b"x", b"</r></f>"), (Xml("/f/r"), b"<f><r a='", b"x", b"'/></f>"),
    (Xml("/f/r"), b"<f><!--", b"x", b"--></f>"), (Xml("/f/r"), b"<f><r>", b"<a>x</a>", b"</r></f>"),
])  # fmt: skip
def test_a_record_larger_than_any_document_is_refused(
    source: Any, monkeypatch: Any, kind: Any, begin: bytes, filling: bytes, end: bytes
) -> None:
    for name in ("lines", "tables", "documents"):
        monkeypatch.setattr(f"connector_sdk.http.{name}.LARGEST", 1 << 20)
    serving(source, begin + filling * ((4 << 20) // len(filling)) + end)
    with pytest.raises(RecordTooLargeError, match=r"the record at line [\d,]+ is larger than"):
        source.pages(GET("/f", body=kind))
    assert len(source.api.requests) == 1


# ---- the budget, and what is left behind


def test_each_page_holds_its_bytes_until_it_is_released(source: Any) -> None:
    budget = ByteBudget(1 << 20)
    source.options = {"budget": budget}
    serving(source, TABLE)

    async def work(client: Any) -> None:
        found = client.read(GET("/f", body=Csv()), Fill())
        first = await anext(found)
        assert budget.used == sum(map(len, first.slices))
        second = await anext(found)
        assert budget.used == sum(map(len, first.slices)) + sum(map(len, second.slices))
        third = asyncio.ensure_future(anext(found))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not third.done()
        first.release()
        (await third).release()
        second.release()
        await found.aclose()
        assert budget.used == 0

    source.run(work)


@pytest.mark.parametrize("moment", ["waiting", "reading", "between"])
def test_who_is_cancelled_leaves_nothing_behind(source: Any, moment: str) -> None:
    budget = ByteBudget(700_000 if moment == "waiting" else 1 << 30)
    source.options = {"budget": budget}
    serving(source, TABLE)

    async def work(client: Any) -> None:
        found = client.read(GET("/f", body=Csv()), Fill())
        first = await anext(found)
        if moment != "between":
            next_one = asyncio.ensure_future(anext(found))
            await asyncio.sleep(0)
            next_one.cancel()
            await asyncio.gather(next_one, return_exceptions=True)
        await found.aclose()
        first.release()
        assert budget.used == 0

    source.run(work)  # which waits for the thread that was reading


def test_who_is_cancelled_while_the_body_arrives_leaves_nothing_behind(source: Any, raw: Any) -> None:
    sent = threading.Event()

    def half(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 8000000\r\n\r\n" + b"x" * 4_000_000)
        sent.set()
        server.end.wait(10)

    server = raw(half)
    source.http = {"base_url": server.url}
    budget = ByteBudget(1 << 20)
    source.options = {"budget": budget}

    async def work(client: Any) -> None:
        found = client.read(GET("/f", body=Csv()), Fill())
        first = asyncio.ensure_future(anext(found))
        await asyncio.to_thread(sent.wait, 10)
        assert not first.done()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await found.aclose()
        assert budget.used == 0

    source.run(work)


def test_a_failing_reader_leaves_nothing_behind(source: Any) -> None:
    serving(source, TABLE)

    async def work(client: Any) -> None:
        async with aclosing(client.read(GET("/f", body=Csv()), Fill())) as found:
            async for _ in found:
                raise KeyError

    with pytest.raises(KeyError):
        source.run(work)


# ---- for authors


def test_an_author_streams_one_answer(source: Any) -> None:
    serving(source, TABLE)
    endpoint = GET("/f", body=Csv())

    async def read(it: Any, step: Any) -> Any:
        async for page in it.http.stream(endpoint, step):
            yield it.http.make_page([{"id": record["id"]} for record in page.records()])

    pages = source.pages(read)
    assert len(pages) > 5
    assert [record["id"] for page in pages for record in page.records()] == [row["id"] for row in ROWS]


def test_the_generator_of_the_page_about_requests(source: Any) -> None:
    page = (Path(__file__).parents[2] / "docs" / "http.md").read_text("utf-8")
    (example,) = re.findall(r"^```python\n(async def clicks.*?)^```", page, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {"Source": Source, "Config": Config, "Step": Step, "AsyncIterator": AsyncIterator,
                             "Page": Page, "GET": GET, "Csv": Csv}  # fmt: skip
    exec(compile(example, "docs/http.md", "exec"), names)
    source.api.get("/export.csv.gz")(lambda request: Answer(gzip.compress(b"id,kind\n1,click\n2,view\n")))
    assert source.records(names["clicks"]) == [{"id": "1", "kind": "click"}]


def test_records_and_one_page_of_it(source: Any) -> None:
    serving(source, TABLE)
    endpoint = GET("/f", body=Csv())

    async def read(it: Any, step: Any) -> Any:
        records = [record async for record in it.http.records(endpoint)]
        page = await it.http.page(endpoint)
        assert page.token is None
        assert list(page.records()) == records == page.json
        yield it.http.make_page([{"count": len(records)}])

    assert source.records(read) == [{"count": COUNT}]


def test_one_page_has_a_bound(source: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("connector_sdk.http.rest.LARGEST", 1 << 20)
    monkeypatch.setattr("connector_sdk.http.asking.LARGEST", 1 << 20)
    serving(source, TABLE)
    with pytest.raises(AnswerError, match=r"more than 1 MiB in one page\..*source\.http\.stream"):
        source.page(GET("/f", body=Csv()))


# ---- memory


@pytest.mark.parametrize("case", ["csv", "lines", "xml", "gzip", "zip", "long"])
def test_memory_stays_flat(case: str) -> None:
    script = Path(__file__).with_name("large_body.py")
    done = subprocess.run([sys.executable, script, case], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["grown"] < 64 << 20, told
    assert told["pages"] > 100 or case == "long", told
