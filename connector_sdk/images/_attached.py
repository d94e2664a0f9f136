"""A container as a process: a command whose stdin, stdout, stderr, exit code and death are the connector's.

``docker run`` alone is not that: who kills it leaves the container running. The command of :func:`attached` starts a
guard, in a session of its own, which starts ``docker run`` and removes the container as soon as the command is gone,
however it went. SIGTERM and SIGINT are passed on, so a connector in a container can end as one without.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from connector_sdk.images._container import Limits, container_name, run_command
from connector_sdk.images._engine import Engine

__all__ = ["PASSED", "attached"]

PASSED = ("LOG_FORMAT", "LOG_LEVEL", "CONNECTOR_RUN", "CONNECTOR_CLOCK", "CONNECTOR_TRANSPORT")
"""Variables that reach the connector from the environment of the command."""
_GONE = 40  # tries to remove a container that may be about to be created, 50 ms apart


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

    ``network="host"`` lets the connector reach a sandbox on 127.0.0.1. ``arguments`` are Airbyte's. Variables of
    ``PASSED`` and ``pass_on`` reach the connector. Killing the command kills the container.
    """
    Limits(memory, cpus)  # refuses what is none
    options = ["--network", network, "--memory", memory, "--cpus", f"{cpus:g}", *([] if hardened else ["--plain"])]
    options += [part for each in pass_on for part in ("--pass", each)]
    options += [part for each in volumes for part in ("--volume", each)]
    return [sys.executable, "-m", "connector_sdk.images._attached", *options, image, *arguments]


def main(argv: Sequence[str]) -> int:
    """Run the image until it or the command ends; the container's exit code."""
    command, name = _parse(argv)
    alive, ours = os.pipe()
    tell, told = os.pipe()
    guard = os.fork()
    if guard == 0:
        os.close(ours)
        os.close(tell)
        os._exit(_guard(command, name, alive, told))
    os.close(alive)
    os.close(told)
    for number in (0, 1, 2):  # they are the container's now: its end of output must be seen
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    with open(tell, "rb", buffering=0) as reports:  # noqa: PTH123
        client = int(reports.readline() or b"0")

        def forward(signum: int, frame: FrameType | None) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(client, signum)

        signal.signal(signal.SIGTERM, forward)
        signal.signal(signal.SIGINT, forward)
        code = int(reports.readline() or b"1")
    os.waitpid(guard, 0)
    return code


def _guard(command: list[str], name: str, alive: int, told: int) -> int:
    """Start the container and see that it ends with whoever wanted it: when ``alive`` is closed, that one is gone."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _heed_not)  # a handler, not SIG_IGN, which the client would inherit
    client = subprocess.Popen(command, start_new_session=True)
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)
    with contextlib.suppress(BrokenPipeError):
        os.write(told, b"%d\n" % client.pid)
    ended = os.pidfd_open(client.pid) if hasattr(os, "pidfd_open") else -1
    while client.poll() is None:
        watched = [alive] if ended < 0 else [alive, ended]
        ready, _, _ = select.select(watched, [], [], None if ended >= 0 else 0.02)
        if alive in ready:
            client.kill()
            client.wait()
            _remove(name)
            return 1
    code = client.returncode
    Engine().remove_container(name)
    with contextlib.suppress(BrokenPipeError):
        os.write(told, b"%d\n" % (code if code >= 0 else 128 - code))
    return 0


def _heed_not(number: int, frame: FrameType | None) -> None:
    """The container is asked to end, by its own client; the guard stays until it has."""


def _remove(name: str) -> None:
    """Kill and remove the container; one that is only being created is waited for."""
    engine = Engine()
    for _ in range(_GONE):
        if name in engine.call("rm", "--force", "--volumes", name, timeout=60).stdout:
            return
        time.sleep(0.05)


def _parse(argv: Sequence[str]) -> tuple[list[str], str]:
    import argparse

    parser = argparse.ArgumentParser(prog="python -m connector_sdk.images._attached")
    parser.add_argument("--network", default="host")
    parser.add_argument("--memory", default="1g")
    parser.add_argument("--cpus", type=float, default=2.0)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--pass", dest="passed", action="append", default=[])
    parser.add_argument("--volume", action="append", default=[])
    parser.add_argument("image")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    told = parser.parse_args(list(argv))
    name = container_name()
    cpus = min(told.cpus, float(os.cpu_count() or told.cpus))
    env = {each: None for each in (*PASSED, *told.passed) if each in os.environ}
    command = run_command(
        Engine(), told.image, name, limits=Limits(told.memory, cpus), network=told.network, env=env,
        hardened=not told.plain, arguments=told.arguments, volumes=told.volume,
    )  # fmt: skip
    return command, name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
