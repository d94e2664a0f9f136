"""Files that flow init owns until a person changes them: each carries the hash of what was written into it."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import dump
from connector_sdk.errors import FlowSpecError

__all__ = ["owned", "read_text", "schema_text", "write"]

_HASH = re.compile(r"# sha256:([0-9a-f]{16})\n")


def schema_text(about: str, schema: Mapping[str, Any]) -> str:
    """The file of a schema."""
    body = dump(dict(schema))
    lines = [
        f"# {about}, as discovery tells it. flow init writes this file anew, until you change it.",
        f"# sha256:{_hash(body)}",
    ]
    return "\n".join(lines) + "\n" + body


def owned(text: str) -> bool:
    """Whether a file is as it was written, so that it may be written anew."""
    found = _HASH.search(text)
    return found is not None and _hash(text[found.end() :]) == found[1]


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def read_text(path: Path) -> str | None:
    """The text of a file, with the ends of lines that it has; None where there is none. Raises FlowSpecError."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except OSError as wrong:
        raise FlowSpecError(f"{path} cannot be read: {wrong.strerror}.") from None
    except UnicodeDecodeError:
        raise FlowSpecError(f"{path} is not UTF-8 text.") from None


def write(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it sees the old or the new one, whole. Raises FlowSpecError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(text.encode())
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as wrong:
        raise FlowSpecError(f"{path} cannot be written: {wrong.strerror}.") from None
