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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.catalog.specs._destinations import DESTINATIONS, Destination
from connector_sdk.catalog.specs._edit import Fresh, Text
from connector_sdk.catalog.specs._facts import image_parts
from connector_sdk.catalog.specs._images import reference
from connector_sdk.catalog.specs._known import Catalog
from connector_sdk.catalog.specs._owned import owned, read_text, schema_text, write
from connector_sdk.catalog.specs._plain import Where
from connector_sdk.catalog.specs._render import block
from connector_sdk.catalog.specs._report import Report
from connector_sdk.catalog.specs._secrets import SUFFIX, missing_text
from connector_sdk.catalog.specs._skeleton import Skeleton
from connector_sdk.catalog.specs._tree import Tree, load_tree
from connector_sdk.catalog.specs._wanted import Stream, Wanted, safe_name
from connector_sdk.errors import CatalogUsageError, FlowSpecError, did_you_mean

__all__ = ["Done", "init"]

_NAME = re.compile(r"[\w\-.]+(/[\w\-.]+)*")
_SHORT = ("key", "command", "readSchema")
_INFERRED = {"allOf": [{"$ref": "flow://write-schema"}, {"$ref": "flow://inferred-schema"}]}
_HEADER = """\
# {title} into Flow. Run flow init again when the connector has changed: it adds what is new, and keeps your names,
# flags, counters, choices of fields and comments. A stream is left out by disable: true.
"""
_LOCAL = """\
# For development: the same capture by a command{place}.
# Its bindings are added from flow.yaml; what you change here stays. It cannot be published.
"""


@dataclass
class Done:
    """What was done: ``written`` and ``unchanged`` files, and ``told``, a sentence for each thing to know."""

    capture: str = ""
    written: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@dataclass
class _Work:
    wanted: Wanted
    folder: Path
    prefix: str
    done: Done
    texts: dict[Path, str] = field(default_factory=dict)

    @property
    def flow(self) -> Path:
        return self.folder / "flow.yaml"

    @property
    def own(self) -> str:
        """The folder of the capture's config and schemas, as flow.yaml names it."""
        return safe_name(self.wanted.name)


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
    work = _Work(wanted, folder, _prefix(prefix), Done())
    text = read_text(work.flow)
    tree = _tree(work.flow) if text is not None else Tree()
    name = _capture_name(work, tree)
    work.done.capture = name
    work.prefix = work.prefix or name[: len(name) - len(name.rpartition("/")[2])]
    flow: Fresh | Text = Fresh(_HEADER.format(title=wanted.title), work.flow)
    if text is not None:
        flow = Text(text, work.flow)
    _capture(work, flow, name, tree)
    for each in to:
        _materialization(work, flow, name, DESTINATIONS[each], catalog)
    work.texts[work.flow] = flow.text
    _schemas(work, flow.data, name)
    _config(work, f"{work.own}/config.yaml", wanted.config, wanted.title, wanted.docs)
    if wanted.command:
        _local(work, flow.data, name)
    _finish(work, check)
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


def _capture_name(work: _Work, tree: Tree) -> str:
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
    return wanted.name in (_image_of(body), name.rpartition("/")[2])


def _capture(work: _Work, flow: Fresh | Text, name: str, tree: Tree) -> None:
    """The capture in flow.yaml and its collections."""
    wanted = work.wanted
    data = flow.data or {}
    captures = data.get("captures") or {}
    if name not in captures:
        if name in tree.defined("captures"):
            where = tree.defined("captures")[name][0].path
            raise FlowSpecError(f"{name} is defined in {where}, which flow.yaml imports.", hint="run flow init there")
        image = wanted.image or missing_text(f"REGISTRY/{wanted.name}:TAG")
        body = {"endpoint": {"connector": {"image": image, "config": f"{work.own}/config.yaml"}}, "bindings": []}
        flow.add(("captures",), {name: body}, _SHORT)
        captures = (flow.data or {})["captures"]
    elif wanted.image:
        _image(work, flow, ("captures", name), captures[name])
    bound = _bound(work, flow, name, captures[name], captures, _named)
    _collections(work, flow, bound, tree)


def _image(work: _Work, flow: Fresh | Text, where: Where, body: Mapping[str, Any]) -> None:
    there = body.get("endpoint", {}).get("connector", {}).get("image")
    if isinstance(there, str) and there != work.wanted.image:
        if work.wanted.official and image_parts(there)[0] == image_parts(work.wanted.image)[0]:
            work.done.told.append(f"the image is {there}; the catalog knows {work.wanted.image}")
            return
        flow.set((*where, "endpoint", "connector", "image"), work.wanted.image)
        work.done.told.append(f"the image was {there}; it is {work.wanted.image} now")


def _bound(
    work: _Work, flow: Fresh | Text, name: str, capture: Mapping[str, Any], captures: Mapping[str, Any], named: Any
) -> list[tuple[Stream, str]]:
    """Each stream with the collection that it goes to; those that have no binding yet get one."""
    there = capture.get("bindings") or []
    targets = {work.wanted.path_of(each.get("resource")): each for each in there if isinstance(each, dict)}
    taken = {
        each.get("target"): other
        for other, body in captures.items()
        for each in (body.get("bindings") or [] if isinstance(body, dict) else [])
        if isinstance(each, dict)
    }
    streams = work.wanted.streams or ()
    found: list[tuple[Stream, str]] = []
    new: list[dict[str, Any]] = []
    for stream in streams:
        if stream.path in targets:
            found.append((stream, str(targets[stream.path].get("target") or "")))
            continue
        binding = named(work, stream)
        target = binding["target"]
        if target in taken:
            raise FlowSpecError(
                f"{target} is filled by {taken[target]} already.", hint="give this capture a --prefix of its own"
            )
        taken[target] = name
        new.append(binding)
        found.append((stream, target))
    flow.add(("captures", name, "bindings"), new, _SHORT)
    if new and there:
        work.done.told += [f"{flow.path.name}: {each['target']} is new" for each in new]
    _vanished(work, flow, streams, targets)
    return found


def _named(work: _Work, stream: Stream) -> dict[str, Any]:
    """The binding of a stream that is new."""
    binding: dict[str, Any] = {"resource": dict(stream.resource), "target": work.prefix + safe_name(stream.name)}
    return {**binding, "disable": True} if stream.disabled else binding


def _vanished(
    work: _Work, flow: Fresh | Text, streams: Sequence[Stream], targets: Mapping[Any, Mapping[str, Any]]
) -> None:
    if work.wanted.streams is None:
        return
    offered = {each.path for each in streams}
    for path, binding in targets.items():
        if path not in offered:
            off = " (it is disabled already)" if binding.get("disable") is True else ""
            work.done.told.append(
                f"{flow.path.name}: {'/'.join(path)} is not offered any more{off}; its binding to "
                f"{binding.get('target')} stays until you disable or remove it"
            )


def _collections(work: _Work, flow: Fresh | Text, bound: list[tuple[Stream, str]], tree: Tree) -> None:
    """The collections that bindings go to and that are nowhere yet."""
    there = (flow.data or {}).get("collections") or {}
    imported = tree.defined("collections")
    new: dict[str, Any] = {}
    for stream, target in bound:
        body = there.get(target) or (imported[target][1] if target in imported else None)
        if body is None and target:
            new[target] = _collection(work, stream)
        elif isinstance(body, dict) and body.get("key") not in (None, list(stream.key)):
            work.done.told.append(
                f"{target} has the key {', '.join(map(str, body['key']))}; {stream.name} is offered with "
                f"{', '.join(stream.key)}: Flow changes the key of a collection only by a reset"
            )
    flow.add(("collections",), new, _SHORT)


def _schema_file(work: _Work, stream: Stream) -> str:
    return f"{work.own}/{safe_name(stream.name)}.schema.yaml"


def _collection(work: _Work, stream: Stream) -> dict[str, Any]:
    file = _schema_file(work, stream)
    if stream.schema.get("x-infer-schema"):
        return {"writeSchema": file, "readSchema": _INFERRED, "key": list(stream.key)}
    return {"schema": file, "key": list(stream.key)}


def _schemas(work: _Work, data: Mapping[str, Any], name: str) -> None:
    """The files of schemas that collections of the capture name: those that nobody changed."""
    named = {
        each.get(word)
        for each in (data.get("collections") or {}).values()
        if isinstance(each, dict)
        for word in ("schema", "writeSchema")
        if isinstance(each.get(word), str)
    }
    for stream in work.wanted.streams or ():
        file = _schema_file(work, stream)
        if file not in named:
            continue
        path = work.folder / file
        there = read_text(path)
        text = schema_text(f"{work.wanted.title}, {stream.name}", stream.schema)
        if there is not None and not owned(there):
            work.done.told.append(f"{file} was changed by hand; it stays as it is")
            continue
        work.texts[path] = text


def _config(work: _Work, file: str, config: Skeleton, title: str, docs: str) -> None:
    """A config to be filled in; one that is there gets what it lacks, unless it is encrypted."""
    path = work.folder / file
    there = read_text(path)
    if there is None:
        lines = [
            f"# The config of {title}. Fill in what stands in <...>; then encrypt what is called {SUFFIX}:",
            f"#   sops --encrypt --in-place --encrypted-suffix {SUFFIX} --gcp-kms KEY {file}",
            *([f"# What each means: {docs}"] if docs else []),
            *block(config.data, config.comments),
            *(["# It may also have:"] if config.more else []),
            *(f"#   {each}" for each in config.more),
        ]
        work.texts[path] = "\n".join(lines) + "\n"
        return
    text = Text(there, path)
    data = text.data
    if data is not None and not isinstance(data, dict):
        raise FlowSpecError(f"{path} is no config: it has to be a mapping.")
    given = {each.removesuffix(SUFFIX) for each in data or {}}
    missing = {name: value for name, value in config.data.items() if name.removesuffix(SUFFIX) not in given}
    if missing and "sops" in (data or {}):
        work.done.told.append(f"{file} is encrypted and lacks {', '.join(missing)}: add it with sops {file}")
        return
    text.add((), missing)
    work.done.told += [f"{file}: {name} is to be filled in" for name in missing]
    work.texts[path] = text.text


def _local(work: _Work, data: Mapping[str, Any], name: str) -> None:
    """The file for development, with the bindings and collections of flow.yaml."""
    wanted = work.wanted
    path = work.folder / f"{work.own}.local.flow.yaml"
    there = read_text(path)
    place = ", when flowctl is started in the repository's root" if wanted.env else ", where its package is installed"
    text = Fresh(_LOCAL.format(place=place), path) if there is None else Text(there, path)
    imports = data.get("import")
    if there is None and imports:
        text.add(("import",), list(imports))
    captures = (text.data or {}).get("captures") or {}
    if name not in captures:
        local: dict[str, Any] = {"command": list(wanted.command)}
        if wanted.env:
            local["env"] = dict(wanted.env)
        local["config"] = f"{work.own}/config.yaml"
        text.add(("captures",), {name: {"endpoint": {"local": local}, "bindings": []}}, _SHORT)
        captures = text.data["captures"]
    like = {wanted.path_of(each.get("resource")): each for each in data["captures"][name].get("bindings") or []}

    def as_there(work: _Work, stream: Stream) -> dict[str, Any]:
        binding = like[stream.path]
        return {each: binding[each] for each in ("resource", "target", "disable") if each in binding}

    bound = _bound(work, text, name, captures[name], captures, as_there)
    defined, there_now = data.get("collections") or {}, text.data.get("collections") or {}
    new = {target: defined[target] for _, target in bound if target in defined and target not in there_now}
    text.add(("collections",), new, _SHORT)
    work.texts[path] = text.text


def _materialization(
    work: _Work, flow: Fresh | Text, capture: str, destination: Destination, catalog: Catalog | None
) -> None:
    """A materialization of the capture's collections; one that is there gets those that it does not read yet."""
    data = flow.data
    there = data.get("materializations") or {}
    name = _materialization_name(work, there, destination)
    if name not in there:
        listed = catalog.get(destination.connector) if catalog is not None else None
        if listed is None:
            raise FlowSpecError(f"The catalog has no {destination.connector}.", hint="refresh the catalog's data")
        config = f"{destination.connector}/config.yaml"
        body = {"endpoint": {"connector": {"image": reference(listed), "config": config}}, "bindings": []}
        flow.add(("materializations",), {name: body}, _SHORT)
        skeleton = Skeleton(dict(destination.config), {**destination.comments})
        _config(work, config, skeleton, listed.title, listed.docs_url)
        if destination.note:
            work.done.told.append(f"{destination.connector}: {destination.note}")
    read = [_source_name(each.get("source")) for each in there.get(name, {}).get("bindings") or ()]
    new = []
    for binding in data["captures"][capture].get("bindings") or ():
        target = binding.get("target")
        if target and target not in read and binding.get("disable") is not True:
            new.append({"source": target, "resource": _resource(work, target, destination)})
    flow.add(("materializations", name, "bindings"), new, _SHORT)


def _materialization_name(work: _Work, there: Mapping[str, Any], destination: Destination) -> str:
    """The name of the materialization: the one of this destination that is there, or one beside the capture."""
    found = [
        name for name, body in there.items() if isinstance(body, dict) and _image_of(body) == destination.connector
    ]
    return found[0] if len(found) == 1 else f"{work.prefix}{destination.connector}"


def _image_of(body: Mapping[str, Any]) -> str:
    endpoint = body.get("endpoint")
    connector = endpoint.get("connector") if isinstance(endpoint, dict) else None
    image = connector.get("image") if isinstance(connector, dict) else ""
    return image_parts(image)[0].rpartition("/")[2] if isinstance(image, str) else ""


def _source_name(source: Any) -> Any:
    return source.get("name") if isinstance(source, dict) else source


def _resource(work: _Work, target: str, destination: Destination) -> dict[str, Any]:
    stream = target.rpartition("/")[2]
    table = target if destination.table == "path" else re.sub(r"\W+", "_", f"{work.wanted.system}_{stream}").lower()
    return {destination.table: table, **destination.resource}


def _finish(work: _Work, check: bool) -> None:
    for path, text in work.texts.items():
        if read_text(path) == text:
            work.done.unchanged.append(path)
        else:
            work.done.written.append(path)
            if not check:
                write(path, text)
    work.done.told += [f"{each} has no key, and is left out" for each in work.wanted.left_out]
