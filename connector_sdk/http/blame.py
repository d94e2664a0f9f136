"""Where an author's own code went wrong, for the sentence that tells it."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

__all__ = ["failed_at"]

_SDK = str(Path(__file__).parent.parent)


def failed_at(function: Any, wrong: BaseException) -> str:
    """``touched (source_asana/__init__.py, line 12) failed: KeyError: 'data'``."""
    name = getattr(function, "__name__", type(function).__name__)
    name = "the function" if name == "<lambda>" else name
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(wrong.__traceback__) if not frame.filename.startswith(_SDK)]
    frames = [frame for frame in frames if frame.filename == own] or frames
    where = ""
    if frames:
        path = Path(frames[-1].filename)
        where = f" ({path.parent.name}/{path.name}, line {frames[-1].lineno})"
    elif own is not None:
        where = f" ({Path(own).parent.name}/{Path(own).name}, line {function.__code__.co_firstlineno})"
    return f"{name}{where} failed: {type(wrong).__name__}: {wrong}"
