"""``python -m connector_sdk.catalog.entries._probe FOLDER MODULE``: what a connector tells of itself, as one JSON line.

A process of its own, since it imports the definition and the sandbox: neither stays in whoever asked, and one whose
import goes wrong takes nobody with it.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["main"]

_CLOCK = "2026-03-02T10:00:00Z"  # what a connector tells must not depend on the day


def main(folder: Path, module: str) -> None:
    """Ask the connector for its spec and, against its sandbox, for its streams; add what its definition promises."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what an author's code prints goes to stderr
    sys.path.insert(0, str(folder))
    from connector_sdk.engine import SystemClock
    from connector_sdk.engine.clock import parse_instant
    from connector_sdk.process import load
    from connector_sdk.testing.fake import beside
    from connector_sdk.testing.flow import Capture, Player

    connector = load(module)
    clock = SystemClock(parse_instant(_CLOCK), 60)
    player = Player([sys.executable, "-m", module], env={"CONNECTOR_CLOCK": clock.spec(), "CONNECTOR_WARM": "0"})
    with _small(beside(folder / "sandbox.py", "sandbox"), clock) as sandbox:
        discover = Capture(dict(sandbox.config()), ()).discover_request()
        call = player.call({"spec": {}}, {"discover": discover})
    if call.exit_code or len(call.answers) < 2:
        raise SystemExit(f"it does not answer spec and discover: {call.error or 'it said nothing'}")
    told = {
        "name": connector.name,
        "title": connector.title,
        "spec": call.answers[0]["spec"],
        "bindings": call.answers[1]["discovered"].get("bindings", []),
        "streams": {each.name: _declared(each) for each in connector.declared()},
    }
    with out:
        out.write(json.dumps(told) + "\n")


def _small(module: Any, clock: Any) -> Any:
    """A sandbox of the size that the conformance kit takes, with those of the options that its function has."""
    known = inspect.signature(module.sandbox).parameters
    parts = getattr(module, "PARTS", None) or [None]
    options = {"clock": clock, "seed": 0, "limits": False, **(parts[0].options if parts[0] is not None else {})}
    open_ended = any(each.kind is each.VAR_KEYWORD for each in known.values())
    return module.sandbox(**{name: value for name, value in options.items() if open_ended or name in known})


def _declared(stream: Any) -> dict[str, Any]:
    from connector_sdk.airbyte.dialect import sync_modes
    from connector_sdk.declare import Incremental, verdict

    found = verdict(stream)
    return {
        "key": list(stream.keys),
        "optional": bool(stream.optional),
        "cursor": stream.sync.cursor if isinstance(stream.sync, Incremental) else "",
        "syncModes": sync_modes(stream),
        "deletes": found.deletes,
        "promise": found.word,
        "scopes": list(stream.scopes),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
