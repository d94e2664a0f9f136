"""The file that keeps a preview's state between runs."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from connector_sdk.cli._problems import UsageProblemError

__all__ = ["read_state", "write_state"]


def read_state(path: Path | None, kind: type[dict[str, Any] | list[Any]] = dict) -> Any:
    """The state in the file: an object, which is Flow's, or a list of STATE messages, which is Airbyte's. Nothing where
    there is no file yet."""
    if path is None or not path.exists():
        return None
    try:
        state = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageProblemError(f"The state file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UsageProblemError(
            f"The state file {path} is not JSON: {error}.", hint="remove it to start over, or give another --state"
        ) from None
    if not isinstance(state, kind):
        wanted = "an object" if kind is dict else "a list of STATE messages"
        raise UsageProblemError(
            f"The state file {path} holds a JSON {type(state).__name__}, not {wanted}.",
            hint="remove it to start over, or give another --state",
        )
    return state


def write_state(path: Path, state: dict[str, Any] | list[dict[str, Any]]) -> None:
    """Put the state into the file: whole or not at all, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(state, file, ensure_ascii=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
