"""Checks of the protocol: what each request is answered with, whatever else it holds."""

from __future__ import annotations

import time
from typing import Any

from connector_sdk.testing.conformance._check import Failed, NotExercised, check, expecting
from connector_sdk.testing.conformance._lab import Lab
from connector_sdk.testing.flow import Answered, Collections

_PROTOCOL = 3032023
_GROUP = "protocol"


@check(_GROUP, "A connector that does not answer the start-up probe is never started.", "flow 12.1", quick=True)
def probe_is_answered(lab: Lab) -> str:
    call = lab.subject.bare().call({"spec": {}})
    if call.exit_code or len(call.answers) != 1 or call.violations:
        why = call.violations[0] if call.violations else call.error or f"{len(call.answers)} answers"
        raise Failed(f"the probe, with neither a network nor an environment, ended with exit {call.exit_code}: {why}")
    answer = call.answers[0]["spec"]
    if answer.get("protocol") != _PROTOCOL:
        raise Failed(f"protocol is {answer.get('protocol')!r}, not {_PROTOCOL}")
    if not str(answer.get("documentationUrl", "")).startswith("http"):
        raise Failed("the spec has no documentationUrl")
    if lab.subject.memory:
        return "answered by a container without a network"
    cpu = call.usage.cpu if call.usage is not None else 0.0
    return f"answered with {cpu:.2f} s of CPU"


@check(_GROUP, "Before a first session Flow asks four things; each has one answer.", "flow 12.4", quick=True)
def every_request_is_answered(lab: Lab) -> str:
    with lab.world() as it, expecting("spec, discover, validate and apply"):
        player = it.player()
        capture = player.prepare(it.config, streams=it.part.streams or None)
        player.validate(capture, last=capture)
        state: dict[str, object] = {"bindingStateV1": {}}
        if player.apply(capture, last=capture, state=state) != state:
            raise Failed("apply changed a state that it had no reason to change")
    return f"{len(capture.bindings)} bindings were discovered, validated and applied"


@check(_GROUP, "Newer runtimes send several requests to one process.", "flow 12.4")
def all_requests_on_one_stdin(lab: Lab) -> str:
    with lab.world() as it:
        capture, seen = it.capture, []
        first = [
            {"spec": {}}, {"discover": capture.discover_request()}, {"validate": capture.validate_request()},
            {"apply": capture.apply_request()},
        ]  # fmt: skip
        with expecting("all requests on one stdin"), it.open(first=first) as session:
            for event in session:
                if isinstance(event, Answered):
                    seen.append(event.kind)
                if session.checkpoints:
                    break
        if seen != ["spec", "discovered", "validated", "applied"]:
            raise Failed(f"the answers were {seen}")
    return "spec, discover, validate, apply and open were answered in order"


@check(_GROUP, "Runtimes grow new fields; a connector that refuses them stops with the next release.", "flow 12.2")
def unknown_keys_are_ignored(lab: Lab) -> str:
    with lab.world() as it, expecting("requests with a key that no connector knows"):
        capture = it.capture.in_form(extra={"xNewField": {"made": "up"}})
        player = it.player()
        player.discover(it.config)
        player.validate(capture)
        player.apply(capture)
        session = it.run(capture=capture)
    return f"{sum(session.documents.values()):,} documents came of requests with unknown keys"


@check(_GROUP, "Newer runtimes send collections once, and bindings by their number.", "flow 12.18")
def linked_collections_are_read(lab: Lab) -> str:
    with lab.world() as it, expecting("requests with linkedCollections"):
        capture = it.capture.in_form(linked=True)
        it.player().validate(capture)
        session = it.run(capture=capture)
    return f"{sum(session.documents.values()):,} documents"


@check(_GROUP, "A large state makes a large request, on one line.", "flow 12.3")
def large_requests_are_read(lab: Lab) -> str:
    with lab.world() as it:
        foreign = {"bindingStateV1": {"of-another-binding.v0": {"filler": "x" * (5 << 20)}}}
        with expecting("an open request of 5 MB"):
            it.run(state=foreign)
    return "an open request of 5 MB was read"


@check(
    _GROUP,
    "stdout is the protocol: one stray byte, and the runtime stops the task.",
    "flow 12.5-6",
    "R16",
    "R23",
    quick=True,
)
def every_line_keeps_the_protocol(lab: Lab) -> str:
    for part in lab.parts:
        with lab.world(part) as it, expecting("a whole session"):
            first = it.run()
            second = it.run(hours=1)
    return f"{first.lines + second.lines:,} lines, {first.checkpoints + second.checkpoints:,} checkpoints"


@check(_GROUP, "Flow closes stdin or keeps it open; neither tells a connector to stop.", "R22", "flow 12.11-12")
def stdin_may_close_or_stay(lab: Lab) -> str:
    closed, opened = Collections(), Collections()  # not how many documents: a record may come twice in a session
    with lab.world() as it, expecting("a session with its stdin closed"):
        it.run(close_stdin=True, state=None, into=closed)
        it.run(state=None, into=opened)
        found = [{name: set(rows[name].committed) for name in it.capture.names()} for rows in (closed, opened)]
    if found[0] != found[1]:
        counts = [{name: len(keys) for name, keys in each.items()} for each in found]
        raise Failed(f"{counts[0]} records with stdin closed, {counts[1]} with stdin open, or others")
    call = lab.subject.player().call()
    if call.exit_code or call.stdout:
        raise Failed(f"a stdin that ends before any request: exit {call.exit_code}, {len(call.stdout)} bytes on stdout")
    return "it captures either way, and ends by itself when it is caught up"


@check(
    _GROUP, "An operator raises the log level when something is wrong; that must not break more.", "R23", "flow 12.19"
)
def every_log_level_works(lab: Lab) -> str:
    with lab.world() as it:
        for level in ("trace", "error"):
            with expecting(f"LOG_LEVEL={level}"):
                it.run(state=None, player=it.player(LOG_LEVEL=level))
    return "trace and error"


@check(_GROUP, "A request that makes no sense ends with a sentence, not with a traceback or silence.", "flow 12.14")
def nonsense_is_refused_in_a_sentence(lab: Lab) -> str:
    asked: list[tuple[str, Any]] = [
        ("an unknown request", {"colour": {}}), ("a line that is no JSON", b"{nonsense\n"),
        ("open without a capture", {"open": {}}),
    ]  # fmt: skip
    for what, request in asked:
        call = lab.subject.player().call(request)
        last = call.error
        if call.exit_code == 0 or not last:
            raise Failed(f"{what}: exit {call.exit_code}, and the last log is {last!r}")
        if "Traceback" in last:
            raise Failed(f"{what}: ended with a traceback")
        if call.stdout:
            raise Failed(f"{what}: answered with {call.stdout[:80]!r}")
    return f"{len(asked)} were refused"


@check(_GROUP, "An operator binds a stream that is no more, or edits a resource: it must be named.", "flow 12.14")
def an_unknown_stream_is_named(lab: Lab) -> str:
    with lab.world() as it:
        body = it.capture.validate_request()
        body["bindings"][0]["resourceConfig"] = {**body["bindings"][0]["resourceConfig"], "name": "no_such_stream"}
        if body["bindings"][0]["resourceConfig"].keys().isdisjoint(it.capture.bindings[0].resource):
            raise NotExercised("its bindings have no name")
        call = it.call({"validate": body})
    if call.exit_code == 0:
        raise Failed("validate accepted a binding of a stream that does not exist")
    if "no_such_stream" not in call.error:
        raise Failed(f"the stream is not named: {call.error!r}")
    return call.error.splitlines()[0][:160]


@check(
    _GROUP,
    "Flow restarts a task by SIGTERM; one that lingers is killed and holds up every release.",
    "R22",
    "flow 12.20",
    quick=True,
)
def sigterm_ends_it(lab: Lab) -> str:
    took = []
    # what a container has written its engine holds until somebody reads it, and ends only then
    for reading in (True,) if lab.subject.memory else (True, False):
        with lab.world() as it, it.open(player=it.player(CONNECTOR_RUN="")) as session:
            with expecting("SIGTERM"):
                session.run(until=lambda session: session.checkpoints > 0 or session.lines > 5, timeout=60)
                if not reading:
                    session.pause(0.5)
                took.append(session.stop(within=10, reading=reading))
            if not session.ended:
                raise Failed("it did not end")
    slow = max(took)
    if slow > 8:
        raise Failed(f"it took {slow:.1f} s to end")
    return "it ends" if lab.subject.memory else "it ends, also while nobody reads its output"


@check(_GROUP, "A reader that pauses is back-pressure: nothing may be lost or piled up.", "R20", "flow 12.15")
def a_blocked_reader_is_waited_for(lab: Lab) -> str:
    with lab.large() as it:
        resident = []
        with expecting("a reader that pauses"), it.open() as session:
            session.run(until=lambda session: session.lines > 2, timeout=60)
            for _ in range(3):
                session.pause(0.7)
                resident.append(session.resident())
            session.run(timeout=120)
        if session.exit_code:
            raise Failed(f"it ended with exit {session.exit_code}: {session.error}")
        it.state = session.state
        if not resident[-1]:
            raise NotExercised(f"all that it had to say, {session.bytes_read:,} bytes, fits into a pipe")
        grown = max(resident) - resident[0]
        if not lab.subject.memory and (max(resident) > 700 << 20 or grown > 100 << 20):
            raise Failed(f"{max(resident) >> 20} MiB, {grown >> 20} MiB more than when the pause began")
        it.catch_up()
        it.check_equal()
    held = f"at most {lab.subject.memory or f'{max(resident) >> 20} MiB'} resident meanwhile"
    return f"{session.bytes_read:,} bytes, none lost; {held}"


@check(
    _GROUP,
    "A data plane gives a task a gigabyte; beyond it the task dies, again and again.",
    "R20",
    "R27",
    "flow 12.15",
)
def memory_stays_within_its_limit(lab: Lab) -> str:
    with lab.large() as it:
        session = it.run(timeout=300)
    if lab.subject.memory:  # beyond it the engine kills it, which is no good end
        return f"{sum(session.documents.values()):,} documents in a container of {lab.subject.memory}"
    if not session.peak:
        raise NotExercised("this system does not tell how much memory a process has")
    if session.peak > 700 << 20:
        raise Failed(f"a session of {sum(session.documents.values()):,} documents took {session.peak >> 20} MiB")
    return f"{sum(session.documents.values()):,} documents with at most {session.peak >> 20} MiB"


@check(_GROUP, "A first document after minutes of silence looks like a connector that hangs.", "R2")
def work_begins_at_once(lab: Lab) -> str:
    with lab.world() as it, expecting("the first request"), it.open() as session:
        began, before = time.monotonic(), len(it.api.requests)
        while len(it.api.requests) == before and not session.ended and time.monotonic() - began < 30:
            session.read(0.05)
        first = it.api.requests[before].time if len(it.api.requests) > before else None
    if first is None:
        raise Failed("nothing was asked of the source in 30 s")
    return "the first request leaves as soon as the session is open"
