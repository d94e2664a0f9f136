"""``connector-sdk preview``, from its options to its report."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from connector_sdk.cli._connector import Target, discovered, find_connector, stream_names
from connector_sdk.cli._output import console, print_json
from connector_sdk.cli._preview._interrupts import Interrupts
from connector_sdk.cli._preview._progress import Progress
from connector_sdk.cli._preview._report import BindingReport, Report, render
from connector_sdk.cli._preview._state_file import read_state
from connector_sdk.cli._preview._store import Store
from connector_sdk.cli._preview._watch import Watch
from connector_sdk.cli._problems import FailedError, UsageProblemError
from connector_sdk.cli._sandbox import config_for
from connector_sdk.testing.flow import Capture, Session, secrets_of

if TYPE_CHECKING:
    from connector_sdk.cli._preview._airbyte import AirbyteRead

__all__ = ["Choices", "preview"]


@dataclass(frozen=True)
class Choices:
    """The options of ``preview``, as they were given."""

    connector: str
    sandbox: bool = False
    config: Path | None = None
    streams: str | None = None
    interval: str | None = None
    db: Path | None = None
    state: Path | None = None
    jsonl: str | None = None
    protocol: str = "flow"
    json: bool = False


def preview(choices: Choices) -> int:
    """Capture once with the real connector; the exit code is 0 only if all was captured."""
    if choices.jsonl == "-" and choices.json:
        raise UsageProblemError("--jsonl - and --json both want stdout.", hint="write the documents to a file")
    if choices.protocol not in ("flow", "airbyte"):
        raise UsageProblemError(f"--protocol {choices.protocol} is not known:", hint="it takes flow or airbyte")
    airbyte = choices.protocol == "airbyte"
    if airbyte and choices.interval is not None:
        raise UsageProblemError("--interval is Flow's: a read of Airbyte reads everything once.", hint="leave it out")
    target = find_connector(choices.connector)
    state = read_state(choices.state, list if airbyte else dict)
    with Interrupts() as interrupts:
        with config_for(target, choices.sandbox, choices.config) as config:
            captured = _read if airbyte else _captured
            report = captured(target, config, state, choices, interrupts)
        if choices.json:
            print_json(report.as_json())
        else:
            render(report, console(sys.stderr if choices.jsonl == "-" else sys.stdout))
    return 0 if report.verdict == "complete" else 1


def _captured(target: Target, config: dict[str, Any], state: Any, choices: Choices, interrupts: Interrupts) -> Report:
    player = target.player(log_level="debug", once=True, strict=False)
    spec = player.spec()
    bindings = discovered(player, spec, config)
    chosen = stream_names(choices.streams, [each["recommendedName"] for each in bindings])
    capture = Capture.discovered(
        bindings, config, streams=chosen, interval=choices.interval, pointers=spec["resourcePathPointers"]
    )
    off = [each["recommendedName"] for each in bindings if each.get("disable")] if chosen is None else []
    if not capture.bindings:
        hint = f"those that are off by default: --streams {','.join(off)}" if off else ""
        raise FailedError("Discovery found no streams to capture.", hint=hint)
    player.validate(capture)
    state = player.apply(capture, state=state)
    interrupts.begin()  # before the session: from its first line on, an interrupt keeps what was committed
    secrets = secrets_of(spec["configSchema"], config)

    def opened() -> Session:
        return player.open(capture, state, secrets=secrets)

    return _watched(target, opened, capture, () if state else capture.names(), choices, interrupts, off)


def _read(target: Target, config: dict[str, Any], state: Any, choices: Choices, interrupts: Interrupts) -> Report:
    from connector_sdk.cli._preview._airbyte import AirbyteRead, capture_of

    player = target.airbyte_player()
    spec = player.spec()
    catalog = player.discover(config)
    configured = catalog.configured(stream_names(choices.streams, catalog.names()))
    capture = capture_of(configured, config)
    interrupts.begin()
    secrets = secrets_of(spec["connectionSpecification"], config)

    def opened() -> AirbyteRead:
        return AirbyteRead(player, config, configured, state or [], secrets)

    fresh = [each.name for each in configured if not state or each.mode == "full_refresh"]
    return _watched(target, opened, capture, fresh, choices, interrupts, [])


def _watched(
    target: Target,
    opened: Callable[[], Session | AirbyteRead],
    capture: Capture,
    fresh: Sequence[str],
    choices: Choices,
    interrupts: Interrupts,
    off: list[str],
) -> Report:
    """Read the session to its end, into the tables; ``fresh``: the streams whose earlier rows are forgotten."""
    db = choices.db or Path("preview") / f"{target.name}.duckdb"
    with (
        _lines(choices.jsonl) as jsonl,
        contextlib.closing(Store(db, capture, fresh=fresh, jsonl=jsonl)) as store,
        opened() as session,
    ):
        watch = Watch(session, capture, store, choices.state, interrupts)
        if len(fresh) < len(capture.bindings) and not store.continued:
            sys.stderr.write(f"warning: the state goes on from an earlier run, but {db} has no rows of it\n")
        watch.run()
        return _report(target, session, watch, store, choices, off)


@contextlib.contextmanager
def _lines(where: str | None) -> Iterator[IO[bytes] | None]:
    if where is None:
        yield None
    elif where == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        Path(where).parent.mkdir(parents=True, exist_ok=True)
        with Path(where).open("wb") as file:
            yield file


def _report(
    target: Target, session: Session | AirbyteRead, watch: Watch, store: Store, choices: Choices, off: list[str]
) -> Report:
    tables = store.finish()
    bindings = []
    for index, (each, summary) in enumerate(zip(watch.progress.bindings, tables, strict=True)):
        documents, deletes = store.counts(index)
        bindings.append(
            BindingReport(
                name=each.name,
                documents=documents,
                deletes=deletes,
                checkpoints=each.checkpoints,
                requests=each.requests,
                retries=each.retries,
                rows=summary.rows,
                table=summary.name,
                at=each.at,
                status=each.status,
                freshness=each.freshness,
                note=_note(each.documents - documents - deletes, each.last_warning, summary.rows),
            )
        )
    verdict, reason = _verdict(session, watch, any(each.documents or each.rows for each in bindings))
    failed = reason == session.error and bool(session.logs)
    return Report(
        connector=target.name,
        verdict=verdict,
        reason=reason,
        seconds=session.seconds,
        exit_code=session.exit_code,
        db=store.path,
        state_file=choices.state,
        bindings=bindings,
        tables=tables,
        state=session.state,
        off=off,
        violations=[str(each) for each in session.violations],
        warnings=_warnings(watch.progress, reason),
        code=str(session.logs[-1].fields.get("code", "")) if failed else "",
    )


def _note(uncommitted: int, warning: str, rows: int) -> str:
    if warning:
        return warning if len(warning) <= 80 else warning[:79] + "…"
    if uncommitted:
        return f"{uncommitted:,} documents were not committed"
    return "" if rows else "no documents"


def _verdict(session: Session | AirbyteRead, watch: Watch, any_rows: bool) -> tuple[str, str]:
    """One word, and why it is not complete."""
    if session.violations:
        return (
            "failed",
            f"the connector broke the protocol ({len(session.violations)} times); the platform would stop it",
        )
    some = "partial" if any_rows else "failed"
    if watch.interrupted:
        return "partial", "interrupted; what was committed until then is in the tables"
    if session.exit_code:
        return some, session.error or f"the connector ended with exit code {session.exit_code}, without a word"
    return "complete", ""


def _warnings(progress: Progress, reason: str) -> list[str]:
    told = {text: count for text, count in progress.warnings.items() if text != reason}
    return [text if count == 1 else f"{text} ({count} times)" for text, count in told.items()]
