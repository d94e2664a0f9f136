"""What a connector tells of itself now: its spec, its streams in its sandbox, and a hash of what defines it."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connector_sdk.errors import EntryError

__all__ = ["Facts", "definition_hash", "facts_of", "hosts_in"]

_SDK = Path(__file__).resolve().parents[3]
_PATIENCE = 120.0


@dataclass(frozen=True)
class Facts:
    """``spec`` and ``bindings`` as the protocol has them; ``declared`` what the definition promises of each stream."""

    name: str
    title: str
    spec: dict[str, Any]
    bindings: list[dict[str, Any]]
    declared: dict[str, dict[str, Any]]


def facts_of(folder: Path, module: str) -> Facts:
    """Ask the connector in this folder, in processes of its own. Raises EntryError where it does not answer."""
    path = [str(folder), str(_SDK), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    argv = [sys.executable, "-m", "connector_sdk.catalog.entries._probe", str(folder), module]
    # without byte code: what outlives an interrupted command must not make the folder again that was taken back
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            argv, env=env, capture_output=True, text=True, check=False, timeout=_PATIENCE, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise EntryError(
            f"{folder.name} did not tell its streams in {_PATIENCE:.0f} s.",
            hint=f"connector-sdk discover {folder} --sandbox shows where it stays",
        ) from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise EntryError(
            f"{folder.name} cannot tell its spec and streams: {said[-1] if said else 'it said nothing'}",
            hint=f"connector-sdk discover {folder} --sandbox shows what is wrong",
        )
    told = json.loads(done.stdout)
    return Facts(told["name"], told["title"], told["spec"], told["bindings"], told["streams"])


def definition_hash(folder: Path, module: str) -> str:
    """A hash of what a connector is made of: its package, its pyproject.toml and its image.lock."""
    files = [folder / "pyproject.toml", folder / "image.lock", *_package(folder, module)]
    found = hashlib.sha256()
    for path in files:
        if path.is_file():
            # the end of a line is git's to choose
            data = path.read_bytes().replace(b"\r\n", b"\n")
            name = path.relative_to(folder).as_posix().encode()
            for part in (name, data):
                found.update(len(part).to_bytes(8, "big") + part)
    return f"sha256:{found.hexdigest()}"


def hosts_in(folder: Path, module: str) -> Iterator[tuple[Path, int, str]]:
    """The hosts that the package's code names in an address: the file, the line, the host. Documentation counts not."""
    for path in _package(folder, module):
        if path.suffix != ".py":
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError:
            continue  # importing it says so, and better
        texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts:
                host = _host(node.value)
                if host:
                    yield path, node.lineno, host


def _host(text: str) -> str:
    if not text.startswith(("https://", "http://")) or any(each.isspace() for each in text):
        return ""
    try:
        return urlsplit(text).hostname or ""
    except ValueError:
        return ""


def _package(folder: Path, module: str) -> list[Path]:
    top = folder / module.partition(".")[0]
    found = [each for each in top.rglob("*") if each.is_file()] if top.is_dir() else []
    hidden = [each for each in found if any(_left_out(part) for part in each.relative_to(folder).parts)]
    return sorted(set(found) - set(hidden))


def _left_out(part: str) -> bool:
    return part.startswith(".") or part == "__pycache__" or part.endswith((".pyc", "~"))
