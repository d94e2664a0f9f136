"""Secure connections, certificates of one's own, and proxies: as the environment says, and in words where they fail."""

from __future__ import annotations

import base64
import contextlib
import datetime
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector_sdk import GET, Bearer
from connector_sdk.errors import UnreachableError

LIST = GET("/i", records="")
TOKEN = "a-token-for-the-source-alone"
SETTINGS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
BODY = b'[{"id":1}]'
GOOD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: Any) -> None:
    """None of this machine's own proxies and certificates."""
    for name in (*SETTINGS, *map(str.lower, SETTINGS), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


# ---- certificates


class Authority:
    """A certificate authority of a company's own, in a file."""

    def __init__(self, folder: Path, name: str = "Acme CA") -> None:
        self._folder, self._key, self._name = folder, ec.generate_private_key(ec.SECP256R1()), _named(name)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        constraints = [(x509.BasicConstraints(ca=True, path_length=None), True), (usage, True)]
        self._certificate = self._signed(self._name, self._key.public_key(), constraints)
        self.file = self._kept("ca.pem", self._certificate)

    def context(self, *names: str, days: int = 30) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate for these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        known = [x509.IPAddress(ipaddress.ip_address(each)) if each[0].isdigit() else x509.DNSName(each)
                 for each in names]  # fmt: skip
        found = self._signed(_named(names[0]), key.public_key(), [(x509.SubjectAlternativeName(known), False)], days)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (self._folder / "key.pem").write_bytes(pem)
        context.load_cert_chain(self._kept("server.pem", found), self._folder / "key.pem")
        return context

    def _signed(self, name: x509.Name, key: Any, more: list[Any], days: int = 30) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key)
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - datetime.timedelta(days=60)).not_valid_after(
            now + datetime.timedelta(days=days)
        )
        for extension, critical in more:
            made = made.add_extension(extension, critical)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
        own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return made.add_extension(own, False).sign(self._key, hashes.SHA256())

    def _kept(self, name: str, certificate: x509.Certificate) -> Path:
        file = self._folder / name
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return file


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


# ---- servers


class Listener:
    """Accepts connections, each served by ``serve`` in a thread of its own; ``heads`` are the requests it got."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError

    def head(self, connection: socket.socket) -> str:
        """The next request's head."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := connection.recv(65536)):
                raise OSError("closed")
            data += more
        self.heads.append(data.decode())
        return self.heads[-1]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._guarded, args=(connection,), daemon=True).start()

    def _guarded(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.serve(connection)

    def close(self) -> None:
        for each in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


class Vendor(Listener):
    """The source: plain, or behind TLS."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        inner = connection if self._context is None else self._context.wrap_socket(connection, server_side=True)
        with inner:
            self.head(inner)
            inner.sendall(GOOD)


class Proxy(Listener):
    """A forward proxy that knows one address behind every name; ``refuses`` is what it answers instead."""

    def __init__(self, behind: int, refuses: bytes = b"") -> None:
        self._behind, self._refuses = behind, refuses
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        head = self.head(connection)
        if self._refuses:
            connection.sendall(self._refuses)
            return
        with socket.create_connection(("127.0.0.1", self._behind)) as there:
            if head.startswith("CONNECT "):
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                there.sendall(re.sub(r"^(\w+) http://[^/]+", r"\1 ", head).encode())
            back = threading.Thread(target=_pump, args=(there, connection), daemon=True)
            back.start()
            if head.startswith("CONNECT "):
                _pump(connection, there)
            back.join(5)


def _pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


@pytest.fixture
def started() -> Iterator[Any]:
    """Remembers servers, to be closed at the end."""
    made: list[Listener] = []

    def start(server: Any) -> Any:
        made.append(server)
        return server

    yield start
    for each in made:
        each.close()


@pytest.fixture
def at(source: Any) -> Any:
    def point(url: str) -> Any:
        source.http = {"base_url": url, "auth": Bearer(TOKEN)}
        source.options = {"first_patience": 0.0}
        return source

    return point


# ---- TLS


def test_a_company_s_own_authority_is_trusted_where_the_environment_says_so(
    at: Any, started: Any, authority: Authority, monkeypatch: Any
) -> None:
    server = started(Vendor(authority.context("127.0.0.1", "localhost")))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert at(f"https://127.0.0.1:{server.port}").records(LIST) == [{"id": 1}]
    assert f"Bearer {TOKEN}" in server.heads[0]


def test_an_unknown_authority_is_told_in_a_sentence(at: Any, started: Any, authority: Authority) -> None:
    server = started(Vendor(authority.context("127.0.0.1")))
    with pytest.raises(UnreachableError, match=r"no secure connection \(.*certificate.*\)\. Check .* the certificate"):
        at(f"https://127.0.0.1:{server.port}").page(LIST)
    assert server.heads == []


@pytest.mark.parametrize("names, days, said", [
    (("api.vendor.test",), 30, r"mismatch|not valid for"), (("127.0.0.1",), -1, "expired"),
])  # fmt: skip
def test_a_certificate_that_does_not_fit_is_told_in_a_sentence(
    at: Any, started: Any, authority: Authority, monkeypatch: Any, names: Any, days: int, said: str
) -> None:
    server = started(Vendor(authority.context(*names, days=days)))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with pytest.raises(UnreachableError, match=rf"no secure connection \(.*({said})") as caught:
        at(f"https://127.0.0.1:{server.port}").page(LIST)
    assert str(caught.value).count("\n") == 0
    assert server.heads == []


# ---- proxies


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_plain_request_goes_through_the_proxy_which_knows_the_name(
    at: Any, started: Any, monkeypatch: Any, name: str
) -> None:
    server = started(Vendor())
    proxy = started(Proxy(server.port))
    monkeypatch.setenv(name, proxy.url)
    assert at("http://api.vendor.test").records(LIST) == [{"id": 1}]
    assert proxy.heads[0].startswith("GET http://api.vendor.test/i HTTP/1.1\r\n")
    assert "host: api.vendor.test" in server.heads[0].lower()


def test_a_secure_request_is_tunnelled_and_the_proxy_sees_no_credentials(
    at: Any, started: Any, authority: Authority, monkeypatch: Any
) -> None:
    server = started(Vendor(authority.context("api.vendor.test")))
    proxy = started(Proxy(server.port))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert at("https://api.vendor.test").records(LIST) == [{"id": 1}]
    assert proxy.heads[0].startswith("CONNECT api.vendor.test:443 ")
    assert TOKEN not in "".join(proxy.heads)
    assert TOKEN in server.heads[0]


def test_credentials_for_the_proxy_are_for_it_alone(
    at: Any, started: Any, authority: Authority, monkeypatch: Any
) -> None:
    server = started(Vendor(authority.context("api.vendor.test")))
    proxy = started(Proxy(server.port))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:p%40ss@"))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert at("https://api.vendor.test").records(LIST) == [{"id": 1}]
    pair = base64.b64encode(b"user:p@ss").decode()
    assert f"proxy-authorization: basic {pair}".lower() in proxy.heads[0].lower()
    assert "proxy-authorization" not in server.heads[0].lower()


@pytest.mark.parametrize("hosts", ["127.0.0.1", "*", "elsewhere.test, 127.0.0.1"])
def test_no_proxy_names_hosts_that_are_asked_directly(at: Any, started: Any, monkeypatch: Any, hosts: str) -> None:
    server = started(Vendor())
    proxy = started(Proxy(server.port))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", hosts)
    assert at(f"http://127.0.0.1:{server.port}").records(LIST) == [{"id": 1}]
    assert proxy.heads == []


def test_a_proxy_that_refuses_is_told_without_its_credentials(at: Any, started: Any, monkeypatch: Any) -> None:
    proxy = started(Proxy(0, refuses=b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:secret-of-the-proxy@"))
    with pytest.raises(UnreachableError, match=r"^api\.vendor\.test cannot be reached: ") as caught:
        at("https://api.vendor.test").page(LIST)
    assert "proxy" in str(caught.value).lower()
    assert "secret-of-the-proxy" not in str(caught.value)


def test_a_proxy_that_is_not_there_is_told(at: Any, started: Any, monkeypatch: Any) -> None:
    proxy = started(Proxy(0))
    proxy.close()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(UnreachableError, match="cannot be reached"):
        at("https://api.vendor.test").page(LIST)
