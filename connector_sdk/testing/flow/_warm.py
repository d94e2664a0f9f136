"""Starting connectors sooner: a process that has this SDK imported is forked, where a new one would import it again.

What comes of it is a process of its own, with pipes, environment, session and death of its own; the connector's module
is imported in it. Most of a small session is the import of the SDK, and a test kit has hundreds of them.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["Ended", "Forked", "forked"]

_SERVER = str(Path(__file__).with_name("_warm_server.py"))
_SOON = 3  # starts before a server is worth its own
_POSSIBLE = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")


class Ended:
    """How a process ended: the status as ``waitpid`` tells it, CPU seconds, peak memory as ``getrusage`` counts it."""

    def __init__(self, status: int, cpu: float, memory: int) -> None:
        self.status = status
        self.cpu = cpu
        self.memory = memory


class Forked:
    """A process that was forked: its ``pid``, and our ends of its pipes."""

    def __init__(self, server: _Server, pid: int, stdin: int, stdout: int, stderr: int) -> None:
        self._server = server
        self.pid = pid
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr

    def ended(self) -> Ended | None:
        """How it ended, once it has."""
        return self._server.ended(self.pid)


class _Server:
    """The process that is forked, and what it has told of those that ended."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, _SERVER, str(theirs.fileno())],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
        self._socket = ours
        self._lock = threading.Lock()
        self._ended: dict[int, Ended] = {}
        self.owner = os.getpid()

    def start(self, module: str, arguments: Sequence[str], env: Mapping[str, str], cwd: str) -> Forked:
        """Raises OSError where there is no server any more."""
        pairs = [os.pipe() for _ in range(3)]
        theirs = [pairs[0][0], pairs[1][1], pairs[2][1]]
        ours = [pairs[0][1], pairs[1][0], pairs[2][0]]
        try:
            job = json.dumps({"module": module, "arguments": list(arguments), "env": dict(env), "cwd": cwd}).encode()
            # a packet may not be as long as an environment may be
            file = os.memfd_create("job")
            try:
                os.write(file, job)
                with self._lock:
                    socket.send_fds(self._socket, [b"start"], [*theirs, file])
                    while (told := self._told())["kind"] != "started":
                        self._note(told)
            finally:
                os.close(file)
        except OSError:
            for each in ours:
                os.close(each)
            raise
        finally:
            for each in theirs:
                os.close(each)
        return Forked(self, int(told["pid"]), *ours)

    def ended(self, pid: int) -> Ended | None:
        with self._lock:
            if pid not in self._ended:
                self._socket.setblocking(False)
                try:
                    while True:
                        self._note(self._told())
                except BlockingIOError:
                    pass
                finally:
                    self._socket.setblocking(True)
            return self._ended.pop(pid, None)

    def _note(self, told: Mapping[str, Any]) -> None:
        self._ended[told["pid"]] = Ended(told["status"], told["cpu"], told["memory"])

    def _told(self) -> dict[str, Any]:
        packet = self._socket.recv(4096)
        if not packet:
            raise OSError("the process that is forked is gone")
        told: dict[str, Any] = json.loads(packet)
        return told

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


_starts = 0
_server: _Server | None = None
_starting = threading.Lock()


def forked(argv: Sequence[str], env: Mapping[str, str], cwd: Path | str | None) -> Forked | None:
    """The command as a forked process, if it is ``python -m MODULE ...`` of this interpreter, and not one of the first;
    else None. The environment has to ask for it: ``CONNECTOR_WARM=1``."""
    global _server, _starts
    if not _POSSIBLE or env.get("CONNECTOR_WARM") != "1" or tuple(argv[:2]) != (sys.executable, "-m") or len(argv) < 3:
        return None
    with _starting:
        _starts += 1
        if _server is None or _server.owner != os.getpid():
            if _starts < _SOON:
                return None
            _server = _Server()
            atexit.register(_server.close)
        server = _server
    try:
        return server.start(argv[2], argv[3:], env, str(cwd or Path.cwd()))
    except OSError:  # it is gone, or never came up: a process that is started from nothing shows why
        with _starting:
            if _server is server:
                atexit.unregister(server.close)
                server.close()
                _server = None
        return None
