"""Names of images: ``registry/repository:tag@digest``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector_sdk.errors import ImageUsageError

__all__ = ["Reference", "parse_reference"]

_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
HUB = "docker.io"


@dataclass(frozen=True)
class Reference:
    """A name, taken apart. ``registry`` is empty where none was named; ``tag`` and ``digest`` may be."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        place = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return f"{place}{f':{self.tag}' if self.tag else ''}{f'@{self.digest}' if self.digest else ''}"

    @property
    def host(self) -> str:
        """The host (and port) to talk to; Docker Hub where none was named."""
        return "registry-1.docker.io" if self.registry in ("", HUB) else self.registry

    @property
    def path(self) -> str:
        """The repository as the host knows it."""
        official = self.registry in ("", HUB) and "/" not in self.repository
        return f"library/{self.repository}" if official else self.repository

    @property
    def origin(self) -> str:
        """``http`` for this machine, as docker has it, and ``https`` for all others."""
        name = re.sub(r":\d+$", "", self.host)
        plain = name == "localhost" or re.fullmatch(r"127(\.\d+){3}", name) or name == "[::1]"
        return f"{'http' if plain else 'https'}://{self.host}"


def parse_reference(text: str) -> Reference:
    """The name taken apart. Raises ImageUsageError for what is none."""
    rest, at, digest = text.partition("@")
    registry = ""
    first, slash, after = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, rest = first, after
    repository, _, tag = rest.partition(":")
    good = _REPOSITORY.fullmatch(repository) and (not tag or _TAG.fullmatch(tag)) and not rest.endswith(":")
    if not good or (at and not _DIGEST.fullmatch(digest)):
        upper = ": a repository's name is in lower case" if repository != repository.lower() else ""
        raise ImageUsageError(
            f"{text!r} is no name of an image{upper}.", hint="write it as in ghcr.io/acme/source-gong:v1"
        )
    return Reference(registry, repository, tag, digest)
