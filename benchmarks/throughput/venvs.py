"""The peers' environments under build/bench: made once, kept, and of no use to anything else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

__all__ = ["PEERS", "PROJECT", "Peer", "installed", "python_of", "versions"]

PROJECT = ""
"""The environment that runs this: the SDK's own."""

_PLACE = Path(__file__).parents[2] / "build" / "bench"


class Peer:
    """A package from PyPI, and the licence that it is under."""

    def __init__(self, package: str, licence: str, *options: str) -> None:
        self.package, self.licence, self.options = package, licence, options


PEERS = {
    "estuary": Peer("estuary-cdk", "MIT or Apache-2.0, as its repository says", "--pre"),
    "airbyte": Peer("airbyte-cdk", "MIT"),
    "singer": Peer("singer-sdk", "Apache-2.0"),
}


def python_of(venv: str) -> Path:
    """The interpreter of an environment."""
    return _PLACE / venv / "bin" / "python" if venv != PROJECT else Path(sys.executable)


def installed(venv: str) -> str:
    """Make the environment if there is none. What went wrong, or nothing."""
    done = _PLACE / venv / ".installed"
    if venv == PROJECT or done.exists():
        return ""
    peer = PEERS[venv]
    print(f"installing {peer.package} into {_PLACE / venv} ...", file=sys.stderr)
    pip = [str(python_of(venv)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", str(_PLACE / venv)], [*pip, *peer.options, peer.package]):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            return f"{peer.package} cannot be installed: {(ran.stderr.strip().splitlines() or ['?'])[-1]}"
    done.touch()
    return ""


def versions(venvs: list[str]) -> list[str]:
    """What is compared, with versions and licences, of the environments that there are."""
    told = []
    for venv, peer in PEERS.items():
        if venv in venvs and (_PLACE / venv / ".installed").exists():
            told.append(f"{peer.package} {_version(python_of(venv), peer.package)} ({peer.licence})")
    own = [f"{name} {_version(Path(sys.executable), name)}" for name in ("httpx", "orjson", "msgspec", "pydantic")]
    return told + own


def _version(python: Path, package: str) -> str:
    code = f"import importlib.metadata, json; print(json.dumps(importlib.metadata.version({package!r})))"
    return str(json.loads(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout))
