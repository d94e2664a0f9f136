"""Findings as SARIF 2.1.0, which code scanning shows at their lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any
from urllib.parse import quote

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog.checks._all import Report
from connector_sdk.catalog.checks._rules import question_of, told

__all__ = ["sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(report: Report, version: str) -> dict[str, Any]:
    """The log of one run: a rule for each that found something, a result for each finding.

    ``version`` is this SDK's. Fingerprints stay when lines move: they are made of rule, file and message.
    """
    rules = sorted({each.rule for each in report.findings})
    seen: Counter[str] = Counter()
    results = []
    for each in report.findings:
        mark = _mark(each)
        seen[mark] += 1
        results.append(_result(each, rules.index(each.rule), f"{mark}:{seen[mark]}"))
    run = {
        "tool": {
            "driver": {
                "name": "connector-sdk",
                "semanticVersion": version,
                "rules": [_rule(rule, report) for rule in rules],
            }
        },
        "automationDetails": {"id": "connector-sdk/check-all/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: str, report: Report) -> dict[str, Any]:
    found = [each for each in report.findings if each.rule == rule]
    about = told(rule, found)
    return {
        "id": rule,
        "name": "".join(part.capitalize() for part in rule.split("-")),
        "shortDescription": {"text": about},
        "help": {"text": next((each.hint for each in found if each.hint), about)},
        "defaultConfiguration": {"level": found[0].severity},
        "properties": {"tags": [question_of(rule)]},
    }


def _result(finding: Finding, index: int, mark: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.path or "."), "uriBaseId": "%SRCROOT%"}}
    if finding.line:
        physical["region"] = {"startLine": finding.line}
        if finding.column:
            physical["region"]["startColumn"] = finding.column
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": f"{finding.message} {_sentence(finding.hint)}".strip()},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"connectorSdkFinding/v1": mark},
    }


def _sentence(hint: str) -> str:
    """A hint as a sentence; one that begins with a command begins as it is typed."""
    if not hint:
        return ""
    first = hint.split()[0].rstrip(",;:")
    told = hint[0].upper() + hint[1:] if first.isalpha() else hint
    return f"{told}{'' if told[-1] in '.?!' else '.'}"


def _mark(finding: Finding) -> str:
    whole = "\0".join((finding.rule, finding.path, finding.message))
    return hashlib.sha256(whole.encode()).hexdigest()[:32]
