"""``flow lint``: everything that can be said of a specification before flowctl sees it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.known import Catalog
from connector_sdk.catalog.specs._collections import check_collection
from connector_sdk.catalog.specs._configs import (
    check_config,
    check_local_secrets,
    check_resource,
    check_schedule,
    check_variables,
)
from connector_sdk.catalog.specs._facts import Facts, Known
from connector_sdk.catalog.specs._images import check_image, reference, right_name
from connector_sdk.catalog.specs._links import check_links, check_names
from connector_sdk.catalog.specs._plain import MISSING, Where, at, parts
from connector_sdk.catalog.specs._report import Report, Source
from connector_sdk.catalog.specs._shape import check_shape
from connector_sdk.catalog.specs._shown import plain_name
from connector_sdk.catalog.specs._tree import Tree, around, is_file, load_tree
from connector_sdk.errors import CatalogUsageError

__all__ = ["lint"]

_DELTA_ONLY = "materialize-s3-iceberg"


def lint(
    path: Path,
    repository: Repository | None,
    catalog: Catalog | None,
    *,
    publish: bool = False,
    allow: Collection[str] = (),
    latency: int = 0,
) -> list[Finding]:
    """What is wrong in a specification and in all that it imports, in the order of files and lines.

    ``publish`` makes errors of what is still to be filled in, local commands and images that Estuary does not know.
    Findings whose rules are in ``allow`` become notes. ``latency`` is what is promised of rows, in seconds; 0 is no
    promise. Raises CatalogUsageError where there is no such file.
    """
    if not is_file(path):
        raise CatalogUsageError(f"There is no file {path}.", hint="name a flow.yaml, or a folder that holds some")
    report = Report(repository, publish)
    tree = load_tree(path, report)
    known = Known(repository, catalog)
    for source in tree.sources:
        check_shape(source, report)
        for name, body in source.section("collections").items():
            check_collection(source, name, body, report)
            _check_misplaced(source, name, body, report, known)
        for kind in ("captures", "materializations"):
            for name, body in source.section(kind).items():
                _check_task(kind, source, name, body, tree, report, known, latency)
    check_names(tree, report)
    check_links(tree, around(tree, repository), report, catalog)
    found = [replace(each, severity="note") if each.rule in allow else each for each in report.findings]
    order = {report.name(each.path): index for index, each in enumerate(tree.sources)}
    return sorted(found, key=lambda each: (order.get(each.path, len(order)), each.path, each.line, each.column))


def _check_task(
    kind: str,
    source: Source,
    name: str,
    body: dict[str, Any],
    tree: Tree,
    report: Report,
    known: Known,
    latency: int,
) -> None:
    """A capture or a materialization: its image, its config, its bindings."""
    where: Where = (kind, name)
    facts = _check_endpoint(kind, source, where, body.get("endpoint"), report, known, latency)
    bindings = body.get("bindings")
    if bindings == [] and report.publish:
        report.add(
            "flow-placeholder", "error", source, (*where, "bindings"), f"{name} binds nothing.",
            "flowctl raw discover fills the bindings of a capture",
        )  # fmt: skip
    seen: dict[tuple[Any, ...], int] = {}
    for index, binding in enumerate(bindings if isinstance(bindings, list) else ()):
        if not isinstance(binding, dict):
            continue
        here = (*where, "bindings", index)
        check_variables(source, here, {each: binding.get(each) for each in ("target", "source")}, report)
        check_resource(source, (*here, "resource"), binding.get("resource"), facts, report)
        _check_twice(source, here, binding.get("resource"), facts, seen, report)
        if kind == "materializations":
            _check_delta(source, here, binding, facts, report)


def _check_endpoint(
    kind: str, source: Source, where: Where, endpoint: Any, report: Report, known: Known, latency: int
) -> Facts | None:
    if not isinstance(endpoint, dict):
        return None
    facts: Facts | None = None
    for form in ("connector", "local", "dekaf"):
        inside = endpoint.get(form)
        if not isinstance(inside, dict):
            continue
        here = (*where, "endpoint", form)
        if form == "connector" and isinstance(inside.get("image"), str):
            check_variables(source, (*here, "image"), inside["image"], report)
            facts = known.facts(
                *check_image(inside["image"], kind.removesuffix("s"), source, (*here, "image"), report, known)
            )
        elif form == "local":
            facts = _check_local(source, here, inside, report, known)
        if "config" in inside:
            _check_asked(source, (*here, "config"), report, known)
            found = check_config(source, (*here, "config"), inside["config"], facts, report)
            if found is not None and facts is not None and kind == "materializations":
                check_schedule(*found, facts, latency, report)
    return facts


def _check_asked(source: Source, where: Where, report: Report, known: Known) -> None:
    """Tell of connectors that did not answer, at the configs that could not be held against their schema."""
    for name, why in known.unreadable.items():
        report.add(
            "flow-config", "warning", source, where, f"{name} could not be asked for its spec: {why}.",
            "its config was not checked; connector-sdk spec CONNECTOR shows what is wrong",
        )  # fmt: skip
    known.unreadable.clear()


def _check_local(source: Source, here: Where, local: dict[str, Any], report: Report, known: Known) -> Facts | None:
    if report.publish:
        report.add(
            "flow-local", "error", source, here, "A local command runs on a developer's machine only.",
            "publish the file that names the image",
        )  # fmt: skip
    check_variables(source, (*here, "command"), local.get("command"), report)
    check_variables(source, (*here, "env"), local.get("env"), report)
    check_local_secrets(source, here, local, report)
    own = known.own_of_command(local.get("command"))
    return known.facts(None, own) if own is not None else None


def _check_twice(
    source: Source, here: Where, resource: Any, facts: Facts | None, seen: dict[tuple[Any, ...], int], report: Report
) -> None:
    """Tell of two bindings of one resource, by the places that identify one."""
    if facts is None or not facts.paths:
        return
    path = tuple(None if (found := at(resource, parts(each))) is MISSING else str(found) for each in facts.paths)
    if path in seen and any(each is not None for each in path):
        report.add(
            "flow-duplicate", "error", source, (*here, "resource"),
            f"{'/'.join(each or '' for each in path)} is bound twice: also in binding {seen[path] + 1}.", "keep one",
        )  # fmt: skip
    seen.setdefault(path, here[-1] if isinstance(here[-1], int) else 0)


def _check_delta(source: Source, here: Where, binding: Mapping[str, Any], facts: Facts | None, report: Report) -> None:
    resource = binding.get("resource")
    if not isinstance(resource, dict) or resource.get("delta_updates") is not True:
        return
    if facts is not None and facts.name == _DELTA_ONLY:
        return
    report.add(
        "flow-delta", "warning", source, (*here, "resource", "delta_updates"),
        "With delta_updates each change of a document is another row: edits and deletions do not reach earlier ones.",
        "leave it out, and rows are merged by key; it is right only for documents that never change",
    )  # fmt: skip


def _check_misplaced(source: Source, name: str, body: Mapping[str, Any], report: Report, known: Known) -> None:
    """Look into connectors that were written inside of a collection, so that all is told at once."""
    for word, kind in (("source", "capture"), ("destination", "materialization")):
        inside = body.get(word)
        connector = inside.get("connector") if isinstance(inside, dict) else None
        if not isinstance(connector, str) or not isinstance(inside, dict) or known.catalog is None:
            continue
        here: Where = ("collections", name, word)
        listed = known.catalog.get(connector)
        if listed is None:
            listed, message, hint = right_name(connector, kind, known.catalog)
            message = message or f"Estuary has no connector {plain_name(connector)}."
            report.add("flow-image", "error", source, (*here, "connector"), message, hint)
        else:
            hint = f"the image is {reference(listed)}"
            report.add("flow-image", "note", source, (*here, "connector"), f"{connector} is known.", hint)
        if "config" in inside:
            check_config(source, (*here, "config"), inside["config"], known.facts(listed, None), report)
