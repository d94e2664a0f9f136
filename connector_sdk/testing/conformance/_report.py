"""A run's report as files: JUnit XML for CI, and one page of HTML for people."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby

from connector_sdk.testing.conformance._check import Outcome
from connector_sdk.testing.conformance._run import Report

__all__ = ["as_html", "as_junit"]

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --dim: .68; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .3rem; text-transform: capitalize; }
.sum { margin: .3rem 0 1rem; } .dim { opacity: var(--dim); }
details { border-top: 1px solid var(--line); } details:last-of-type { border-bottom: 1px solid var(--line); }
summary { display: grid; grid-template-columns: 8.5rem 17rem 1fr 4rem; gap: .8rem;
padding: .45rem .2rem; cursor: pointer; }
summary:focus-visible { outline: 2px solid currentColor; }
summary span:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.passed { color: light-dark(#18794e, #4cc38a); } .failed { color: light-dark(#b42318, #ff8b7e); font-weight: 600; }
.not { color: light-dark(#8a5a00, #e2b34d); }
.in { padding: 0 .2rem 1rem 9.5rem; overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { text-align: right; padding: .1rem .8rem; }
th { font-weight: 600; opacity: var(--dim); } pre { font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere;
border-left: 3px solid var(--line); padding-left: .8rem; }
@media (max-width: 50rem) { summary { grid-template-columns: 1fr; gap: 0; } .in { padding-left: .2rem; } }
"""
_COLUMNS = ("documents", "checkpoints", "requests", "seconds", "memory", "exit")
_MOST = 60


def as_junit(report: Report) -> str:
    """The report as JUnit XML: a test suite a group, a test case a check; what was not exercised is skipped."""
    root = ElementTree.Element("testsuites", name=report.connector, time=f"{report.seconds:.2f}")
    for group, found in groupby(report.outcomes, key=lambda each: each.group):
        outcomes = list(found)
        suite = ElementTree.SubElement(
            root, "testsuite", name=f"{report.connector}.{group}", tests=str(len(outcomes)),
            failures=str(sum(each.status == "failed" for each in outcomes)),
            skipped=str(sum(each.status == "not exercised" for each in outcomes)),
        )  # fmt: skip
        for each in outcomes:
            case = ElementTree.SubElement(
                suite, "testcase", classname=f"{report.connector}.{group}", name=each.check, time=f"{each.seconds:.2f}"
            )
            if each.status == "failed":
                failure = ElementTree.SubElement(case, "failure", message=_xml(each.told))
                failure.text = _xml("\n".join([each.why, *_conversation(each)]))
            elif each.status == "not exercised":
                ElementTree.SubElement(case, "skipped", message=f"not exercised: {_xml(each.told)}")
            else:
                ElementTree.SubElement(case, "system-out").text = _xml(each.told)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def as_html(report: Report) -> str:
    """The report as one page that needs nothing else: each check with why it matters, what was seen, its sessions, and
    of a failed one the conversation."""
    words = ", ".join(f"{report.count(status)} {status}" for status in ("passed", "failed", "not exercised"))
    verdict = "conforms" if report.passed else "does not conform"
    parts = [
        "<!doctype html>", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(report.connector)} {verdict}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_text(report.connector)} {verdict}</h1>",
        f'<p class="sum">{words}, in {report.seconds:.0f} s. <span class="dim">'
        f"{datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC, "
        f"connector_sdk {_version()}</span></p>",
    ]  # fmt: skip
    for group, outcomes in groupby(report.outcomes, key=lambda each: each.group):
        parts.append(f"<h2>{_text(group)}</h2>")
        parts += [_check(each) for each in outcomes]
    return "\n".join([*parts, "</body></html>", ""])


def _check(each: Outcome) -> str:
    mark = each.status.partition(" ")[0]
    head = (
        f'<span class="{mark}">{each.status}</span><span>{_text(each.check)}</span>'
        f"<span>{_text(each.told[:300])}</span><span>{each.seconds:.1f} s</span>"
    )
    body = [f"<p>{_text(each.why)} <span class='dim'>{_text(', '.join(each.rules))}</span></p>"]
    if len(each.told) > 300:
        body.append(f"<p>{_text(each.told)}</p>")
    body.append(_sessions(each))
    lines = _conversation(each)
    if lines:
        body.append(f"<pre>{_text(chr(10).join(lines))}</pre>")
    opened = " open" if each.status == "failed" else ""
    return f"<details{opened}><summary>{head}</summary><div class='in'>{''.join(body)}</div></details>"


def _sessions(each: Outcome) -> str:
    sessions = [row for row in each.seen if "exit" in row]
    if not sessions:
        return ""
    rows = [
        "<tr>" + "".join(f"<td>{_cell(row, name)}</td>" for name in _COLUMNS) + "</tr>" for row in sessions[:_MOST]
    ]  # fmt: skip
    more = f"<p class='dim'>and {len(sessions) - _MOST} more sessions</p>" if len(sessions) > _MOST else ""
    head = "".join(f"<th>{name}</th>" for name in (*_COLUMNS[:-2], "MiB", "ended"))
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>{more}"


def _cell(row: dict[str, object], name: str) -> str:
    if name == "exit":
        return "killed" if row["killed"] else f"exit {row['exit']}"
    return f"{row[name]:,}"


def _conversation(each: Outcome) -> list[str]:
    if each.status != "failed":
        return []
    found = next((row for row in reversed(each.seen) if "conversation" in row), None)
    if found is None:
        return []
    requests = [f"  {line}" for line in found["requests"][-20:]]
    return ["the last lines:", *found["conversation"], *(["the last requests:", *requests] if requests else [])]


def _text(value: str) -> str:
    return html.escape(value, quote=True)


def _xml(value: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in value)


def _version() -> str:
    try:
        return version("estuary-connector-sdk")
    except PackageNotFoundError:
        return ""
