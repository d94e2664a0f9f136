"""What specifications say of each other: targets and sources that exist, collections that are filled and read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connector_sdk.catalog.known import Catalog
from connector_sdk.catalog.specs._images import reference
from connector_sdk.catalog.specs._plain import Where
from connector_sdk.catalog.specs._report import Report, Source
from connector_sdk.catalog.specs._shown import path_name
from connector_sdk.catalog.specs._tree import KINDS, Tree
from connector_sdk.errors import did_you_mean

__all__ = ["check_links", "check_names", "source_name"]

_DECLARED = re.compile(r"#\s*not materialized:\s*\S")


def source_name(source: Any) -> str:
    """The collection that a binding or a test step reads, written short or as an object; empty where it is neither."""
    found = source.get("name") if isinstance(source, dict) else source
    return found if isinstance(found, str) else ""


def check_names(tree: Tree, report: Report) -> None:
    """Tell of names without a tenant, names used twice, and what is to be deleted or reset."""
    first: dict[str, tuple[str, Source]] = {}
    for source in tree.sources:
        for kind in KINDS:
            for name, body in source.section(kind).items():
                where: Where = (kind, name)
                if "/" not in name:
                    report.add(
                        "flow-name", "error", source, where, f"{name} lacks the tenant that it belongs to.",
                        f"names begin with your tenant, as in acmeCo/{name}",
                    )  # fmt: skip
                if name in first:
                    other, at = first[name]
                    report.add(
                        "flow-duplicate", "error", source, where,
                        f"{name} is defined twice: also in {other}, in {report.name(at.path)}.",
                        "names are shared by captures, collections, materializations and tests",
                    )  # fmt: skip
                first.setdefault(name, (kind, source))
                for flag in ("delete", "reset"):
                    if body.get(flag) is True:
                        what = "removes it" if flag == "delete" else "starts it anew, and drops what it holds"
                        report.add(
                            "flow-removal", "error", source, (*where, flag), f"{flag}: true {what} when published.",
                            "where that is meant, say --allow flow-removal",
                        )  # fmt: skip
    _check_prefixes(first, report)


def _check_prefixes(first: Mapping[str, tuple[str, Source]], report: Report) -> None:
    for name, (kind, source) in first.items():
        steps = name.split("/")
        for length in range(1, len(steps)):
            above = "/".join(steps[:length])
            if above in first:
                report.add(
                    "flow-duplicate", "error", source, (kind, name),
                    f"{name} lies below {above}, a name in {first[above][0]}: Flow allows no name below another.",
                    f"call the other one {above}/NAME",
                )  # fmt: skip


def check_links(tree: Tree, wider: Tree, report: Report, catalog: Catalog | None) -> None:
    """Tell of targets and sources that are nowhere, and of collections that nothing fills or reads.

    ``wider`` holds all specifications of the repository, in which the others may be.
    """
    collections = tree.defined("collections")
    for source in tree.sources:
        for where, name in _targets(source):
            _exists(source, where, name, "target", collections, wider, report)
        for where, name in _sources(source):
            _exists(source, where, name, "source", collections, wider, report)
        _check_followed(source, tree, report)
    _check_use(collections, wider, report, catalog)


def _check_use(
    collections: Mapping[str, tuple[Source, dict[str, Any]]], wider: Tree, report: Report, catalog: Catalog | None
) -> None:
    """Tell of collections that stay empty, and of those that nobody gets to see."""
    filled = {name for each in wider.sources for _, name in _targets(each)}
    wanted = {name for each in wider.sources for _, name in _targets(each, disabled=False)}
    tasks = [body for each in wider.sources for body in each.section("materializations").values()]
    read = {source_name(each.get("source")) for body in tasks for _, each in _bindings(body)}
    followed = any(body.get("source") for body in tasks)  # a capture is followed, whatever it has
    unread: list[tuple[str, Source]] = []
    for name, (source, body) in collections.items():
        where: Where = ("collections", name)
        if name not in filled and "derive" not in body:
            report.add(
                "flow-unfilled", "warning", source, where, f"No capture writes to collection {name}: it stays empty.",
                _capture_for(name, body, catalog) or "bind it in a capture, or import the file that does",
            )  # fmt: skip
        elif name not in read and not followed and name in wanted and not _declared(source, where):
            unread.append((name, source))
    hint = "bind it in one (flow init --to), or write why not, behind its name: # not materialized: REASON"
    if len(unread) > 1 and not read:
        report.add(
            "flow-unread", "note", unread[0][1], ("collections",),
            f"No materialization reads the {len(unread)} collections that are captured.", hint,
        )  # fmt: skip
        return
    for name, source in unread:
        where = ("collections", name)
        report.add("flow-unread", "note", source, where, f"No materialization reads collection {name}.", hint)


def _targets(source: Source, disabled: bool = True) -> Iterator[tuple[Where, str]]:
    for name, body in source.section("captures").items():
        for index, binding in _bindings(body):
            if isinstance(binding.get("target"), str) and (disabled or binding.get("disable") is not True):
                yield ("captures", name, "bindings", index, "target"), binding["target"]


def _sources(source: Source) -> Iterator[tuple[Where, str]]:
    for name, body in source.section("materializations").items():
        for index, binding in _bindings(body):
            if source_name(binding.get("source")):
                yield ("materializations", name, "bindings", index, "source"), source_name(binding["source"])
    tests = source.data.get("tests") if isinstance(source.data, dict) else None
    for name, test in tests.items() if isinstance(tests, dict) else ():
        steps = test.get("steps") if isinstance(test, dict) else test
        for index, step in enumerate(steps if isinstance(steps, list) else ()):
            for verb, what in step.items() if isinstance(step, dict) else ():
                if isinstance(what, dict) and source_name(what.get("collection")):
                    inside: Where = ("steps", index) if isinstance(test, dict) else (index,)
                    yield ("tests", name, *inside, verb, "collection"), source_name(what["collection"])


def _bindings(body: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    bindings = body.get("bindings")
    for index, each in enumerate(bindings if isinstance(bindings, list) else ()):
        if isinstance(each, dict):
            yield index, each


def _exists(
    source: Source, where: Where, name: str, word: str, collections: Mapping[str, Any], wider: Tree, report: Report
) -> None:
    if name in collections:
        return
    elsewhere = wider.defined("collections").get(name)
    if elsewhere is not None:
        hint = f"{report.name(elsewhere[0].path)} defines it: import that file"
    else:
        hint = did_you_mean(name, list(wider.defined("collections"))) or "define it under collections, or import it"
    report.add(
        f"flow-{word}",
        "error",
        source,
        where,
        f"The {word} {path_name(name)} is no collection that is defined here.",
        hint,
    )


def _check_followed(source: Source, tree: Tree, report: Report) -> None:
    captures = tree.defined("captures")
    for name, body in source.section("materializations").items():
        followed = body.get("source")
        capture = followed.get("capture") if isinstance(followed, dict) else followed
        if isinstance(capture, str) and capture not in captures:
            report.add(
                "flow-source", "error", source, ("materializations", name, "source"),
                f"The capture {path_name(capture)} that it follows is not defined here.",
                did_you_mean(capture, list(captures)) if captures else "import the file that defines it",
            )  # fmt: skip


def _declared(source: Source, where: Where) -> bool:
    """Whether a comment at the collection says why nothing reads it."""
    line, column = source.document.place(*where)
    try:
        lines = source.path.read_text("utf-8").splitlines()
    except OSError:
        return False
    end = next(
        (
            at
            for at in range(line, len(lines))
            if lines[at].strip() and len(lines[at]) - len(lines[at].lstrip()) < column
        ),
        len(lines),
    )
    return any(_DECLARED.search(each) for each in lines[max(line - 2, 0) : end])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _capture_for(name: str, body: Mapping[str, Any], catalog: Catalog | None) -> str:
    """A connector of the catalog that captures what a collection's name tells of, with its key where that differs."""
    words = set(re.split(r"[^a-z0-9]+", name.rpartition("/")[2].lower()))
    for each in catalog.connectors if catalog is not None else ():
        if each.kind != "capture" or each.lifecycle != "active" or not words & set(each.aliases):
            continue
        stream = next((found for found in each.streams or () if found.name in words), None)
        if stream is None:
            continue
        key = list(stream.key or ())
        with_key = f" with the key {', '.join(key)}" if key else ""
        told = f"{reference(each)} captures {stream.name}{with_key}"
        differs = key and body.get("key") and key != body["key"]
        return f"{told}{', not ' + ', '.join(map(str, body['key'])) if differs else ''}: flow init {each.name}"
    return ""
