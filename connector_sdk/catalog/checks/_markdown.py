"""Findings as a comment for a pull request: the review's checklist, then what was found."""

from __future__ import annotations

from collections.abc import Iterator

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog.checks._all import Answered, Report

__all__ = ["MARK", "markdown", "summary"]

MARK = "<!-- connector-sdk check-all -->"
"""The first line, by which a workflow finds its own comment again."""
_ROWS = 50  # a comment holds 65,536 characters
_TEXT = 400
_BY_HAND = (
    "The class of the data is right, and who may see them is settled.",
    "Somebody owns each connector and answers for it.",
    "No script moves data beside Flow that no request names.",
)


def markdown(report: Report, *, strict: bool = False) -> str:
    """The text of the comment; the same for the same findings."""
    return "\n".join(_lines(report, strict)) + "\n"


def _lines(report: Report, strict: bool) -> Iterator[str]:
    yield MARK
    yield f"### {'Clean' if report.clean(strict=strict) else 'Not yet'}: {_verdict(report)}"
    yield ""
    yield from (_ticked(each) for each in report.checklist)
    yield ""
    yield "For a person to tick:"
    yield ""
    yield from (f"- [ ] {each}" for each in _BY_HAND)
    if report.findings:
        yield ""
        yield "| | rule | where | what, and what to do |"
        yield "|---|---|---|---|"
        yield from (_row(each) for each in report.findings[:_ROWS])
        if len(report.findings) > _ROWS:
            yield f"\n... and {len(report.findings) - _ROWS} more: `connector-sdk check-all` shows all."
    yield ""
    compared = f", compared with `{_plain(report.base)}`" if report.base else ""
    yield f"Looked at {_looked(report)}{compared}, on {report.today}."


def summary(report: Report) -> str:
    """What was looked at and found, in a line."""
    return f"{_looked(report)}; {_verdict(report)}"


def _verdict(report: Report) -> str:
    counts = [_many(report.count(each), each) for each in ("error", "warning", "note")]
    return ", ".join(each for each in counts if not each.startswith("0 ")) or "nothing found"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _looked(report: Report) -> str:
    names = {"requests": "request", "entries": "entry", "flow files": "flow.yaml file"}
    several = {"entry": "entries"}
    told = []
    for key, name in names.items():
        number = report.looked[key]
        told.append(f"{number} {name if number == 1 else several.get(name, name + 's')}")
    if left := report.looked["flow files of tests"]:
        told.append(f"{left} below tests left out")
    return ", ".join(told)


def _ticked(each: Answered) -> str:
    if each.holds is None:
        return f"- {each.question.text} (no {each.question.needs} here)"
    found = f" ({each.findings} found)" if each.findings else ""
    return f"- [{'x' if each.holds else ' '}] {each.question.text}{found}"


def _row(each: Finding) -> str:
    hint = f"<br>{_plain(each.hint)}" if each.hint else ""
    return f"| {each.severity} | {_plain(each.rule)} | {_plain(each.place)} | {_plain(each.message)}{hint} |"


def _plain(text: str) -> str:
    """Text that is shown as it is: no markup, no mention of a person, no link to an issue."""
    short = " ".join(text.split())
    short = short if len(short) <= _TEXT else f"{short[: _TEXT - 1]}…"
    for character in "&<>":
        short = short.replace(character, {"&": "&amp;", "<": "&lt;", ">": "&gt;"}[character])
    return "".join(f"&#{ord(each)};" if each in "|`*_[]\\@#~!" else each for each in short)
