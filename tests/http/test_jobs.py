"""Exports: created, polled, fetched, and resumed from their token."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from connector_sdk import ANSWER, EACH, GET, NEXT, POST, Csv, Job, NextOffset, NextToken, On
from connector_sdk.errors import AnswerError, DefinitionError, ExportFailedError, RefusedError
from connector_sdk.http import ExpiredToken, Fill
from connector_sdk.testing.fake import Answer, Fault

JOB = Job(
    create=POST("/jobs", json={"of": EACH}),
    poll=GET(f"/jobs/{ANSWER['/id']}"),
    done=lambda answer: answer["state"] == "DONE",
    failed=lambda answer: answer["state"] == "FAILED",
    result=GET(f"/jobs/{ANSWER['/id']}/{ANSWER['/file']}", params={"t": NEXT}, records="/r", pages=NextToken("/n")),
)
ALPHA = Fill(each=b'"alpha"')


def exporting(source: Any, *states: str) -> list[str]:
    asked: list[str] = []
    left = list(states)

    def create(request: Any) -> Any:
        asked.append("create " + request.json["of"])
        return {"id": 7, "state": "NEW"}

    def poll(request: Any) -> Any:
        asked.append(f"poll {source.clock.slept:g}")
        state = left.pop(0)
        return {"state": state, **({"file": "f"} if state == "DONE" else {})}

    source.api.post("/jobs")(create)
    source.api.get("/jobs/7")(poll)
    source.api.get("/jobs/7/f")(
        lambda request: {"r": [{"id": 2}]} if "t" in request.query else {"r": [{"id": 1}], "n": "b"}
    )
    return asked


def test_an_export_is_created_polled_and_fetched(source: Any) -> None:
    asked = exporting(source, "RUNNING", "RUNNING", "DONE")
    pages = source.pages(JOB, ALPHA)
    assert [page.values("/id") for page in pages] == [[], [1], [2]]
    assert [page.token for page in pages] == ['{"id":7,"state":"NEW"}', '{"id":7,"state":"NEW"}', None]
    assert asked == ["create alpha", "poll 10", "poll 25", "poll 47.5"]


def test_a_restart_goes_on_polling_the_same_export(source: Any) -> None:
    asked = exporting(source, "RUNNING", "DONE")
    assert source.records(JOB, ALPHA, token='{"id":7,"state":"NEW"}') == [{"id": 1}, {"id": 2}]
    assert asked == ["poll 0", "poll 10"]


def test_an_export_that_is_not_there_any_more_begins_again(source: Any) -> None:
    with pytest.raises(ExpiredToken):
        source.pages(JOB, ALPHA, token='{"id":9}')


def test_an_export_that_vanishes_at_once_is_an_error(source: Any) -> None:
    source.api.post("/jobs")(lambda request: {"id": 9})
    with pytest.raises(RefusedError):
        source.pages(JOB, ALPHA)


def test_a_failed_export_is_told(source: Any) -> None:
    exporting(source, "RUNNING", "FAILED")
    with pytest.raises(ExportFailedError, match="FAILED"):
        source.pages(JOB, ALPHA)


def test_an_export_has_so_much_time(source: Any) -> None:
    exporting(source, *["RUNNING"] * 100)
    with pytest.raises(ExportFailedError, match="not done within 2h"):
        source.pages(JOB, ALPHA)
    assert 6_000 < source.clock.slept <= 7_200


def test_a_mistake_of_the_author_is_told_as_his(source: Any) -> None:
    source.api.post("/jobs")(lambda request: {"id": 7})
    source.api.get("/jobs/7")(lambda request: {})
    with pytest.raises(AnswerError, match=r"test_jobs\.py, line \d+\) failed: KeyError: 'state'"):
        source.pages(JOB, ALPHA)


def test_a_result_at_another_address_and_in_another_form(source: Any) -> None:
    source.api.post("/jobs")(lambda request: {"id": 7})
    source.api.get("/jobs/7")(lambda request: {"url": source.api.url + "/file?signature=a%2Fb"})
    seen: list[Any] = []

    def file(request: Any) -> Answer:
        seen.append(request.query)
        return Answer(b'id,name\n1,\xc3\xa9t\xc3\xa9\n2,"a\nb"\n', content_type="text/csv")

    source.api.get("/file")(file)
    job = Job(
        create=POST("/jobs"), poll=GET(f"/jobs/{ANSWER['/id']}"), done=lambda answer: True,
        result=GET(ANSWER["/url"], body=Csv()),
    )  # fmt: skip
    assert source.records(job) == [{"id": "1", "name": "été"}, {"id": "2", "name": "a\nb"}]
    assert seen == [{"signature": "a/b"}]


def test_an_export_of_nothing(source: Any) -> None:
    source.api.post("/jobs")(lambda request: source.refuse(422, "no rows in this range"))
    source.http = {"error": "/error"}
    job = Job(
        create=POST("/jobs", on=[On(422, error="no rows").empty()]), poll=JOB.poll, done=JOB.done, result=JOB.result
    )
    (page,) = source.pages(job)
    assert page.explicit_empty
    assert page.token is None


# ---- parts


def divided(source: Any, **parts: bytes) -> list[str]:
    """A source whose jobs give these parts; what is asked for them."""
    asked: list[str] = []
    source.api.post("/jobs")(lambda request: {"id": 7})
    source.api.get("/jobs/7")(
        lambda request: {"urls": [f"{source.api.url}/part/{name}?s=a%2Fb" for name in parts], "names": [*parts]}
    )
    source.api.get("/jobs/7/parts")(
        lambda request: {"items": [{"name": name} for name in list(parts)[int(request.query.get("o", 0)) :][:1]]}
    )

    @source.api.get("/part/{name}")
    def part(request: Any) -> Any:
        asked.append(request.parts["name"])
        return Answer(parts[request.parts["name"]], content_type="text/csv")

    return asked


DIVIDED = {"create": POST("/jobs"), "poll": GET(f"/jobs/{ANSWER['/id']}"), "done": lambda answer: True}
LISTED = GET(f"/jobs/{ANSWER['/id']}/parts", params={"o": NEXT}, records="/items", pages=NextOffset())
PARTS: Any = pytest.mark.parametrize("job", [
    Job(**DIVIDED, parts="/urls", result=GET(EACH, body=Csv())),
    Job(**DIVIDED, parts="/names", result=GET(f"/part/{EACH}", body=Csv())),
    Job(**DIVIDED, parts=LISTED, result=GET(f"/part/{EACH['/name']}", body=Csv())),
], ids=["addresses", "names", "listed"])  # fmt: skip


@PARTS
def test_a_result_in_parts_is_fetched_part_by_part(source: Any, job: Job) -> None:
    asked = divided(source, a=b"id\n1\n2\n", b=b"id\n", c=b"id\n3\n")
    pages = source.pages(job)
    assert [page.values("/id") for page in pages] == [[], ["1", "2"], [], ["3"]]
    assert [page.token for page in pages] == [*['{"id":7}'] * 3, None]
    assert asked == ["a", "b", "c"]


@PARTS
def test_a_result_without_parts_is_empty(source: Any, job: Job) -> None:
    divided(source)
    pages = source.pages(job)
    assert [page.explicit_empty for page in pages] == [False, True]
    assert pages[-1].token is None


def test_where_no_parts_are_listed_is_told(source: Any) -> None:
    divided(source)
    with pytest.raises(AnswerError, match=r"no list at parts='/files' in the answer of a job that is done"):
        source.pages(Job(**DIVIDED, parts="/files", result=GET(EACH, body=Csv())))


def test_a_part_that_is_an_object_and_the_answer_before(source: Any) -> None:
    divided(source, a=b"id\n1\n")
    result = GET(f"/part/{EACH['/name']}", body=Csv(), add={"job": ANSWER["/id"], "part": EACH["/name"]})
    assert source.records(Job(**DIVIDED, parts=LISTED, result=result)) == [{"id": "1", "job": 7, "part": "a"}]


@pytest.mark.parametrize("mistake, said", [
    ({"parts": "urls"}, "'/urls'"), ({"parts": "/urls"}, "which of the parts"),
    ({"parts": GET("/parts")}, "where the parts are"),
])  # fmt: skip
def test_parts_that_cannot_be_asked_for_are_refused_on_import(mistake: Any, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        Job(**DIVIDED, result=GET("/x", body=Csv()), **mistake)


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_part_that_expires_while_it_is_fetched(source: Any, status: int) -> None:
    """A new job's failure is told, so that the next try polls it again; one from before gives way to another."""
    divided(source, a=b"id\n1\n", b=b"")
    source.api.fault(Fault.status(status, "expired"), "GET /part/b", times=100)
    job = Job(**DIVIDED, parts="/urls", result=GET(EACH, body=Csv()))
    seen: list[Any] = []

    def reading(token: str | None) -> Any:
        async def work(client: Any) -> None:
            async with aclosing(client.read(job, Fill(), token=token)) as pages:
                seen.extend([page.values("/id") async for page in pages])

        return work

    with pytest.raises(RefusedError, match="expired"):
        source.run(reading(None))
    with pytest.raises(ExpiredToken):
        source.run(reading('{"id":7}'))


def test_a_job_from_before_that_failed_gives_way_to_another(source: Any) -> None:
    exporting(source, "FAILED")
    with pytest.raises(ExpiredToken, match="the export failed"):
        source.pages(JOB, ALPHA, token='{"id":7}')
