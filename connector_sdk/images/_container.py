"""Containers of an image: the command that starts one, as Flow does or stricter, and what became of it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector_sdk.errors import ImageUsageError
from connector_sdk.images._engine import Engine

__all__ = ["Limits", "container_name", "ended", "run_command", "sweep"]

HARDENED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--pids-limit", "128")  # fmt: skip
"""Stricter than Flow, which sets none of these: what runs so runs anywhere."""
_LABEL = "dev.connector-sdk.container=yes"


@dataclass(frozen=True)
class Limits:
    """What a container may take: Flow gives 1 GiB and two CPUs. ``memory`` is as docker writes it (``512m``)."""

    memory: str = "1g"
    cpus: float = 2.0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[1-9][0-9]*[kmg]", self.memory):
            raise ImageUsageError(f"{self.memory!r} is no amount of memory.", hint="write it as in 512m or 1g")


@dataclass(frozen=True)
class _Ended:
    """How a container ended: its exit code, and whether it was killed for want of memory."""

    exit_code: int = 0
    out_of_memory: bool = False
    error: str = field(default="")


def container_name() -> str:
    """A name that no other container has."""
    return f"connector-sdk-{secrets.token_hex(6)}"


def run_command(
    engine: Engine,
    image: str,
    name: str,
    *,
    limits: Limits,
    network: str = "none",
    entrypoint: str = "",
    arguments: Sequence[str] = (),
    env: Mapping[str, str | None] | None = None,
    hardened: bool = True,
    volumes: Sequence[str] = (),
) -> list[str]:
    """The command that runs the image with stdin and stdout attached; its container stays until it is removed.

    Variables of ``env`` without a value are taken from the environment of whoever starts the command.
    """
    told = [
        part for key, value in (env or {}).items() for part in ("--env", key if value is None else f"{key}={value}")
    ]
    mounts = [part for each in volumes for part in ("--volume", each)]
    return [
        engine.cli, "run", "--interactive", "--name", name, "--label", _LABEL, "--platform", "linux/amd64",
        "--network", network, "--log-driver", "none", "--memory", limits.memory, "--memory-swap", limits.memory,
        "--cpus", f"{limits.cpus:g}", *(HARDENED if hardened else ()), *told, *mounts,
        *(["--entrypoint", entrypoint] if entrypoint else []), image, *arguments,
    ]  # fmt: skip


def sweep(engine: Engine) -> None:
    """Remove what a machine that went down, or a kill of everything, has left: our containers that ended an hour ago.

    None that runs, and none that was started in the last hour: somebody beside us may want to see how it ended.
    """
    engine.call("container", "prune", "--force", "--filter", f"label={_LABEL}", "--filter", "until=1h")


def ended(engine: Engine, name: str) -> _Ended:
    """What the engine says of a container that ended."""
    done = engine.call("container", "inspect", "--format", "{{json .State}}", name)
    try:
        state = json.loads(done.stdout)
    except ValueError:
        return _Ended()
    return _Ended(int(state.get("ExitCode", 0)), bool(state.get("OOMKilled")), str(state.get("Error", "")))
