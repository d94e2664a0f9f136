"""What a preview says at its end."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.cli._output import table
from connector_sdk.cli._preview._store import TableSummary

__all__ = ["BindingReport", "Report", "render"]

_STATE_LINES = 20
_CELL = 40


@dataclass
class BindingReport:
    """One binding: counts of this run, and its table after it."""

    name: str
    documents: int
    deletes: int
    checkpoints: int
    requests: int | None
    retries: int | None
    rows: int
    table: str
    at: str
    status: str
    freshness: tuple[float, float] | None
    note: str


@dataclass
class Report:
    """Everything a preview found; ``verdict`` is complete, partial or failed. ``off``: streams that are off by default
    and were not taken."""

    connector: str
    verdict: str
    reason: str
    seconds: float
    exit_code: int | None
    db: Path
    state_file: Path | None
    bindings: list[BindingReport]
    tables: list[TableSummary]
    state: dict[str, Any] | list[dict[str, Any]]
    violations: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    off: list[str] = field(default_factory=list)
    code: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look at: the capture failed, and no table holds a row."""
        return self.verdict == "failed" and not any(each.rows for each in self.tables)

    def as_json(self) -> dict[str, Any]:
        """The report as ``--json`` prints it."""
        return {
            "connector": self.connector,
            "verdict": self.verdict,
            "reason": self.reason,
            "code": self.code,
            "seconds": round(self.seconds, 3),
            "exitCode": self.exit_code,
            "db": str(self.db),
            "stateFile": None if self.state_file is None else str(self.state_file),
            "bindings": [dict(vars(each)) for each in self.bindings],
            "violations": self.violations,
            "warnings": self.warnings,
            "off": self.off,
            "state": self.state,
        }


def render(report: Report, out: Any) -> None:
    """The report for a person: counts, a few rows, the state, where the rows are, and the verdict."""
    out.print(_counts(report))
    if report.off:
        names = f"{', '.join(report.off)}; to take them, name them: --streams {','.join(report.off)}"
        out.print(f"off by default: {names}\n", soft_wrap=True)
    for each in report.tables:
        if each.few:
            out.print(each.name)
            out.print(_rows(each))
    for title, lines in (("violations of the protocol", report.violations), ("warnings", report.warnings)):
        if lines:
            out.print(f"{title}:")
            for line in lines[:10]:
                out.print(f"  {line}", soft_wrap=True)
            if len(lines) > 10:
                out.print(f"  ... and {len(lines) - 10} more")
            out.print()
    if not report.empty:
        _print_state(report, out)
    if report.code:
        out.print(f"more: connector-sdk explain {report.code}")
    out.print(f"{report.verdict}: {report.reason}" if report.reason else report.verdict, soft_wrap=True)


def _print_state(report: Report, out: Any) -> None:
    out.print("state" + (f" (in {report.state_file}):" if report.state_file else ":"), soft_wrap=True)
    out.print(
        _shortened(report.state, _STATE_LINES if report.verdict == "complete" else _STATE_LINES // 3), soft_wrap=True
    )
    out.print()
    name = next((each.name for each in report.tables if each.rows), report.tables[0].name if report.tables else "")
    query = f"select * from {name if name.isidentifier() else json.dumps(name)} limit 5"
    out.print(f"rows are in {report.db}; to look at them:", soft_wrap=True)
    out.print(
        f"""  {_python()} -c 'import duckdb; duckdb.connect("{report.db}").sql("""
        f'''"""{query}""").show()\'''',
        soft_wrap=True,
    )
    out.print()


def _python() -> str:
    """This interpreter, as it can be typed here: the one that has DuckDB."""
    path = Path(sys.executable)
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _counts(report: Report) -> Any:
    numbers = ("documents", "deletes", "checkpoints", "requests", "retries", "rows in table")
    fresh = ("fresh after (worst)",) if any(each.freshness for each in report.bindings) else ()
    rows = table("", "stream", *numbers, *fresh, "note", right=(*numbers, *fresh))
    for each in report.bindings:
        counts = (each.documents, each.deletes, each.checkpoints, each.requests, each.retries, each.rows)
        told = [_seconds(each.freshness)] if fresh else []
        rows.add_row(each.name, *("" if count is None else f"{count:,}" for count in counts), *told, each.note)
    return rows


def _seconds(freshness: tuple[float, float] | None) -> str:
    return "" if freshness is None else f"{freshness[0]:,.1f} s ({freshness[1]:,.1f} s)"


def _rows(summary: TableSummary) -> Any:
    rows = table("", *summary.columns)
    for row in summary.few:
        rows.add_row(*(_cell(value) for value in row))
    return rows


def _cell(value: Any) -> str:
    text = "" if value is None else str(value).replace("\n", " ")
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def _shortened(state: Any, most: int) -> str:
    lines = json.dumps(state, indent=2, ensure_ascii=False).splitlines()
    if len(lines) > most:
        lines = [*lines[:most], f"  ... {len(lines) - most} more lines"]
    return "\n".join(line if len(line) <= 110 else line[:109] + "…" for line in lines)
