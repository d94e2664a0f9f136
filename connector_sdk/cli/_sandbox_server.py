"""``python -m connector_sdk.cli._sandbox_server FILE PORT``: serves a sandbox until its stdin closes.

Prints one line of JSON, ``{"url": ..., "config": ...}``, as soon as it serves.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any


def serve(file: Path, port: int) -> None:
    """Serve the sandbox of this file until stdin closes. What its author prints goes to stderr."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module = _load(file)
    with out, module.sandbox(port=port) as served:
        out.write(json.dumps({"url": str(served.url), "config": served.config()}) + "\n")
        out.flush()
        while os.read(0, 1 << 16):
            pass


def _load(file: Path) -> Any:
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location("sandbox", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sandbox"] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
