"""``connector-sdk test``: the conformance kit, told as a table."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from connector_sdk.cli._connector import Target, find_connector
from connector_sdk.cli._output import console, print_json, table
from connector_sdk.cli._problems import UsageProblemError, image_usage

if TYPE_CHECKING:
    from connector_sdk.testing.conformance import Check, Outcome, Report, Subject

__all__ = ["Choices", "list_checks", "test"]

_WIDE = 110
_IMAGE = "image:"


@dataclass(frozen=True)
class Choices:
    """What the command line says."""

    connector: str
    folder: Path | None
    quick: bool
    only: str | None
    jobs: int | None
    seed: int
    json: bool
    junit: Path | None
    html: Path | None
    memory: str


def test(choices: Choices) -> int:
    """Try the checks and tell what came of them; 1 where one failed, or nothing could be proved."""
    checks = _checks(choices)
    for file in filter(None, (choices.junit, choices.html)):
        if not file.parent.is_dir():
            raise UsageProblemError(f"There is no folder {file.parent} for {file.name}.", hint="make it first")
    with _subject(choices) as subject:
        return _test(subject, checks, choices)


def _test(subject: Subject, checks: list[Check], choices: Choices) -> int:
    from connector_sdk.testing.conformance import run

    progress = console(sys.stderr)

    def told(outcome: Outcome) -> None:
        if not choices.json:
            progress.print(f"{outcome.status:>13}  {outcome.check} ({outcome.seconds:.1f} s)")

    report = run(subject, checks, quick=choices.quick, jobs=choices.jobs, seed=choices.seed, told=told)
    _write(report, choices)
    if choices.json:
        print_json(report.as_json())
    else:
        _tell(report)
    return 0 if report.passed else 1


def list_checks(json: bool) -> int:
    """Print every check, with why it matters."""
    from connector_sdk.testing.conformance import chosen

    if json:
        print_json({"checks": [{"check": each.name, "group": each.group, "why": each.why, "rules": list(each.rules),
                                "quick": each.quick} for each in chosen()]})  # fmt: skip
        return 0
    rows = table("", "check", "quick", "why it matters", "rules")
    for each in chosen():
        rows.add_row(each.name, "yes" if each.quick else "", each.why, ", ".join(each.rules))
    console().print(rows)
    return 0


@contextmanager
def _subject(choices: Choices) -> Iterator[Subject]:
    from connector_sdk.testing.conformance import Subject

    image = choices.connector.removeprefix(_IMAGE) if choices.connector.startswith(_IMAGE) else ""
    if image and choices.folder is None:
        raise UsageProblemError(
            f"Of the image {image} nobody knows the sandbox.",
            hint="name the connector's folder too: --connector connectors/source-gong",
        )
    target: Target = find_connector(str(choices.folder) if image else choices.connector)
    folder = (choices.folder or target.folder).resolve()
    if not (folder / "sandbox.py").is_file():
        raise UsageProblemError(
            f"{target.name} cannot be tested: there is no {folder / 'sandbox.py'}.",
            hint="write a sandbox.py with a function sandbox(): checks need a source that they can spoil",
        )
    if not image:
        yield Subject(target.name, (sys.executable, "-m", target.module), folder, target.module)
        return
    from connector_sdk.images import attached, required

    with TemporaryDirectory(prefix="connector-sdk-") as files:
        Path(files).chmod(0o755)  # containers run as another user
        with image_usage():
            argv = tuple(attached(image, memory=choices.memory, volumes=[f"{files}:{files}:ro"]))
            sealed = tuple(attached(image, memory=choices.memory, network="none"))
            required(image)
        yield Subject(
            f"{target.name} in {image}", argv, folder, target.module, sealed=sealed, memory=choices.memory,
            files=Path(files),
        )  # fmt: skip


def _checks(choices: Choices) -> list[Check]:
    from connector_sdk.testing.conformance import chosen

    names = [each.strip() for each in (choices.only or "").split(",") if each.strip()]
    try:
        return chosen(names, quick=choices.quick)
    except ValueError as wrong:
        raise UsageProblemError(str(wrong), hint="connector-sdk test --list shows all") from None


def _write(report: Report, choices: Choices) -> None:
    from connector_sdk.testing.conformance import as_html, as_junit

    if choices.junit is not None:
        choices.junit.write_text(as_junit(report), "utf-8")
    if choices.html is not None:
        choices.html.write_text(as_html(report), "utf-8")


def _tell(report: Report) -> None:
    out = console()
    rows: Any = table("", "check", "", "what was seen", "s", right=("s",))
    group = ""
    for each in report.outcomes:
        if each.group != group:
            group = each.group
            rows.add_section()
        told = each.told if len(each.told) <= _WIDE or each.status == "failed" else f"{each.told[: _WIDE - 3]}..."
        rows.add_row(each.check, each.status, told, f"{each.seconds:.1f}")
    out.print(rows)
    for each in report.failed:
        out.print(f"\n{each.check} failed: {each.told}")
        out.print(f"  why it matters: {each.why} ({', '.join(each.rules)})")
    counts = ", ".join(f"{report.count(status)} {status}" for status in ("passed", "failed", "not exercised"))
    verdict = "conforms" if report.passed else "does not conform"
    out.print(f"\n{report.connector} {verdict}: {counts}, in {report.seconds:.0f} s")
    if not report.passed and not report.failed:
        out.print("nothing was proved: no check could be exercised")
