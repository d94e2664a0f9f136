"""``guard.py docker run ... --name {name} ...``: runs a container, and removes it when nobody is there who wanted it.

Who kills ``docker run`` leaves its container running. So this script starts it from a guard, in a session of its own,
which removes the container as soon as the script is gone, however it went. stdin, stdout, stderr and the exit code are
the container's. It is started with every container, so it imports the standard library only.
"""

import contextlib
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from types import FrameType

_PATIENCE = 300.0  # seconds in which an engine that is busy creates or removes a container


def main(argv: list[str]) -> int:
    """Run the command, with a name that no other container has, until it or this process ends; its exit code."""
    name = f"connector-sdk-{secrets.token_hex(6)}"
    alive, ours = os.pipe()
    tell, told = os.pipe()
    guard = os.fork()
    if guard == 0:
        os.close(ours)
        os.close(tell)
        os._exit(_guard([each.replace("{name}", name) for each in argv], name, alive, told))
    os.close(alive)
    os.close(told)
    _let_go()
    with os.fdopen(tell, "rb", buffering=0) as reports:
        client = int(reports.readline() or b"0")

        def forward(number: int, frame: FrameType | None) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(client, number)

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
    try:
        client = subprocess.Popen(command, start_new_session=True)
    except OSError as wrong:
        os.write(2, f"{command[0]} cannot be run: {wrong.strerror}\n".encode())
        os.write(told, b"0\n127\n")
        return 1
    _let_go()
    with contextlib.suppress(BrokenPipeError):
        os.write(told, b"%d\n" % client.pid)
    ended = os.pidfd_open(client.pid) if hasattr(os, "pidfd_open") else None
    watched = [alive] if ended is None else [alive, ended]
    while client.poll() is None:
        ready, _, _ = select.select(watched, [], [], 0.05 if ended is None else None)
        if alive in ready:
            _abandon(command[0], name, client)
            return 1
    _remove(command[0], name)
    code = client.returncode
    with contextlib.suppress(BrokenPipeError):
        os.write(told, b"%d\n" % (code if code >= 0 else 128 - code))
    return 0


def _let_go() -> None:
    """stdin, stdout and stderr are the container's now: their ends must be seen by whoever reads them."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)


def _heed_not(number: int, frame: FrameType | None) -> None:
    """The container is asked to end, by its own client; the guard stays until it has."""


def _abandon(cli: str, name: str, client: subprocess.Popen[bytes]) -> None:
    """Remove the container of a client that nobody waits for.

    The client goes on until then: were it killed while the engine creates the container, the engine would create it all
    the same, after nothing was found to remove.
    """
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        over = client.poll() is not None
        if _remove(cli, name) or over:
            break
        time.sleep(0.05)
    client.kill()
    client.wait()


def _remove(cli: str, name: str) -> bool:
    """Kill and remove the container; whether there was one, and it is gone."""
    done = subprocess.run([cli, "rm", "--force", "--volumes", name], capture_output=True, text=True, check=False)
    return name in done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
