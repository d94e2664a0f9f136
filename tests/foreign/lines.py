"""Lines of every command, for a judge that only reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from connector_sdk.testing.fake import Fault
from tests.apis.vendors import Books

__all__ = ["recorded"]

STREAMS = ["calls", "users", "audit_logs", "workspaces", "scorecard_definitions"]


def recorded(gong: Any, program: Path, folder: Path) -> list[Path]:
    """Files with what was on stdout: of each command, of failures, and of a login whose refresh tokens rotate."""
    config, wrong = gong.config(), gong.config()
    wrong["credentials"]["access_key_secret"] = "wrong"
    files = [_said([str(program)], folder, "spec")]
    files.append(_said([str(program)], folder, "check", config=config))
    files.append(_said([str(program)], folder, "check-wrong", config=wrong))
    files.append(_said([str(program)], folder, "discover", config=config))
    catalog = _catalog(files[-1], STREAMS)
    files.append(_said([str(program)], folder, "read", "--debug", config=config, catalog=catalog))
    gong.api.fault(Fault.status(403), "GET /v2/workspaces", times=None)
    files.append(_said([str(program)], folder, "read-broken", config=config, catalog=catalog))
    files.append(_said([str(program)], folder, "read-wrong", config=wrong, catalog=catalog))
    books = Books()
    with books.api:
        sources = str(Path(__file__).parents[1] / "apis" / "sources")
        code = "import sys; sys.argv.pop(0); from connector_sdk.process import main; main('source_rotating')"
        argv = [sys.executable, "-c", code, "-"]
        env = {"PYTHONPATH": sources, "CONNECTOR_CLOCK": books.clock.spec()}
        files.append(_said(argv, folder, "check-books", env=env, config=books.config()))
    return files


def _catalog(discovered: Path, streams: list[str]) -> dict[str, Any]:
    messages = [json.loads(line) for line in discovered.read_text().splitlines()]
    (found,) = [each["catalog"]["streams"] for each in messages if each["type"] == "CATALOG"]
    chosen = [each for each in found if each["name"] in streams]
    return {"streams": [{"stream": each, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
                        for each in chosen]}  # fmt: skip


def _said(
    argv: list[str], folder: Path, name: str, *more: str, env: dict[str, str] | None = None, **files: Any
) -> Path:
    arguments = [name.partition("-")[0], *more]
    for each, content in files.items():
        path = folder / f"{name}.{each}.json"
        path.write_text(json.dumps(content))
        arguments += [f"--{each}", str(path)]
    out = folder / f"{name}.lines"
    with out.open("wb") as file:
        subprocess.run([*argv, *arguments], stdout=file, check=False, env={**os.environ, **(env or {})})
    return out
