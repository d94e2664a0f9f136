"""A registry's side of images: the OCI distribution API (v1.1), as much of it as a pull and a push take."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import httpx

from connector_sdk.errors import RegistryError
from connector_sdk.images._logins import login_for
from connector_sdk.images._reference import Reference

__all__ = ["Registry"]

MANIFESTS = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
             "application/vnd.oci.image.manifest.v1+json",
             "application/vnd.docker.distribution.manifest.v2+json")  # fmt: skip
_CHUNK = 1 << 20


class Registry:
    """One repository of one registry. ``anonymous`` never logs in. Each method raises RegistryError."""

    def __init__(self, reference: Reference, *, anonymous: bool = False) -> None:
        self._reference = reference
        self._root = f"{reference.origin}/v2/{reference.path}"
        self._login = None if anonymous else login_for(reference.host)
        self._authorization = ""
        self._client = httpx.Client(
            timeout=httpx.Timeout(60.0, connect=15.0), transport=None, follow_redirects=False, http2=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def manifest(self, name: str) -> tuple[bytes, str, str] | None:
        """A manifest by tag or digest: its bytes, media type and digest; nothing where there is none."""
        answer = self._ask("GET", f"/manifests/{name}", headers={"Accept": ", ".join(MANIFESTS)})
        if answer.status_code == 404:
            return None
        self._expect(answer, 200)
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        if name.startswith("sha256:") and name != digest:
            raise RegistryError(f"The registry {self._reference.host} gave another manifest than {name}.")
        return answer.content, answer.headers.get("content-type", "").partition(";")[0], digest

    def blob(self, digest: str, into: Path) -> None:
        """Fetch a blob into a file; what arrives is checked against its digest."""
        found = hashlib.sha256()
        with into.open("wb") as file:
            for chunk in self._stream(f"{self._root}/blobs/{digest}"):
                found.update(chunk)
                file.write(chunk)
        if f"sha256:{found.hexdigest()}" != digest:
            raise RegistryError(f"The registry {self._reference.host} gave another blob than {digest}.")

    def push_blob(self, digest: str, file: Path, *, mount_from: str = "") -> bool:
        """Send a blob unless it is there; one of another repository there is taken over. Whether it was sent."""
        if self._ask("HEAD", f"/blobs/{digest}").status_code == 200:
            return False
        mount = {"mount": digest, "from": mount_from} if mount_from else {}
        begun = self._expect(self._ask("POST", "/blobs/uploads/", params=mount), 201, 202)
        if begun.status_code == 201:
            return False
        place = httpx.URL(urljoin(str(begun.url), begun.headers["location"])).copy_merge_params({"digest": digest})
        size = {"Content-Type": "application/octet-stream", "Content-Length": str(file.stat().st_size)}
        self._expect(self._ask("PUT", str(place), headers=size, file=file), 201)
        return True

    def push_manifest(self, name: str, content: bytes, media_type: str) -> str:
        """Send a manifest under that tag; the digest under which the registry has it."""
        answer = self._ask("PUT", f"/manifests/{name}", headers={"Content-Type": media_type}, content=content)
        self._expect(answer, 201)
        own = f"sha256:{hashlib.sha256(content).hexdigest()}"
        theirs = answer.headers.get("docker-content-digest", own)
        if theirs != own:
            raise RegistryError(f"The registry {self._reference.host} keeps {name} as {theirs}, not as {own}.")
        return own

    # ---- asking -----------------------------------------------------------------------------------------------------

    def _ask(self, method: str, path: str, *, file: Path | None = None, **how: Any) -> httpx.Response:
        url = path if path.startswith("http") else self._root + path
        answer = self._send(method, url, file, how)
        if answer.status_code == 401 and self._log_in(answer.headers.get("www-authenticate", "")):
            answer = self._send(method, url, file, how)
        if answer.status_code in (401, 403) and method != "HEAD":  # a refusal's words are in its body
            raise self._refused(answer)
        return answer

    def _send(self, method: str, url: str, file: Path | None, how: dict[str, Any]) -> httpx.Response:
        headers = {**how.get("headers", {}), **({"Authorization": self._authorization} if self._authorization else {})}
        try:
            if file is None:
                return self._client.request(method, url, **{**how, "headers": headers})
            with file.open("rb") as body:
                return self._client.request(
                    method, url, **{**how, "headers": headers}, content=iter(lambda: body.read(_CHUNK), b"")
                )
        except httpx.HTTPError as wrong:
            raise self._unreachable(wrong) from None

    def _stream(self, url: str) -> Iterator[bytes]:
        """A blob's bytes; registries send them from elsewhere, where the login does not belong."""
        headers = {"Authorization": self._authorization} if self._authorization else {}
        for _ in range(5):
            try:
                with self._client.stream("GET", url, headers=headers) as answer:
                    if answer.status_code == 401 and self._log_in(answer.headers.get("www-authenticate", "")):
                        headers = {"Authorization": self._authorization}
                        continue
                    if answer.is_redirect:
                        target = urljoin(url, answer.headers["location"])
                        headers = headers if httpx.URL(target).host == httpx.URL(url).host else {}
                        url = target
                        continue
                    if answer.status_code != 200:
                        answer.read()
                        self._expect(answer, 200)
                    yield from answer.iter_raw(_CHUNK)
                    return
            except httpx.HTTPError as wrong:
                raise self._unreachable(wrong) from None
        raise RegistryError(f"The registry {self._reference.host} sends round in circles for {url}.")

    def _log_in(self, challenge: str) -> bool:
        """Take up what a 401 asks for; false where there is nothing to take up, or it was tried."""
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "basic" and self._login and not self._authorization:
            self._authorization = httpx.BasicAuth(*self._login)._auth_header
            return True
        if kind.lower() != "bearer":
            return False
        asked = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        token = self._token(asked)
        if not token or f"Bearer {token}" == self._authorization:
            return False
        self._authorization = f"Bearer {token}"
        return True

    def _token(self, asked: dict[str, str]) -> str:
        params = {key: asked[key] for key in ("service", "scope") if asked.get(key)}
        realm = asked.get("realm", "")
        try:
            if self._login and self._login[0] == "<token>":
                grant = {"grant_type": "refresh_token", "refresh_token": self._login[1], "client_id": "connector-sdk"}
                answer = self._client.post(realm, data={**params, **grant})
            else:
                answer = self._client.get(realm, params=params, auth=self._login)
            told = answer.json() if answer.status_code == 200 else {}
        except (httpx.HTTPError, ValueError) as wrong:
            raise self._unreachable(wrong) from None
        return str(told.get("token") or told.get("access_token") or "")

    # ---- what went wrong --------------------------------------------------------------------------------------------

    def _expect(self, answer: httpx.Response, *codes: int) -> httpx.Response:
        if answer.status_code in codes:
            return answer
        raise RegistryError(
            f"The registry {self._reference.host} answered {answer.status_code} for {self._reference.path}: "
            f"{_said(answer)}."
        )

    def _refused(self, answer: httpx.Response) -> RegistryError:
        host = self._reference.host
        return RegistryError(
            f"The registry {host} refuses {self._reference.path} ({answer.status_code}): {_said(answer)}.",
            hint=f"log in with docker login {host}, with an account that may do this",
        )

    def _unreachable(self, wrong: Exception) -> RegistryError:
        return RegistryError(
            f"The registry {self._reference.host} cannot be reached: {wrong or type(wrong).__name__}.",
            hint="see whether its name is right and it is up",
        )


def _said(answer: httpx.Response) -> str:
    try:
        errors = answer.json()["errors"]
        return str(errors[0].get("message") or errors[0].get("code"))
    except (ValueError, LookupError, TypeError):
        return answer.reason_phrase or "no reason was given"
