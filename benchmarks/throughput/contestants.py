"""Who takes part: the SDK, what others have written for the same work, and how little it could take.

Each reads the pages of one URL, or asks for them as its own way is, and writes a line a record. Peers are installed
from PyPI into environments of their own; their code is only run, and no line of it is part of this project.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from connector_sdk.testing.flow import Capture, Player

from .api import OWNERS, PARTS, history
from .venvs import PROJECT, python_of

__all__ = ["BASE", "Contestant", "Task", "everyone"]

BASE = "estuary-cdk, typed pages"
"""Whom the others are compared with."""

_HERE = Path(__file__).parent
_SOURCES = str(_HERE.parent / "sources")


@dataclass(frozen=True)
class Task:
    """So many records of a variant of the API at ``api``."""

    api: str
    variant: str
    records: int

    def url(self, place: str = "items") -> str:
        return f"{self.api}/{self.variant}/{self.records}/{place}"


@dataclass(frozen=True)
class Contestant:
    """A command that does a task.

    ``venv``: the peer it needs; ``mark``: what the line of a record begins with; ``request``: what it reads on stdin;
    ``most``: the most records it is given, where it is slow; ``extra``: the records it writes beside the task's.
    """

    name: str
    argv: Callable[[Task], list[str]]
    mark: str = '{"captured"'
    venv: str = PROJECT
    env: Mapping[str, str] = field(default_factory=dict)
    request: Callable[[Task], str] = lambda task: ""
    most: int = 1 << 62
    extra: int = 0


@lru_cache
def _capture(api: str) -> Capture:
    player = Player([sys.executable, "-m", "source_deals"], env={"PYTHONPATH": _SOURCES})
    return player.prepare({"advanced": {"base_url": api}})


def sdk(name: str, transport: str, *streams: str) -> Contestant:
    """The SDK's real process, opened as Flow opens it, with these streams of ``source_deals``."""

    def request(task: Task) -> str:
        capture = _capture(task.api).only(*streams)
        start = f"{history(task.records) if 'spans' in streams else '2020-01-01'}T00:00:00Z"
        config = {**capture.config, "start_date": start, "job": f"{task.variant}/{task.records}"}
        return json.dumps({"open": replace(capture, config=config, removed=()).open_request()}) + "\n"

    return Contestant(
        name,
        lambda task: [sys.executable, "-m", "source_deals"],
        env={"PYTHONPATH": _SOURCES, "CONNECTOR_RUN": "once", "CONNECTOR_TRANSPORT": transport},
        request=request,
        extra=OWNERS if "owners" in streams else 0,
    )


def peer(
    name: str, script: str, *words: str, venv: str = PROJECT, mark: str = '{"captured"', most: int = 1 << 62, **env: str
) -> Contestant:
    """A script of ``peers`` that takes the URL."""

    def argv(task: Task) -> list[str]:
        return [str(python_of(venv)), str(_HERE / "peers" / script), *words, task.url()]

    return Contestant(name, argv, mark=mark, venv=venv, env=env, most=most)


def estuary(name: str, mode: str, *, delay: str = "0", most: int = 1 << 62) -> Contestant:
    """A source written with estuary-cdk, opened with one binding."""

    def request(task: Task) -> str:
        binding = {
            "collection": {"name": "acmeCo/deals", "key": ["/id"], "writeSchema": {}, "readSchema": {}},
            "resourceConfig": {"name": "deals"},
            "resourcePath": ["deals"],
            "stateKey": "deals",
            "backfill": 0,
        }
        spec = {"name": "acmeCo/source", "connectorType": "IMAGE", "config": {"base_url": task.url()}}
        capture = {**spec, "intervalSeconds": 300, "bindings": [binding]}
        return json.dumps({"open": {"capture": capture, "version": "v1", "range": {}, "state": {}}}) + "\n"

    return Contestant(
        name,
        lambda task: [str(python_of("estuary")), str(_HERE / "peers" / "estuary.py")],
        venv="estuary",
        env={"MODE": mode, "DELAY": delay},
        request=request,
        most=most,
    )


def chains(name: str, work: str) -> Contestant:
    """The bound of a chain for every partition at once."""

    def argv(task: Task) -> list[str]:
        script = str(_HERE / "peers" / "bound.py")
        return [sys.executable, script, "chains", work, *(task.url(f"parts/p{at}") for at in range(PARTS))]

    return Contestant(name, argv)


def everyone() -> dict[str, list[Contestant]]:
    """The contestants of each job, in the order of its table."""
    ours = [
        sdk("connector_sdk over httpx", "httpx", "deals", "owners"),
        sdk("connector_sdk over curl", "curl", "deals", "owners"),
    ]
    cdk = [estuary(BASE, "typed"), estuary("estuary-cdk, plain dicts", "dicts")]
    bounds = [
        peer("bound: httpx, records as they came, cursors read", "bound.py", "httpx", "cursors"),
        peer("bound: httpx, records as they came", "bound.py", "httpx", "slices"),
    ]
    spoken = '{"type":"RECORD"'
    big = [
        *ours,
        *cdk,
        estuary("estuary-cdk, typed pages, its delays left on", "typed", delay="", most=2_500),
        peer("airbyte-cdk, manifest", "airbyte.py", venv="airbyte", mark=spoken, most=25_000, MODE="manifest"),
        peer("airbyte-cdk, Python HttpStream", "airbyte.py", venv="airbyte", mark=spoken, most=50_000, MODE="python"),
        peer("singer-sdk, RESTStream", "singer.py", venv="singer", mark=spoken, most=25_000),
        peer("httpx, json and print", "naive.py"),
        peer("httpx and orjson, one write a page", "bound.py", "httpx", "orjson"),
        peer("the same, asynchronous", "bound.py", "chains", "orjson"),
        *bounds,
        peer("bound: a bare socket, records as they came", "bound.py", "socket", "slices"),
    ]
    small = [*ours, *cdk, *bounds]
    slow = [
        *(
            sdk(f"connector_sdk over {transport}, {how}", transport, stream)
            for transport in ("httpx", "curl")
            for how, stream in (("one chain", "deals"), (f"{PARTS} partitions", "parts"), ("a span a page", "spans"))
        ),
        *(replace(each, name=f"{each.name}, one chain" if each.name != BASE else BASE) for each in cdk),
        peer("httpx, json and print, one chain", "naive.py"),
        chains(f"bound: httpx, records as they came, {PARTS} chains", "slices"),
    ]
    return {"big": big, "small": small, "gzip": small, "latency": slow, "flat": ours}
