"""Faults, holds and hooks happen to the requests that were meant, and the log tells what happened."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from connector_sdk.engine.clock import SystemClock, parse_instant
from connector_sdk.testing.fake import TRANSIENT, FakeApi, Fault, JsonObject, Request, load_sandbox
from connector_sdk.testing.fake._faults import matches


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi("acme", clock=SystemClock(parse_instant("2026-01-03T00:00:00Z"), 1000))
    rows = fake.collection("rows")
    rows.put({"id": 1, "v": "old"})
    fake.rows = rows  # type: ignore[attr-defined]

    @fake.get("/rows")
    def listing(request: Request) -> JsonObject:
        return {"rows": rows.select()}

    @fake.get("/rows/{id}")
    def one(request: Request) -> JsonObject:
        return {"id": request.parts["id"]}

    with fake:
        yield fake


@pytest.fixture
def client(api: FakeApi) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    ("on", "meant"),
    [
        ("*", True),
        ("/v2/users/7", True),
        ("GET /v2/users/7", True),
        ("POST /v2/users/7", False),
        ("* /v2/users/*", True),
        ("/v2/users/{id}", True),
        ("/v2/{what}/{id}", True),
        ("/v2/users", False),
        ("/v2/user*", True),
    ],
)
def test_which_requests_are_meant(on: str, meant: bool) -> None:
    assert matches(on, "GET", "/v2/users/7") is meant


def statuses(client: httpx.Client, count: int, path: str = "/rows") -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


def test_the_nth_and_so_many_in_a_row(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.status(503), "GET /rows", nth=2, times=2)
    assert statuses(client, 1, "/rows/7") == [200]
    assert statuses(client, 5) == [200, 503, 503, 200, 200]


def test_chosen_ones_and_for_ever_until_stopped(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.status(500), nth=(1, 3))
    assert statuses(client, 4) == [500, 200, 500, 200]
    rule = api.fault(Fault.status(502), times=None)
    assert statuses(client, 3) == [502, 502, 502]
    rule.stop()
    assert statuses(client, 1) == [200]


def test_faults_at_random_are_the_same_for_the_same_seed(api: FakeApi, client: httpx.Client) -> None:
    faults = [Fault.status(503), Fault.status(429)]

    def run() -> list[int]:
        chaos = api.chaos(0.5, seed=3, faults=faults)
        found = statuses(client, 60)
        chaos.stop()
        assert chaos.done == 60 - found.count(200) > 10
        return found

    first = run()
    assert run() == first
    assert {200, 429, 503} == set(first)
    in_a_row = "".join("x" if status != 200 else "." for status in first)
    assert "xxx" not in in_a_row, "the same request is spared after two faults"


def test_a_client_that_asks_again_survives_every_transient_fault(api: FakeApi, client: httpx.Client) -> None:
    api.chaos(0.6, seed=1)
    for _ in range(60):
        for attempt in range(3):
            try:
                answer = client.get("/rows")
                if answer.status_code == 200 and answer.json() == {"rows": [{"id": 1, "v": "old"}]}:
                    break
            except (httpx.TransportError, ValueError):
                pass
            assert attempt < 2
    assert {fault.name for fault in TRANSIENT} <= {entry.fault for entry in api.requests}
    assert not api.errors


def test_a_held_answer_has_the_data_of_before(api: FakeApi, client: httpx.Client) -> None:
    rows = api.rows  # type: ignore[attr-defined]
    with ThreadPoolExecutor(1) as pool, api.hold("GET /rows") as hold:
        pending = pool.submit(httpx.get, f"{api.url}/rows", trust_env=False)
        assert hold.wait().path == "/rows"
        assert hold.held
        assert api.requests[0].status == 0
        rows.edit(1, v="new")
        assert client.get("/rows").json() == {"rows": [{"id": 1, "v": "new"}]}
        assert not pending.done()
        hold.release()
        assert pending.result(10).json() == {"rows": [{"id": 1, "v": "old"}]}


def test_waiting_for_a_hold_that_never_comes_ends(api: FakeApi) -> None:
    with pytest.raises(TimeoutError, match="'/rows' was held within"):
        api.hold("/rows").wait(0.01)


def test_stop_releases_what_is_held(api: FakeApi) -> None:
    hold = api.hold()
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(httpx.get, f"{api.url}/rows", trust_env=False)
        hold.wait()
        api.stop()
        assert pending.exception(10) is None or isinstance(pending.exception(10), httpx.TransportError)


def test_hooks_edit_before_and_after_the_data_is_read(api: FakeApi, client: httpx.Client) -> None:
    rows = api.rows  # type: ignore[attr-defined]
    api.before("GET /rows", lambda request: rows.edit(1, v="before"), times=1)
    api.after("GET /rows", lambda request: rows.edit(1, v="after"), times=1)
    assert [client.get("/rows").json()["rows"][0]["v"] for _ in range(2)] == ["before", "after"]


def test_a_hook_that_fails_is_remembered_and_spoils_nothing(api: FakeApi, client: httpx.Client) -> None:
    api.before("*", lambda request: 1 / 0)
    assert client.get("/rows").status_code == 200
    assert "ZeroDivisionError" in api.errors[0]


def test_calm_ends_all_trouble(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.status(500), times=None)
    api.chaos(1.0)
    api.hold(nth=1)
    api.revoke()
    api.calm()
    assert statuses(client, 3) == [200, 200, 200]


def test_a_lock_makes_several_edits_one(api: FakeApi, client: httpx.Client) -> None:
    rows = api.rows  # type: ignore[attr-defined]
    asked = threading.Event()
    api.before("GET /rows", lambda request: asked.set())
    with ThreadPoolExecutor(1) as pool:
        with api.lock:
            pending = pool.submit(httpx.get, f"{api.url}/rows", trust_env=False)
            rows.edit(1, v="half")
            asked.wait(10)
            rows.edit(1, v="whole")
        assert pending.result(10).json() == {"rows": [{"id": 1, "v": "whole"}]}


def test_background_work_runs_on_the_clock_while_the_api_serves(api: FakeApi) -> None:
    ran = threading.Semaphore(0)
    api.every("30s", ran.release)
    assert all(ran.acquire(timeout=10) for _ in range(3))


def test_the_log_tells_what_came_and_what_was_sent(api: FakeApi, client: httpx.Client) -> None:
    api.fault(Fault.status(503), nth=2)
    client.get("/rows?a=1")
    client.get("/rows/7")
    client.post("/rows", json={"x": [1]})
    first, second, third = api.requests
    assert (first.n, first.method, first.path, first.query, first.json) == (1, "GET", "/rows", {"a": "1"}, None)
    assert (first.status, first.records, first.fault, first.route) == (200, 1, None, "/rows")
    assert first.at.startswith("2026-01-03T")
    assert (second.status, second.fault) == (503, "status 503")
    assert (third.method, third.json, third.status) == ("POST", {"x": [1]}, 405)
    assert api.requests.counts() == {"GET /rows": 1, "GET /rows/7": 1, "POST /rows": 1}
    assert api.requests.count("/rows/{id}") == 1
    assert api.requests.statuses() == {200: 1, 503: 1, 405: 1}
    assert [entry.n for entry in api.requests.of("GET *")] == [1, 2]
    api.requests.clear()
    client.get("/rows")
    assert [entry.n for entry in api.requests] == [4]


def test_every_public_name_is_there_and_says_where_it_lives() -> None:
    from connector_sdk.testing import fake

    assert fake.__all__ == sorted(fake.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name))
    for name in fake.__all__:
        module = getattr(getattr(fake, name), "__module__", "")
        assert not module.startswith("connector_sdk.testing.fake._"), name


def test_the_page_of_python_in_the_kits_own_text_works() -> None:
    from connector_sdk.testing import fake

    found: list[int] = []

    def read(url: str) -> None:
        inputs = {"fromDateTime": "2026-01-01T00:00:00Z", "toDateTime": "2026-01-02T00:00:00Z"}
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer a-made-up-token"}, trust_env=False) as client:
            found.extend(client.get("/v2/calls", params=inputs).status_code for _ in range(3))

    example = textwrap.dedent((fake.__doc__ or "").partition("::\n")[2])
    exec(example, {**vars(fake), "read": read})
    assert found == [200, 503, 200]


def test_a_folder_without_a_sandbox_is_told(tmp_path: object) -> None:
    with pytest.raises(FileNotFoundError, match=r"sandbox\.py"):
        load_sandbox(str(tmp_path))
