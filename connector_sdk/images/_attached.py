"""A container as a process: a command whose stdin, stdout, stderr, exit code and death are the connector's."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from connector_sdk.errors import ImageUsageError
from connector_sdk.images._container import Limits, run_command, sweep
from connector_sdk.images._engine import Engine

__all__ = ["PASSED", "attached", "required"]

PASSED = ("LOG_FORMAT", "LOG_LEVEL", "CONNECTOR_RUN", "CONNECTOR_CLOCK", "CONNECTOR_STATE_EVERY", "CONNECTOR_TRANSPORT")
"""Variables that reach the connector from the environment of the command."""


def attached(
    image: str,
    *,
    network: str = "host",
    memory: str = "1g",
    cpus: float = 2.0,
    hardened: bool = True,
    arguments: Sequence[str] = (),
    pass_on: Sequence[str] = (),
    volumes: Sequence[str] = (),
) -> list[str]:
    """The command that runs an image with stdin, stdout and stderr attached: give it to ``Player``, or to subprocess.

    ``network="host"`` lets the connector reach a sandbox on 127.0.0.1. ``arguments`` are Airbyte's, ``volumes`` as
    docker writes them (``/here:/there:ro``). Variables of ``PASSED`` and ``pass_on`` reach the connector. SIGTERM and
    SIGINT are passed on; killing the command kills the container, which ``docker run`` alone would leave running. The
    command can be started any number of times. CPU and memory that are measured of it are not the container's.
    Raises ImageUsageError for limits that are none.
    """
    limits = Limits(memory, min(cpus, float(os.cpu_count() or cpus)))
    env = dict.fromkeys((*PASSED, *pass_on))
    guard = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py"))]
    return guard + run_command(
        Engine(), image, "{name}", limits=limits, network=network, env=env, hardened=hardened,
        arguments=arguments, volumes=volumes,
    )  # fmt: skip


def required(image: str) -> None:
    """Raise ImageUsageError where the engine has no such image, EngineError where there is no engine to ask."""
    engine = Engine()
    engine.check()
    sweep(engine)
    if engine.image(image) is None:
        raise ImageUsageError(
            f"There is no image {image} here.", hint=f"build it, or fetch it: {engine.cli} pull {image}"
        )
