"""``flow init``: the files of a capture, written new, or added to what is there without touching what a person changed.

::

    flow.yaml                    the capture with its image, its collections, materializations
    NAME.local.flow.yaml         the same capture by a command, for development
    NAME/config.yaml             the config: a file of its own, since sops encrypts whole files
    NAME/STREAM.schema.yaml      a schema each, so that a change of one is a diff of one
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connector_sdk.catalog.specs._bindings import bind, collect, named
from connector_sdk.catalog.specs._destinations import DESTINATIONS
from connector_sdk.catalog.specs._edit import Fresh, Text
from connector_sdk.catalog.specs._facts import image_parts
from connector_sdk.catalog.specs._images import image_name
from connector_sdk.catalog.specs._known import Catalog
from connector_sdk.catalog.specs._materialize import materialize
from connector_sdk.catalog.specs._owned import read_text
from connector_sdk.catalog.specs._plain import Where, at
from connector_sdk.catalog.specs._report import Report
from connector_sdk.catalog.specs._secrets import missing_text
from connector_sdk.catalog.specs._tree import Tree, load_tree
from connector_sdk.catalog.specs._wanted import Stream, Wanted, safe_name
from connector_sdk.catalog.specs._work import SHORT, Done, Work, sound
from connector_sdk.errors import CatalogUsageError, FlowSpecError, did_you_mean

__all__ = ["Done", "init"]

_NAME = re.compile(r"[\w\-.]+(/[\w\-.]+)*")
_HEADER = """\
# {title} into Flow. Run flow init again when the connector has changed: it adds what is new, and keeps your names,
# flags, counters, choices of fields and comments. A stream is left out by disable: true.
"""
_LOCAL = """\
# For development: the same capture by a command{place}.
# Its bindings are added from flow.yaml; what you change here stays. It cannot be published.
"""


def init(
    wanted: Wanted,
    folder: Path,
    *,
    prefix: str = "",
    to: Sequence[str] = (),
    catalog: Catalog | None = None,
    check: bool = False,
) -> Done:
    """Write a capture's files into a folder, or bring them up to date; the same again changes no byte.

    ``prefix`` is what the names begin with, such as ``acmeCo/gong/``; without it, that of the capture that is there.
    ``to`` names materializations to add (``DESTINATIONS``). With ``check`` nothing is written; ``written`` tells what
    would be. Raises CatalogUsageError for names that make no sense, FlowSpecError for files that cannot be read,
    merged or written; then nothing was written.
    """
    for each in to:
        if each not in DESTINATIONS:
            raise CatalogUsageError(f"--to knows no {each!r}.", hint=did_you_mean(each, DESTINATIONS))
    work = Work(wanted, folder, _prefix(prefix))
    text = read_text(work.flow)
    tree = _tree(work.flow) if text is not None else Tree()
    name = _capture_name(work, tree)
    work.done.capture = name
    work.prefix = work.prefix or name[: len(name) - len(name.rpartition("/")[2])]
    work.own = _own(work, tree, name)
    flow: Fresh | Text = Fresh(_HEADER.format(title=wanted.title), work.flow)
    if text is not None:
        flow = sound(Text(text, work.flow))
    _capture(work, flow, name, tree)
    for each in to:
        materialize(work, flow, name, DESTINATIONS[each], catalog)
    work.texts[work.flow] = flow.text
    work.add_schemas(flow.data)
    if at(flow.data, ("captures", name, "endpoint", "connector", "config")) == work.config:
        work.add_config(work.config, wanted.config, wanted.title, wanted.docs)
    if wanted.command:
        _local(work, flow.data, name)
    work.finish(check)
    return work.done


def _prefix(text: str) -> str:
    if not text:
        return ""
    name = text.rstrip("/")
    if not _NAME.fullmatch(name):
        raise CatalogUsageError(
            f"{text!r} cannot begin a name.", hint="--prefix acmeCo/gong/: your tenant first, then what you like"
        )
    return f"{name}/"


def _tree(path: Path) -> Tree:
    """What is there already. Raises FlowSpecError where it, or what it imports, cannot be read."""
    report = Report(None)
    tree = load_tree(path, report)
    wrong = next((each for each in report.findings if each.rule == "flow-yaml"), None)
    if wrong is not None:
        raise FlowSpecError(f"{wrong.path}, line {wrong.line}: {wrong.message}", hint="correct it, and run this again")
    return tree


def _capture_name(work: Work, tree: Tree) -> str:
    """The name of the capture: that of the prefix, or the one of this connector that is there."""
    if work.prefix:
        return f"{work.prefix}{safe_name(work.wanted.name)}"
    found = [name for name, (_, body) in tree.defined("captures").items() if _runs(body, work.wanted, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise CatalogUsageError(
            f"{work.flow} has {len(found)} captures by {work.wanted.name}.",
            hint=f"say which, by --prefix: {', '.join(each.rpartition('/')[0] + '/' for each in found)}",
        )
    raise CatalogUsageError(
        "The names need a beginning.", hint="--prefix acmeCo/gong/: your tenant first, then what you like"
    )


def _runs(body: Mapping[str, Any], wanted: Wanted, name: str) -> bool:
    return wanted.name in (image_name(body), name.rpartition("/")[2])


def _own(work: Work, tree: Tree, name: str) -> str:
    """The folder of the capture's own files: the one that it has, or one that no other capture has."""
    folders = {
        each: found.removesuffix("/config.yaml")
        for each, (_, body) in tree.defined("captures").items()
        if isinstance(found := at(body, ("endpoint", "connector", "config")), str) and found.endswith("/config.yaml")
    }
    if name in folders:
        return folders[name]
    plain = safe_name(work.wanted.name)
    taken = {folder for each, folder in folders.items() if each != name}
    return plain if plain not in taken else f"{plain}-{work.prefix.rstrip('/').rpartition('/')[2]}"


def _capture(work: Work, flow: Fresh | Text, name: str, tree: Tree) -> None:
    """The capture in flow.yaml and its collections."""
    wanted = work.wanted
    data = flow.data or {}
    captures = data.get("captures") or {}
    if name not in captures:
        if name in tree.defined("captures"):
            where = tree.defined("captures")[name][0].path
            raise FlowSpecError(f"{name} is defined in {where}, which flow.yaml imports.", hint="run flow init there")
        image = wanted.image or wanted.first or missing_text(f"REGISTRY/{wanted.name}:TAG")
        body = {"endpoint": {"connector": {"image": image, "config": work.config}}, "bindings": []}
        flow.add(("captures",), {name: body}, SHORT)
        captures = (flow.data or {})["captures"]
    elif wanted.image:
        _image(work, flow, ("captures", name), captures[name])
    bound = bind(work, flow, name, captures, named)
    collect(work, flow, bound, tree)


def _image(work: Work, flow: Fresh | Text, where: Where, body: Mapping[str, Any]) -> None:
    there = at(body, ("endpoint", "connector", "image"))
    if isinstance(there, str) and there != work.wanted.image:
        if work.wanted.official and image_parts(there)[0] == image_parts(work.wanted.image)[0]:
            work.tell(f"the image is {there}; the catalog knows {work.wanted.image}")
            return
        flow.set((*where, "endpoint", "connector", "image"), work.wanted.image)
        work.tell(f"the image was {there}; it is {work.wanted.image} now")


def _local(work: Work, data: Mapping[str, Any], name: str) -> None:
    """The file for development, with the bindings and collections of flow.yaml."""
    wanted = work.wanted
    work.done.local = path = work.local
    there = read_text(path)
    place = ", when flowctl is started in the repository's root" if wanted.env else ", where its package is installed"
    text = Fresh(_LOCAL.format(place=place), path) if there is None else sound(Text(there, path))
    imports = data.get("import")
    if there is None and imports:
        text.add(("import",), list(imports))
    captures = (text.data or {}).get("captures") or {}
    if name not in captures:
        local: dict[str, Any] = {"command": list(wanted.command)}
        if wanted.env:
            local["env"] = dict(wanted.env)
        local["config"] = work.config
        text.add(("captures",), {name: {"endpoint": {"local": local}, "bindings": []}}, SHORT)
        captures = text.data["captures"]
    like = {wanted.path_of(each.get("resource")): each for each in data["captures"][name].get("bindings") or []}

    def as_there(work: Work, stream: Stream) -> dict[str, Any]:
        binding = like[stream.path]
        return {each: binding[each] for each in ("resource", "target", "disable") if each in binding}

    bound = bind(work, text, name, captures, as_there)
    for stream, target in bound:
        if like[stream.path].get("target") != target:
            work.tell(f"{path.name}: {stream.name} goes to {target}, and in flow.yaml to {like[stream.path]['target']}")
    defined, there_now = data.get("collections") or {}, text.data.get("collections") or {}
    new = {target: defined[target] for _, target in bound if target in defined and target not in there_now}
    text.add(("collections",), new, SHORT)
    work.texts[path] = text.text
