"""The answers to ``spec`` that an image carries: asked from the very files that go into it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import orjson

from connector_sdk.errors import ImageCheckError, SdkError
from connector_sdk.images._settings import Settings
from connector_sdk.testing.flow import Call, CallFailedError, Player, SilentError, ViolationError

__all__ = ["Frozen", "Told", "freeze", "probe", "runs_here", "speaks_airbyte", "spec_of_airbyte", "spec_of_flow"]

_PROTOCOL = 3032023


@dataclass(frozen=True)
class Frozen:
    """A connector's name, module, and the bytes of each answer by protocol (``flow``, ``airbyte``)."""

    name: str
    module: str
    answers: Mapping[str, bytes]
    title: str
    documentation: str


def freeze(settings: Settings, folders: Sequence[Path]) -> Frozen:
    """The connector's own answers, of the code in these folders. Raises ImageCheckError where it does not give them.

    On linux/amd64 the packages that go into the image are the ones that answer; elsewhere those installed here.
    """
    if runs_here():
        argv = [sys.executable, "-S", "-s", "-P", "-m", settings.module]
        path = folders
    else:
        argv = [sys.executable, "-P", "-m", settings.module]
        path = folders[1:]
    env = {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYDANTIC_DISABLE_PLUGINS": "__all__", "LANG": "C.UTF-8",
           "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
    player = Player(argv, env=env, cwd=folders[-1], inherit=False, timeout=60)
    answers = {"flow": spec_of_flow(player, "The connector")}
    if speaks_airbyte():
        answers["airbyte"] = spec_of_airbyte(Player([*argv, "spec"], env=env, cwd=folders[-1], inherit=False))
    spec = orjson.loads(answers["flow"])["spec"]
    return Frozen(
        settings.name,
        settings.module,
        answers,
        str(spec["configSchema"].get("title", "")),
        str(spec.get("documentationUrl", "")),
    )


def runs_here() -> bool:
    """Whether this machine can run what is in an image for linux/amd64."""
    return sys.platform == "linux" and platform.machine() in ("x86_64", "AMD64")


def speaks_airbyte() -> bool:
    """Whether this SDK answers Airbyte's protocol at all."""
    return find_spec("connector_sdk.airbyte") is not None


def spec_of_flow(player: Player, who: str) -> bytes:
    """The line that answers Flow's start-up probe; checked as Flow checks it. Raises ImageCheckError."""
    return probe(player, who).stdout


def probe(player: Player, who: str) -> Call:
    """The same, with all that came of it."""
    with Told(who):
        call = player.call({"spec": {}})
        if call.exit_code:
            raise CallFailedError(call)
        if call.violations:
            raise ViolationError(call.violations[0], call.error)
    number = call.answers[0]["spec"]["protocol"]
    if number != _PROTOCOL:
        raise ImageCheckError(f"{who} answered an unexpected protocol version, {number}.")
    return call


def spec_of_airbyte(player: Player) -> bytes:
    """The line that answers Airbyte's ``spec``: one message of type SPEC, and no other. Raises ImageCheckError."""
    with Told("The connector"):
        call = player.call()
    lines = call.stdout.splitlines()
    try:
        message = orjson.loads(lines[0]) if len(lines) == 1 else {}
    except orjson.JSONDecodeError:
        message = {}
    if call.exit_code or message.get("type") != "SPEC":
        raise ImageCheckError(f"The connector did not answer Airbyte's spec with one SPEC message: {call.error}")
    return call.stdout


class Told:
    """Within this ``with``, what a player meets becomes an ImageCheckError about ``who``."""

    def __init__(self, who: str) -> None:
        self._who = who

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, CallFailedError):
            words = error.call.error or "it said nothing"
            raise ImageCheckError(f"{self._who} ended with exit code {error.call.exit_code}: {words}") from None
        if isinstance(error, ViolationError):
            raise ImageCheckError(f"{self._who} broke the protocol: {error.violation}") from None
        if isinstance(error, SilentError) and not isinstance(error, SdkError):
            raise ImageCheckError(f"{self._who} did not answer: {error}") from None
