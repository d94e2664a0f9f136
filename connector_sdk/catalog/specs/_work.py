"""What a run of flow init has done so far: texts to write, all at the end, and what there is to tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.catalog.specs._edit import Text
from connector_sdk.catalog.specs._owned import owned, read_text, schema_text, write
from connector_sdk.catalog.specs._plain import Where
from connector_sdk.catalog.specs._render import block
from connector_sdk.catalog.specs._secrets import SUFFIX
from connector_sdk.catalog.specs._skeleton import Skeleton
from connector_sdk.catalog.specs._wanted import Stream, Wanted, safe_name
from connector_sdk.errors import FlowSpecError

__all__ = ["SHORT", "Done", "Work", "sound"]

SHORT = ("key", "command", "readSchema")
"""The keys whose values stand on one line."""


@dataclass
class Done:
    """What was done: ``written`` and ``unchanged`` files, and ``told``, a sentence for each thing to know.

    ``local`` is the file for development, where the connector can be started here.
    """

    capture: str = ""
    local: Path | None = None
    written: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@dataclass
class Work:
    """A run: ``own`` is the folder of the capture's config and schemas, as flow.yaml names it."""

    wanted: Wanted
    folder: Path
    prefix: str = ""
    own: str = ""
    done: Done = field(default_factory=Done)
    texts: dict[Path, str] = field(default_factory=dict)

    @property
    def flow(self) -> Path:
        """The file of the capture."""
        return self.folder / "flow.yaml"

    @property
    def local(self) -> Path:
        """The file for development."""
        return self.folder / f"{self.own}.local.flow.yaml"

    @property
    def config(self) -> str:
        """The config's file, as flow.yaml names it."""
        return f"{self.own}/config.yaml"

    def schema(self, stream: Stream) -> str:
        """A schema's file, as flow.yaml names it."""
        return f"{self.own}/{safe_name(stream.name)}.schema.yaml"

    def tell(self, what: str) -> None:
        """Something to know."""
        self.done.told.append(what)

    def add_schemas(self, data: Mapping[str, Any]) -> None:
        """The files of schemas that collections of the capture name: those that nobody changed."""
        named = {
            each.get(word)
            for each in (data.get("collections") or {}).values()
            if isinstance(each, dict)
            for word in ("schema", "writeSchema")
            if isinstance(each.get(word), str)
        }
        for stream in self.wanted.streams or ():
            file = self.schema(stream)
            if file not in named:
                continue
            path = self.folder / file
            there = read_text(path)
            text = schema_text(f"{self.wanted.title}, {stream.name}", stream.schema)
            if there is not None and not owned(there):
                self.tell(f"{file} was changed by hand; it stays as it is")
                continue
            self.texts[path] = text

    def add_config(self, file: str, config: Skeleton, title: str, docs: str) -> None:
        """A config to be filled in; one that is there gets what it lacks, unless it is encrypted."""
        path = self.folder / file
        there = read_text(path)
        if there is None:
            lines = [
                f"# The config of {title}. Fill in what stands in <...>; then encrypt what is called {SUFFIX}:",
                f"#   sops --encrypt --in-place --encrypted-suffix {SUFFIX} --gcp-kms KEY {file}",
                *([f"# What each means: {docs}"] if docs else []),
                *(f"# {each}" for each in config.notes),
                *(block(config.data, config.comments) or ["{}"]),
                *(["# It may also have:"] if config.more else []),
                *(f"#   {each}" for each in config.more),
            ]
            self.texts[path] = "\n".join(lines) + "\n"
            return
        text = Text(there, path)
        data = text.data
        if data is not None and not isinstance(data, dict):
            raise FlowSpecError(f"{path} is no config: it has to be a mapping.")
        given = {each.removesuffix(SUFFIX) for each in data or {}}
        missing = {name: value for name, value in config.data.items() if name.removesuffix(SUFFIX) not in given}
        if missing and "sops" in (data or {}):
            self.tell(f"{file} is encrypted and lacks {', '.join(missing)}: add it with sops {file}")
            return
        text.add((), missing)
        self.done.told += [f"{file}: {name} is to be filled in" for name in missing]
        self.texts[path] = text.text

    def finish(self, check: bool) -> None:
        """Write what changed; with ``check`` only tell it."""
        for path, text in self.texts.items():
            if read_text(path) == text:
                self.done.unchanged.append(path)
            else:
                self.done.written.append(path)
                if not check:
                    write(path, text)
        self.done.told += [f"{each} has no key, and is left out" for each in self.wanted.left_out]


def sound(text: Text) -> Text:
    """The text, where it has the shape that is added to. Raises FlowSpecError where it has not."""
    for where, value, kind in _shaped(text.data):
        if value is not None and not isinstance(value, kind):
            thing = ".".join(map(str, where)) or "the file"
            wanted = "a mapping" if kind is dict else "a list"
            raise FlowSpecError(f"{text.path}: {thing} has to be {wanted}.", hint="flow lint tells more")
    return text


def _shaped(data: Any) -> Iterator[tuple[Where, Any, type[Any]]]:
    """Each value that is added to or looked into, with its place and the kind that it has to be."""
    yield (), data, dict
    for section in ("captures", "collections", "materializations"):
        tasks = data.get(section) if isinstance(data, dict) else None
        yield (section,), tasks, dict
        for name, body in tasks.items() if isinstance(tasks, dict) else ():
            yield (section, name), body, dict
            bindings = body.get("bindings") if isinstance(body, dict) else None
            yield (section, name, "bindings"), bindings, list
            for index, each in enumerate(bindings if isinstance(bindings, list) else ()):
                yield (section, name, "bindings", index), each, dict
