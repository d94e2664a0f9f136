"""What the connectors of this repository hold, as a table: ``python -m tests.connectors > docs/connectors.md``."""

from __future__ import annotations

import tokenize
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from connector_sdk.cli._connector import find_connector
from connector_sdk.cli._streams import imported, kind_of
from connector_sdk.declare import Stream, verdict

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = sorted(each.parent for each in (ROOT / "connectors").glob("*/pyproject.toml"))
_NOTHING = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
INTRODUCTION = """\
# Connectors

Written by `python -m tests.connectors`, from the definitions alone. Each README has the table of its streams, with
their keys, syncs, deletes, promises and limits, and tells how to make the credentials.

*Lines* are those of the connector's package, config and helpers included, that are neither blank nor a comment, at 120
columns. *promise* is what [the engine](engine.md) promises of the streams: *exact*; *exact within re-read*, where an
edit does not move the cursor or pages shift, so that the latest records are read again; or *complete at the next
snapshot*.

| connector | streams | off by default | syncs | deletes | promise | lines | lines a stream |
|---|---:|---:|---|---|---|---:|---:|
"""


def table() -> str:
    """The page, with a row for each connector."""
    return INTRODUCTION + "".join(f"{_row(folder)}\n" for folder in FOLDERS)


def _row(folder: Path) -> str:
    target = find_connector(str(folder))
    streams = imported(target).declared()
    lines = sum(map(_lines, (folder / target.module).rglob("*.py")))
    cells = [
        f"[{target.name}](../connectors/{target.name}/README.md)",
        str(len(streams)),
        str(sum(stream.optional for stream in streams)),
        _counted(kind_of(stream) for stream in streams),
        _counted(_deletes(stream) for stream in streams),
        _counted(verdict(stream).word for stream in streams),
        f"{lines:,}",
        f"{lines / len(streams):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _lines(file: Path) -> int:
    """How many lines hold something that is not a comment."""
    held: set[int] = set()
    with file.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type not in _NOTHING:
                held.update(range(token.start[0], token.end[0] + 1))
    return len(held - {0})


def _deletes(stream: Stream) -> str:
    return verdict(stream).deletes or "not captured"


def _counted(words: Iterable[str]) -> str:
    return "; ".join(f"{count} {word}" for word, count in Counter(words).most_common())


if __name__ == "__main__":
    print(table(), end="")
