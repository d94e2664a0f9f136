"""What ``connector-sdk check-all`` does."""

from __future__ import annotations

import json as jsonlib
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from connector_sdk.catalog import checks
from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.cli._output import line, print_json
from connector_sdk.cli._problems import UsageProblemError

__all__ = ["Choices", "check_all"]


@dataclass(frozen=True)
class Choices:
    """The options of ``check-all``."""

    root: Path | None
    base: str | None
    today: datetime | None
    sarif: Path | None
    markdown: Path | None
    strict: bool
    json: bool


def check_all(choices: Choices) -> int:
    """Check a repository; 0 where nothing fails."""
    repository = Repository.find(choices.root)
    report = checks.look(repository, choices.base, choices.today.date() if choices.today else None)
    if choices.sarif:
        log = checks.sarif(report, version("estuary-connector-sdk"))
        _write(choices.sarif, jsonlib.dumps(log, indent=1, ensure_ascii=False) + "\n")
    if choices.markdown:
        _write(choices.markdown, checks.markdown(report, strict=choices.strict))
    clean = report.clean(strict=choices.strict)
    if choices.json:
        print_json(_as_json(report, clean))
    else:
        _print(report, clean)
    return 0 if clean else 1


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as wrong:
        raise UsageProblemError(f"{path} cannot be written: {wrong.strerror}.") from None


def _as_json(report: checks.Report, clean: bool) -> dict[str, object]:
    return {
        "clean": clean,
        "today": report.today.isoformat(),
        "base": report.base or None,
        "looked": report.looked,
        "checklist": [
            {"question": each.question.text, "holds": each.holds, "findings": each.findings}
            for each in report.checklist
        ],
        "findings": [each.as_json() for each in report.findings],
    }


def _print(report: checks.Report, clean: bool) -> None:
    for each in report.findings:
        print(line(_line(each)))
        if each.hint:
            print(f"    {line(each.hint)}")
    if report.findings:
        print()
    marks = {None: "-", True: "yes", False: "NO"}
    for answered in report.checklist:
        absent = f" (no {answered.question.needs} here)" if answered.holds is None else ""
        found = f" ({answered.findings} found)" if answered.findings else ""
        print(f"{marks[answered.holds]:>4}  {answered.question.text}{found}{absent}")
    print(f"\n{checks.summary(report)}: {'clean' if clean else 'not clean'}")


def _line(each: Finding) -> str:
    place = f"{each.place}: " if each.path else ""
    return f"{place}{each.severity}: {each.message} [{each.rule}]"
