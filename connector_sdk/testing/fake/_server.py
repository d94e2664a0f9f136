"""A small HTTP/1.1 server: a thread a connection, keep-alive, and every way to break an answer on its way."""

from __future__ import annotations

import contextlib
import gzip
import http
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from connector_sdk.testing.fake._faults import Fault

__all__ = ["Incoming", "Outgoing", "Server"]

_MOST_HEAD = 256 * 1024
_PIECES = 20
_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


@dataclass
class Incoming:
    """A request as it came over the wire; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Outgoing:
    """An answer as it shall go over the wire, and what spoils it on its way."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None


class _Closed(Exception):  # noqa: N818
    """The other side is gone."""


class Server:
    """Serves ``handle`` on 127.0.0.1 from ``start()`` to ``stop()``."""

    def __init__(self, handle: Callable[[Incoming], Outgoing], pause: Callable[[float], None]) -> None:
        self._handle = handle
        self._pause = pause
        self._listening: socket.socket | None = None
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self.port = 0

    def start(self, port: int) -> None:
        """Listen; port 0 takes a free one."""
        self._ending.clear()
        self._listening = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, name=f"fake-api-{self.port}", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Close every connection and wait for their threads."""
        if self._listening is None:
            return
        self._ending.set()
        with contextlib.suppress(OSError):  # wakes accept() on every platform
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._accepting.join(5)
        self._listening.close()
        self._listening = None
        with self._lock:
            connections = dict(self._open)
        for connection, thread in connections.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            if thread is not threading.current_thread():
                thread.join(5)

    def _accept(self) -> None:
        assert self._listening is not None
        while not self._ending.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            if self._ending.is_set():
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(connection,), name="fake-api-connection", daemon=True)
            with self._lock:
                self._open[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        reader = _Reader(connection)
        try:
            while not self._ending.is_set():
                incoming = reader.read()
                outgoing = self._handle(incoming)
                keep = incoming.headers.get("connection", "").lower() != "close"
                if not self._send(connection, incoming, outgoing, keep) or not keep:
                    return
        except (_Closed, OSError, ValueError):
            return  # gone, stopped, or no HTTP
        finally:
            with self._lock:
                self._open.pop(connection, None)
            connection.close()

    def _send(self, connection: socket.socket, incoming: Incoming, outgoing: Outgoing, keep: bool) -> bool:
        """Send the answer, spoilt where it must be; whether the connection can go on."""
        fault = outgoing.fault.kind if outgoing.fault else ""
        body = b"" if incoming.method == "HEAD" else outgoing.body
        if fault == "reset":
            return _reset(connection)
        if fault == "cut_json":
            body = body[: len(body) // 2]
        head = _head(outgoing, len(body), keep and fault != "cut")
        if fault in ("reset_midway", "cut"):
            connection.sendall(head + body[: len(body) // 2])
            return _reset(connection) if fault == "reset_midway" else False
        if fault == "slow" and outgoing.fault is not None:
            self._drip(connection, head, body, outgoing.fault.seconds)
            return True
        connection.sendall(head + body)
        return True

    def _drip(self, connection: socket.socket, head: bytes, body: bytes, seconds: float) -> None:
        connection.sendall(head)
        size = max(1, -(-len(body) // _PIECES))
        for start in range(0, len(body), size):
            self._pause(seconds / _PIECES)
            if self._ending.is_set():
                raise _Closed
            connection.sendall(body[start : start + size])


class _Reader:
    """Requests from one connection, one after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""

    def read(self) -> Incoming:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _MOST_HEAD:
                raise _Closed
            self._more()
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        self._buffer = self._buffer[end + 4 :]
        method, _, rest = lines[0].partition(" ")
        target, _, version = rest.rpartition(" ")
        if not version.startswith("HTTP/1."):
            raise _Closed
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._chunks() if "chunked" in headers.get("transfer-encoding", "") else b""
        if headers.get("content-length", "").isdigit():
            body = self._exactly(int(headers["content-length"]))
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return Incoming(method, target, headers, body)

    def _more(self) -> None:
        data = self._connection.recv(1 << 16)
        if not data:
            raise _Closed
        self._buffer += data

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._more()
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self._line().split(b";")[0] or b"0", 16):
            parts.append(self._exactly(size))
            self._line()
        while self._line():
            pass
        return b"".join(parts)


def _head(outgoing: Outgoing, length: int, keep: bool) -> bytes:
    lines = [f"HTTP/1.1 {outgoing.status} {_REASONS.get(outgoing.status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in outgoing.headers.items()]
    if outgoing.status != 204:
        lines.append(f"Content-Length: {length}")
    if not keep:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reset(connection: socket.socket) -> bool:
    """Close so that the other side sees a reset, not an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False
