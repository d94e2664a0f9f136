"""A registry on 127.0.0.1, written from the OCI distribution specification 1.1: blobs, manifests, uploads, logins."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "ada", "made-up-password"


class FakeRegistry:
    """``host`` is what stands before the slash of a name. ``private`` asks for a login, ``refuse`` answers all with a
    status. ``stall`` is set to hold every blob that is asked for; ``asked`` is set when one is. ``homes`` are the
    repositories that hold a blob.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.homes: set[tuple[str, str]] = set()
        self.manifests: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.requests: list[str] = []
        self.private = False
        self.public_reads = False
        self.refuse: tuple[int, str] | None = None
        self.damage = False
        self.stall = threading.Event()
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"registry": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeRegistry:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    registry: FakeRegistry
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, status: int, code: str, message: str, **headers: str) -> None:
        self._say(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode(), **headers)

    def _allowed(self) -> bool:
        it = self.registry
        it.requests.append(f"{self.command} {self.path}")
        if it.refuse is not None:
            self._error(it.refuse[0], "DENIED", it.refuse[1])
            return False
        reads = self.command in ("GET", "HEAD")
        if not it.private or (it.public_reads and reads) or self.headers.get("Authorization") == "Bearer good":
            return True
        realm = f'Bearer realm="http://{it.host}/token",service="fake",scope="repository:x:pull,push"'
        self._error(401, "UNAUTHORIZED", "authentication required", WWW_Authenticate=realm)
        return False

    def _token(self) -> None:
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        good = self.headers.get("Authorization") == expected
        self._say(200, json.dumps({"token": "good" if good else "anonymous"}).encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.path.startswith("/token"):
            return self._token()
        if not self._allowed():
            return None
        if found := re.fullmatch(r"/v2/(.+)/manifests/(.+)", self.path):
            manifest = self.registry.manifests.get((found[1], found[2]))
            if manifest is None:
                return self._error(404, "MANIFEST_UNKNOWN", "manifest unknown")
            digest = "sha256:" + hashlib.sha256(manifest[0]).hexdigest()
            return self._say(200, manifest[0], Content_Type=manifest[1], Docker_Content_Digest=digest)
        home, digest = self._home(), self.path.rpartition("/")[2]
        if (home, digest) not in self.registry.homes:
            return self._error(404, "BLOB_UNKNOWN", "blob unknown")
        if self.registry.stall.is_set() and self.command == "GET":
            self.registry.asked.set()
            self.registry.go_on.wait(60)
        data = self.registry.blobs[digest]
        return self._say(200, b"x" + data[1:] if self.registry.damage else data)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._allowed():
            query = parse_qs(urlsplit(self.path).query)
            mount = query.get("mount", [""])[0]
            if (query.get("from", [""])[0], mount) in self.registry.homes:
                self.registry.homes.add((self._home(), mount))
                return self._say(201, Location="/v2/x")
            return self._say(202, Location=f"/v2/{self._home()}/blobs/uploads/1?state=kept")
        return None

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._allowed():
            return None
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        if found := re.fullmatch(r"/v2/(.+)/manifests/(.+)", self.path):
            manifest = json.loads(body)
            for each in [manifest["config"], *manifest["layers"]]:
                if (found[1], each["digest"]) not in self.registry.homes:
                    return self._error(400, "MANIFEST_BLOB_UNKNOWN", f"blob unknown: {each['digest']}")
            for name in (found[2], digest):
                self.registry.manifests[found[1], name] = body, self.headers["Content-Type"]
            return self._say(201, Docker_Content_Digest=digest)
        query = parse_qs(urlsplit(self.path).query)
        if query.get("state") != ["kept"] or query["digest"] != [digest]:
            return self._error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        self.registry.blobs[digest] = body
        self.registry.homes.add((self._home(), digest))
        return self._say(201)

    def _home(self) -> str:
        return self.path.removeprefix("/v2/").partition("/blobs/")[0]
