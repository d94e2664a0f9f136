"""A command behind pipes, served by the thread that asks."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from connector_sdk.testing.flow._warm import Ended, forked

__all__ = ["Process", "Usage"]

_CHUNK = 1 << 16


class Usage:
    """What an ended process used: ``cpu`` in seconds (user and system), ``memory`` as peak resident bytes."""

    def __init__(self, cpu: float, memory: int) -> None:
        self.cpu = cpu
        self.memory = memory


class Process:
    """A running command whose stdin, stdout and stderr move only while someone calls ``pump``.

    So a caller who stops asking is a reader who stopped reading: the command's stdout fills up and blocks. The command
    runs in a session of its own; ``close`` ends it and whatever it started. ``pid`` is the command's own.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path | str | None) -> None:
        self.began = time.monotonic()
        self._forked = forked(argv, env, cwd)
        self._popen: subprocess.Popen[bytes] | None = None
        if self._forked is None:
            popen = self._popen = subprocess.Popen(
                list(argv),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
            assert popen.stdin and popen.stdout and popen.stderr
            self._stdin, self._stdout, self._stderr = popen.stdin, popen.stdout, popen.stderr
            self.pid = popen.pid
        else:
            self._stdin = os.fdopen(self._forked.stdin, "wb", buffering=0)
            self._stdout = os.fdopen(self._forked.stdout, "rb", buffering=0)
            self._stderr = os.fdopen(self._forked.stderr, "rb", buffering=0)
            self.pid = self._forked.pid
        for pipe in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(pipe.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._watched: set[int] = set()
        self._outgoing = bytearray()
        self._close_stdin = False
        self.stdout_ended = False
        self.stderr_ended = False
        self.exit_code: int | None = None
        self.usage: Usage | None = None

    @property
    def unsent(self) -> int:
        """Bytes that the command has not yet taken from its stdin."""
        return len(self._outgoing)

    def send(self, data: bytes) -> None:
        """Queue bytes for stdin; they leave while pumping. Bytes for a closed stdin are dropped."""
        if not self._stdin.closed and not self._close_stdin:
            self._outgoing += data
            self._write()

    def close_stdin(self) -> None:
        """Close stdin as soon as everything that was sent has left."""
        self._close_stdin = True
        self._write()

    def pump(self, timeout: float, *, read_stdout: bool = True, at_most: int = _CHUNK) -> tuple[bytes, bytes]:
        """What arrived on stdout (at most that many bytes) and stderr within ``timeout`` seconds; may be empty."""
        self._watch(self._stdin, selectors.EVENT_WRITE, bool(self._outgoing))
        self._watch(self._stdout, selectors.EVENT_READ, read_stdout and not self.stdout_ended)
        self._watch(self._stderr, selectors.EVENT_READ, not self.stderr_ended)
        if not self._watched:
            time.sleep(min(timeout, 0.005))
            return b"", b""
        out = err = b""
        for key, _ in self._selector.select(max(0.0, timeout)):
            if key.fileobj is self._stdin:
                self._write()
            elif key.fileobj is self._stdout:
                out, self.stdout_ended = self._read(self._stdout, min(at_most, _CHUNK))
            else:
                err, self.stderr_ended = self._read(self._stderr, _CHUNK)
        return out, err

    def poll(self) -> int | None:
        """The exit code if the command has ended, else nothing. Does not wait."""
        if self.exit_code is None and (ended := self._ended()) is not None:
            self.exit_code = os.waitstatus_to_exitcode(ended.status)
            if self._popen is not None:
                self._popen.returncode = self.exit_code
            scale = 1 if os.uname().sysname == "Darwin" else 1024
            self.usage = Usage(ended.cpu, ended.memory * scale)
        return self.exit_code

    def _ended(self) -> Ended | None:
        if self._forked is not None:
            return self._forked.ended()
        try:
            pid, status, used = os.wait4(self.pid, os.WNOHANG)
        except ChildProcessError:
            return Ended(0, 0.0, 0)
        return Ended(status, used.ru_utime + used.ru_stime, used.ru_maxrss) if pid else None

    def peak(self) -> int:
        """The most bytes that were resident since the command began; 0 where the system does not tell.

        Asked while it runs: what ``wait4`` tells of an ended process begins with the peak of the one that forked it.
        """
        with contextlib.suppress(OSError, ValueError, IndexError):
            status = Path(f"/proc/{self.pid}/status").read_text()
            return int(status.partition("VmHWM:")[2].split()[0]) << 10
        return 0

    def resident(self) -> int:
        """Bytes of memory the command has resident now; 0 where the system does not tell."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE")
        return 0

    def signal(self, number: int) -> None:
        """Send a signal to the command itself; one that has ended takes none."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def close(self) -> None:
        """End the command and what it started, now, and close the pipes. Safe to call twice."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.exit_code is None or not (self.stdout_ended and self.stderr_ended):
                os.killpg(self.pid, signal.SIGKILL)
        self.signal(signal.SIGKILL)  # one that was forked a moment ago has no group of its own yet
        while self.poll() is None:
            time.sleep(0.001)
        self._selector.close()
        self._watched.clear()
        for pipe in (self._stdin, self._stdout, self._stderr):
            with contextlib.suppress(OSError):
                pipe.close()

    def _watch(self, pipe: IO[bytes], events: int, wanted: bool) -> None:
        number = -1 if pipe.closed else pipe.fileno()
        if wanted and number >= 0 and number not in self._watched:
            self._selector.register(pipe, events)
            self._watched.add(number)
        elif not wanted and number in self._watched:
            self._selector.unregister(pipe)
            self._watched.discard(number)

    def _write(self) -> None:
        try:
            while self._outgoing and not self._stdin.closed:
                written = os.write(self._stdin.fileno(), self._outgoing[:_CHUNK])
                del self._outgoing[:written]
        except BlockingIOError:
            return
        except OSError:  # the command has closed its stdin or is gone; what it then does is what counts
            self._outgoing.clear()
            self._close_stdin = True
        if self._close_stdin and not self._outgoing and not self._stdin.closed:
            self._watch(self._stdin, 0, False)
            self._stdin.close()

    @staticmethod
    def _read(pipe: IO[bytes], at_most: int) -> tuple[bytes, bool]:
        try:
            chunk = os.read(pipe.fileno(), at_most)
        except BlockingIOError:
            return b"", False
        return chunk, not chunk
