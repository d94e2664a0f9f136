"""The process that is forked for each connector that ``_warm`` starts; given the number of its socket."""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import time
from typing import Any

_IMPORTED = ("connector_sdk.airbyte", "connector_sdk.engine", "connector_sdk.flow", "connector_sdk.http")


def _serve(server: socket.socket) -> dict[str, Any] | None:
    """Fork for each start that is asked for: returns its job in the new process, and None here, once nobody asks."""
    with selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not server:
                    _tell_end(server, selector, key)
                    continue
                data, files, _, _ = socket.recv_fds(server, 64, 4)
                if not data:
                    return None
                if (pid := os.fork()) == 0:
                    return _become(files, server)
                for file in files:
                    os.close(file)
                server.send(json.dumps({"kind": "started", "pid": pid}).encode())
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)


def _tell_end(server: socket.socket, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    selector.unregister(key.fileobj)
    os.close(key.fd)
    pid, status, used = os.wait4(key.data, 0)
    told = {"kind": "ended", "pid": pid, "status": status, "cpu": used.ru_utime + used.ru_stime,
            "memory": used.ru_maxrss}  # fmt: skip
    server.send(json.dumps(told).encode())


def _become(files: list[int], server: socket.socket) -> dict[str, Any]:
    """Take the pipes, the environment and the folder that are meant for the new process; its job."""
    os.setsid()
    server.close()
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    with os.fdopen(files[3], "rb") as held:
        held.seek(0)
        job: dict[str, Any] = json.loads(held.read())
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(job["env"])
    time.tzset()
    os.chdir(job["cwd"])
    return job


def _run(job: dict[str, Any]) -> None:
    """What ``python -m MODULE ARGUMENTS`` does."""
    # its face looks at the arguments when it is imported, and takes hold of stdout; all behind it is there already
    del sys.modules["connector_sdk"]
    path = [each for each in job["env"].get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.path[:0] = [job["cwd"], *path]
    sys.argv[:] = ["-m", *job["arguments"]]
    sys.orig_argv[:] = [sys.executable, "-m", job["module"], *job["arguments"]]
    runpy.run_module(job["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    sys.path.pop(0)  # this file's own folder
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is shared is not to be copied because somebody counts it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asks; it is gone soon
    mine = _serve(socket.socket(fileno=int(sys.argv[1])))
    if mine is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _run(mine)
