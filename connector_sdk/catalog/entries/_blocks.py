"""Writing one top-level block of a YAML file, and not a byte of what people wrote around it."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from connector_sdk.catalog._files import Document
from connector_sdk.errors import EntryError

__all__ = ["with_block", "write"]

_SHORT = 90  # a list of scalars that takes one line
_NEVER = 1 << 20  # folded text would leave spaces at the ends of lines


def with_block(text: str, document: Document, key: str, value: Any, remark: str = "") -> str:
    """The file's text with the block under ``key`` written anew: at its place, or above the generated part, or at the
    end. ``remark`` stands behind the key."""
    lines = text.splitlines(keepends=True)
    starts = sorted(document.place(each)[0] - 1 for each in document.data)
    block = _dumped({key: value})
    if remark:
        block = block.replace(f"{key}:", f"{key}: # {remark}", 1)
    if key not in document.data and "generated" in document.data:  # what people may edit stands above it
        begin = document.place("generated")[0] - 1
        return "".join([*lines[:begin], block, *lines[begin:]])
    if key not in document.data:
        before = text if text.endswith("\n") or not text else f"{text}\n"
        return before + block
    begin = document.place(key)[0] - 1
    end = next((each for each in starts if each > begin), len(lines))
    # comments above the next block are that block's
    while end < len(lines) and end - 1 > begin and lines[end - 1].startswith("#"):
        end -= 1
    return "".join([*lines[:begin], block, *lines[end:]])


def write(path: Path, text: str) -> None:
    """Write a file so that it is there whole, or as it was. Raises EntryError where it cannot be written."""
    made = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(made).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(made).replace(path)
        made = ""
    except OSError as wrong:
        raise EntryError(f"{path} cannot be written: {wrong.strerror}.", hint="make room there, or rights") from None
    finally:
        if made:
            Path(made).unlink(missing_ok=True)


def _dumped(value: Any) -> str:
    """YAML with a value a line, but short lists of scalars on one."""
    yaml = YAML()
    yaml.width = _NEVER
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(_styled(value), out)
    return out.getvalue()


def _styled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return CommentedMap((name, _styled(each)) for name, each in value.items())
    if not isinstance(value, list):
        return value
    made = CommentedSeq(_styled(each) for each in value)
    if not any(isinstance(each, Mapping | list) for each in value) and len(json.dumps(value)) <= _SHORT:
        made.fa.set_flow_style()
    return made
