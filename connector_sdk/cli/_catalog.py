"""``connector-sdk catalog``: search, show, check, refresh."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.known import (
    Answer,
    Catalog,
    Listed,
    kind_of,
    load,
    nearest,
    parse_needs,
    raw,
    read_ours,
)
from connector_sdk.catalog.known import check as ask
from connector_sdk.catalog.known import search as find
from connector_sdk.cli._output import console, print_json, table
from connector_sdk.errors import CatalogUsageError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["check", "refresh", "search", "show"]

_FEW = 4  # so many are ruled out in one line
_MOST = 15  # candidates or hits on one screen; --json has all


def search(text: str, kind: str | None, data: Path | None, root: Path | None, json: bool) -> int:
    """List what is found."""
    catalog = _catalog(data, root)
    hits = find(catalog, text, kind=kind_of(kind) if kind else None)
    if json:
        found = [{**each.entry.as_json(), "found": {each.where: each.what}} for each in hits]
        print_json({"text": text, "catalog_version": catalog.version, "connectors": found})
        return 0 if hits else 1
    if not hits:
        near = nearest(catalog, text)
        sys.stderr.write(f"Nothing in the catalog of {catalog.as_of} holds {text!r}.\n")
        if near:
            sys.stderr.write(f"  hint: did you mean {', '.join(near)}?\n")
        return 1
    rows = table("", "connector", "title", "kind", "state", "tag", "found by")
    for each in hits[:_MOST]:
        entry = each.entry
        by = each.where if each.where == "name" else f"{each.where} {each.what}"
        rows.add_row(entry.name, entry.title, entry.kind, _state(entry), entry.tag or "", by)
    console().print(rows)
    if len(hits) > _MOST:
        print(f"{len(hits) - _MOST} more; --json has all.")
    return 0


def show(name: str, data: Path | None, root: Path | None, json: bool) -> int:
    """Print one connector; both, where there is one of ours of the same name."""
    catalog = _catalog(data, root)
    found = _named(catalog, name)
    if json:
        told = [_details(each) for each in found]
        print_json({**told[0], "catalog_version": catalog.version, **({"ours_too": told[1]} if told[1:] else {})})
        return 0
    out = console()
    for each in found:
        _print_one(out, each)
    return 0


def _named(catalog: Catalog, name: str) -> list[Listed]:
    image = name.partition("@")[0]
    image = image.rpartition(":")[0] if ":" in image.rpartition("/")[2] else image
    found = [each for each in catalog if each.name == name or (each.image and each.image == image)]
    if found:
        return found
    near = nearest(catalog, name)
    hint = f"did you mean {', '.join(near)}?" if near else "connector-sdk catalog check tells whether there is any"
    raise CatalogUsageError(f"There is no connector {name!r} in the catalog.", hint=hint)


def _details(entry: Listed) -> dict[str, object]:
    spec = entry.spec
    told: dict[str, object] = {**entry.as_json(), "aliases": list(entry.aliases), "notes": list(entry.notes)}
    told["detect"] = {name: list(getattr(entry.detect, name)) for name in entry.detect.__dataclass_fields__}
    if spec is not None:
        named = {name: getattr(spec, name) for name in spec.__dataclass_fields__}
        told["spec"] = {name: list(each) if isinstance(each, tuple) else each for name, each in named.items()}
    for name in ("streams_source", "last_code_change", "upstream_image", "licence", "request"):
        if getattr(entry, name) is not None:
            told[name] = getattr(entry, name)
    return told


def _print_one(out: Console, entry: Listed) -> None:
    spec = entry.spec
    lines = [
        ("title", entry.title),
        ("kind", f"{entry.kind}, {_state(entry)}"),
        ("image", entry.reference or "none: the endpoint of flow.yaml is dekaf" * (entry.family == "dekaf") or "none"),
        ("made of", entry.upstream_image or entry.variant_of or ""),
        ("documentation", entry.docs_url or ""),
        ("changed", entry.last_code_change or ""),
        ("logins", ", ".join(entry.auth_kinds or ())),
        ("config", _fields(spec.properties, spec.required) if spec else "" if entry.ours else "not known"),
        ("secrets", ", ".join(spec.secret_pointers) if spec else ""),
        ("resource", _fields(spec.resource_properties, spec.resource_required) if spec else ""),
        ("request", entry.request or ""),
        ("licence", entry.licence or ""),
        ("hosts", ", ".join(entry.detect.hosts)),
        ("also called", ", ".join(entry.aliases)),
    ]
    rows = table(entry.name + (" (ours)" if entry.ours else ""), "", "")
    rows.show_header = False
    for name, value in lines:
        if value:
            rows.add_row(name, value)
    out.print(rows)
    if entry.streams is not None:
        streams = table("", "stream", "key")
        for each in entry.streams:
            streams.add_row(each.name, ", ".join(each.key) if each.key is not None else "not known")
        out.print(streams)
    elif entry.kind == "capture":
        print("Its streams are not known: they depend on the account or the database.")
    for note in entry.notes:
        print(f"note: {note}")


def _fields(properties: Sequence[str], required: Sequence[str]) -> str:
    """The fields of a form; those that are required first, with a star."""
    return ", ".join([*(f"{each}*" for each in required), *(each for each in properties if each not in required)])


def check(
    query: str,
    kind: str | None,
    needs: str | None,
    excluding: Sequence[str],
    data: Path | None,
    root: Path | None,
    json: bool,
) -> int:
    """Answer, with the exit code of the answer."""
    answer = ask(_catalog(data, root), query, kind=kind, needs=parse_needs(needs or ""), excluding=excluding)
    if json:
        print_json(answer.as_json())
        return answer.exit_code
    head = str(answer.answer)
    if answer.entry is not None:
        head += f": {answer.entry.name}" + (f" ({answer.entry.reference})" if answer.entry.reference else "")
    print(head)
    print(answer.why)
    if answer.candidates:
        rows = table("", "connector", "title", "kind", "state", "tag")
        for each in answer.candidates[:_MOST]:
            rows.add_row(each.name, each.title, each.kind, _state(each), each.tag or "")
        console().print(rows)
        if len(answer.candidates) > _MOST:
            print(f"{len(answer.candidates) - _MOST} more; --json has all.")
    for gap in answer.gaps:
        print(f"gap: {gap.kind} {gap.what}".rstrip() + (f" ({gap.told})" if gap.told else ""))
    for gap in answer.unknown:
        print(f"not known: {gap.kind} {gap.what}".rstrip() + f" ({gap.told}); somebody has to look")
    for note in answer.notes:
        print(f"note: {note}")
    print(f"next: {_next(answer, excluding)}")
    return answer.exit_code


def _next(answer: Answer, excluding: Sequence[str]) -> str:
    """What to do with the answer, as a command where there is one."""
    entry, asked = answer.entry, shlex.quote(answer.query)
    match answer.answer:
        case "needs-choice" if len({each.kind for each in answer.candidates}) > 1:
            return f"connector-sdk catalog check {asked} --kind capture, or --kind materialization"
        case "needs-choice":
            named = [each.name for each in answer.candidates]
            take = f"take one, as in connector-sdk catalog check {named[0]}"
            if len(named) > _FEW:
                return f"{take}; --not NAME leaves out what it is not"
            nots = " ".join(f"--not {each}" for each in [*excluding, *named])
            kind = f" --kind {answer.kind}" if answer.kind else ""
            return f"{take}; if it is none of them: connector-sdk catalog check {asked}{kind} {nots}"
        case "gap":
            return f"use it without that, or ask: connector-sdk request new {asked}, which names the gap"
        case "request-custom" if answer.kind == "materialization":
            return "ask Estuary for it"
        case "request-custom":
            return f"connector-sdk request new {asked}"
        case _ if entry is not None and entry.reference and not entry.ours and entry.kind == "capture":
            return f"connector-sdk flow init {entry.reference}"
        case _:
            return f"connector-sdk catalog show {entry.name if entry is not None else asked}"


def refresh(source: Sequence[Path], output: Path | None, data: Path | None, check_only: bool, json: bool) -> int:
    """Write the catalog of two checkouts, and tell what changed against the one before."""
    from connector_sdk.catalog.known.refresh import changes, dump, find_checkouts
    from connector_sdk.catalog.known.refresh import refresh as make

    found = find_checkouts(source)
    before = raw(data)
    made = make(found.connectors, found.airbyte, before=before)
    told = changes(before, made)
    path = output or Path("estuary-catalog.json")
    if not check_only:
        try:
            path.write_text(dump(made), "utf-8")
        except OSError as wrong:
            raise CatalogUsageError(f"{path} cannot be written: {wrong.strerror}.") from None
    code = 1 if check_only and told else 0
    if json:
        print_json(
            {
                "changes": [each.as_json() for each in told],
                "connectors": len(made["connectors"]),
                "written": None if check_only else str(path),
                "provenance": made["provenance"],
            }
        )
        return code
    for what, several in groupby(told, lambda each: each.what):
        print(f"{what}:")
        for each in several:
            print(f"  {each.name}: {each.told}")
    commits = " and ".join(
        f"{each['repository']} at {(each['commit'] or 'no commit')[:8]}" for each in made["provenance"][:2]
    )
    print(f"{len(made['connectors'])} connectors of {commits}; {len(told) or 'no'} changes.")
    print("Nothing was written." if check_only else f"Written to {path}; use it with --data {path}.")
    return code


def _state(entry: Listed) -> str:
    state = f"{entry.lifecycle}, ours" if entry.ours else entry.lifecycle
    return f"{state}: {entry.replaced_by}" if entry.gone and entry.replaced_by else state


def _catalog(data: Path | None, root: Path | None) -> Catalog:
    """The catalog, with our own entries where there is a repository."""
    catalog = load(data)
    try:
        repository = Repository.find(root)
    except CatalogUsageError:
        if root is not None:
            raise
        return catalog
    return catalog.with_ours(read_ours(repository))
