"""What ``entry sync``, ``entry validate`` and ``entry pack`` do and print."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connector_sdk.cli._output import console, line, print_json
from connector_sdk.cli._problems import UsageProblemError
from connector_sdk.cli._signals import ended_by_signals
from connector_sdk.errors import did_you_mean

if TYPE_CHECKING:
    from connector_sdk.catalog._findings import Finding
    from connector_sdk.catalog._repository import Repository

__all__ = ["Evidence", "pack", "schema", "sync", "validate"]

_KINDS = ("added", "changed", "fixed", "removed", "security")
_SHOWN = 8


@dataclass(frozen=True)
class Evidence:
    """What ``sync`` is told to note, as it was typed."""

    report: Path | None
    prove: bool
    image: Path | None
    changes: tuple[str, ...]


def sync(evidence: Evidence, name: str, check: bool, root: Path | None, json: bool) -> int:
    """Sync one entry, or all; 1 where ``check`` finds one that would be another."""
    from connector_sdk.catalog import entries

    changes = _checked(evidence, name, check)
    repository = _repository(root)
    told = []
    for each in [name] if name else _names(repository):
        if evidence.prove and not json:
            sys.stderr.write(f"proving {each} ...\n")
        with ended_by_signals():
            done = entries.sync(
                repository, each, report=evidence.report, prove=evidence.prove, image=evidence.image, changes=changes,
                check=check,
            )  # fmt: skip
        told.append({"name": each, "path": repository.relative(done.path), "changed": done.changed,
                     "differences": list(done.differences)})  # fmt: skip
    stale = check and any(each["changed"] for each in told)
    if json:
        print_json({"ok": not stale, "entries": told})
        return 1 if stale else 0
    out = console()
    for row in told:
        places = list(row["differences"]) if isinstance(row["differences"], list) else []
        more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        word = "unchanged" if not places else "would change" if check else "written"
        out.print(f"{word}: {row['path']}{': ' if places else ''}{', '.join(places[:_SHOWN])}{more}", soft_wrap=True)
    if stale:
        out.print("connector-sdk entry sync writes them; commit what it wrote")
    return 1 if stale else 0


def validate(name: str, base: str | None, image: Path | None, root: Path | None, json: bool) -> int:
    """Check one entry, or all; 1 where one has an error."""
    from connector_sdk.catalog import entries

    if image is not None and not name:
        raise UsageProblemError("--image is about one connector.", hint="name it: entry validate NAME --image FILE")
    repository = _repository(root)
    entry = entries.entry_named(repository, name) if name else None
    findings = entries.check_entries(repository, base, names=[name] if name else [])
    if image is not None and entry is not None:
        findings += entries.check_image(repository, entry, entries.read_image(image))
    names = [name] if name else _names(repository)
    failed = any(each.severity == "error" for each in findings)
    if json:
        print_json({"ok": not failed, "entries": names, "findings": [each.as_json() for each in findings]})
    else:
        _tell(findings)
        words = "right" if not failed else "not right"
        console().print(f"{len(names)} {'entry is' if len(names) == 1 else 'entries are'} {words}")
    return 1 if failed else 0


def pack(name: str, output: Path, image: Path | None, root: Path | None, json: bool) -> int:
    """Write the pack, and tell what is in it."""
    from connector_sdk.catalog import entries

    found = entries.read_image(image) if image is not None else None
    with ended_by_signals():
        files = entries.pack(_repository(root), name, output, image=found)
    if json:
        print_json({"name": name, "folder": str(output), "files": [each.name for each in files]})
        return 0
    console().print(f"written: {output}, with {', '.join(each.name for each in files)}", soft_wrap=True)
    console().print(f"{output / 'README.md'} says what to do with it; nothing was sent to anybody", soft_wrap=True)
    return 0


def schema() -> int:
    """Print the schema."""
    from connector_sdk.catalog.entries import entry_schema

    print_json(entry_schema())
    return 0


def _checked(evidence: Evidence, name: str, check: bool) -> list[tuple[str, str]]:
    """The changes. Raises UsageProblemError for options that do not go together."""
    if (evidence.report or evidence.image) and not name:
        raise UsageProblemError(
            "--report and --image are of one connector.", hint="name it: entry sync NAME --report FILE"
        )
    if evidence.report and evidence.prove:
        raise UsageProblemError("--report and --prove exclude each other.", hint="--prove makes a report of its own")
    if check and (evidence.prove or evidence.report or evidence.image):
        raise UsageProblemError("--check writes nothing, so it notes nothing.", hint="leave one of them out")
    if evidence.changes and not evidence.image:
        raise UsageProblemError("--change is about a release.", hint="name what was built with --image FILE")
    changes = []
    for each in evidence.changes:
        kind, colon, what = (part.strip() for part in each.partition(":"))
        if not colon or not what or kind not in _KINDS:
            raise UsageProblemError(f"--change {each!r} is no KIND:TEXT.", hint=did_you_mean(kind, _KINDS))
        changes.append((kind, what))
    return changes


def _tell(findings: Iterable[Finding]) -> None:
    out = console()
    for each in findings:
        out.print(line(f"{each.place}: {each.severity}: {each.message} [{each.rule}]"), soft_wrap=True)
        if each.hint:
            out.print(f"  hint: {line(each.hint)}", soft_wrap=True)


def _repository(root: Path | None) -> Repository:
    from connector_sdk.catalog._repository import Repository

    return Repository.find(root)


def _names(repository: Repository) -> list[str]:
    from connector_sdk.catalog.entries import entry_files

    return [each.stem for each in entry_files(repository)]
