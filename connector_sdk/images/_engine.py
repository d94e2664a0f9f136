"""The container engine, through its command line: docker, or what ``DOCKER_CLI`` names. The only module that calls it.

All goes through the command line, inspecting too, so that contexts, ``DOCKER_HOST`` and podman work as in a shell.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from connector_sdk.errors import BaseImageError, EngineError, ImageError, RegistryError

__all__ = ["Engine"]

_TIMEOUT = 900.0
_DENIED = re.compile(r"permission denied", re.I)
_DOWN = re.compile(r"cannot connect to the docker daemon|is the docker daemon running|no such host|connection refused"
                   r"|error during connect|dial unix", re.I)  # fmt: skip
_FULL = re.compile(r"no space left on device|disk quota exceeded", re.I)


class Engine:
    """The engine that the environment names. Each method raises EngineError where the engine is not to be used."""

    def __init__(self) -> None:
        self.cli = os.environ.get("DOCKER_CLI") or "docker"
        self._info: dict[str, Any] = {}

    @property
    def found(self) -> bool:
        """Whether there is a command line at all."""
        return shutil.which(self.cli) is not None

    def check(self) -> dict[str, Any]:
        """What the engine says of itself; proves, once, that it is there and may be used."""
        if self._info:
            return self._info
        if not self.found:
            raise EngineError(
                f"There is no container engine: {self.cli} was not found.",
                hint="start one, name its command line in DOCKER_CLI, or take --builder oci, which needs none",
            )
        text = self.run("info", "--format", "{{json .}}", timeout=30)
        info: dict[str, Any] = json.loads(text)
        if info.get("ServerErrors"):  # older clients exit with 0
            self._refuse(["info"], " ".join(info["ServerErrors"]))
        self._info = info
        return self._info

    def run(self, *argv: str, timeout: float = _TIMEOUT, env: dict[str, str] | None = None) -> str:
        """The output of a command of the engine."""
        done = self.call(*argv, timeout=timeout, env=env)
        if done.returncode:
            self._refuse(list(argv), done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def call(
        self, *argv: str, timeout: float = _TIMEOUT, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A command of the engine, whatever came of it."""
        try:
            return subprocess.run(
                [self.cli, *argv],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                check=False,
                env={**os.environ, **(env or {})},
                start_new_session=True,  # Ctrl-C is ours to answer: what is begun is ended, and then removed
            )
        except subprocess.TimeoutExpired:
            raise EngineError(f"{self.cli} {argv[0]} did not end within {timeout:g} s.") from None
        except OSError as wrong:
            raise EngineError(f"{self.cli} cannot be run: {wrong.strerror}.") from None

    def image(self, reference: str) -> dict[str, Any] | None:
        """What ``inspect`` says of an image; nothing where the engine has none of that name."""
        done = self.call("image", "inspect", reference)
        if done.returncode:
            if re.search(r"no such image|image not known|not found", done.stderr, re.I):
                return None
            self._refuse(["image", "inspect"], done.stderr.strip())
        found: dict[str, Any] = json.loads(done.stdout)[0]
        return found

    def pull(self, reference: str) -> dict[str, Any]:
        """The image, pulled for linux/amd64. Raises BaseImageError where there is none of that name."""
        done = self.call("pull", "--platform", "linux/amd64", reference)
        if done.returncode:
            said = done.stderr.strip()
            self._if_unusable(said)
            raise BaseImageError(
                f"The base image {reference} cannot be had: {_last(said)}.",
                hint="name one that exists with --base, best by its digest",
            )
        found = self.image(reference)
        if found is None:
            raise BaseImageError(f"The base image {reference} was pulled, and is not there.")
        return found

    def push(self, reference: str) -> str:
        """Push an image; the digest under which the registry keeps it. Raises RegistryError."""
        done = self.call("push", reference)
        if done.returncode:
            said = done.stderr.strip() or done.stdout.strip()
            self._if_unusable(said)
            registry = reference.partition("/")[0]
            raise RegistryError(
                f"The registry {registry} refuses {reference}: {_last(said)}.",
                hint=f"log in with docker login {registry}, with an account that may write there",
            )
        told = re.findall(r"digest: (sha256:[0-9a-f]{64})", done.stdout)
        if told:
            return str(told[-1])
        repository = reference.rpartition(":")[0]
        digests = (self.image(reference) or {}).get("RepoDigests") or []
        return next((each.partition("@")[2] for each in digests if each.startswith(f"{repository}@")), "")

    def remove_image(self, reference: str) -> None:
        """Remove a name; the image goes with its last one. What is not there is no error."""
        self.call("image", "rm", reference, timeout=120)

    def remove_container(self, name: str) -> None:
        """Kill and remove a container. What is not there is no error."""
        self.call("rm", "--force", "--volumes", name, timeout=120)

    def _refuse(self, argv: Sequence[str], said: str) -> None:
        self._if_unusable(said)
        raise EngineError(f"{self.cli} {argv[0]} failed:\n{_end(said)}")

    def _if_unusable(self, said: str) -> None:
        """Raises for what is wrong with the engine itself, whatever was asked of it."""
        if _DENIED.search(said) and re.search(r"socket|daemon|docker\.sock|podman\.sock", said):
            raise EngineError(
                "The container engine may not be used: permission denied on its socket.",
                hint="be in the group that owns the socket, run a rootless engine, or take --builder oci",
            )
        if _DOWN.search(said) and not re.search(r"registry|https?://\S+/v2/|lookup ", said):
            where = os.environ.get("DOCKER_HOST") or "its default socket"
            raise EngineError(
                f"The container engine does not answer at {where}.",
                hint="start it, say where it is in DOCKER_HOST, or take --builder oci, which needs none",
            )
        if _FULL.search(said):
            raise ImageError("The disk is full: the engine could not keep the image.", hint="make room for it")


def _last(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()] or ["no reason was given"]
    return lines[-1].strip().removeprefix("Error response from daemon: ").removesuffix(".")


def _end(said: str) -> str:
    return "\n".join(said.splitlines()[-12:]) or "no reason was given"
