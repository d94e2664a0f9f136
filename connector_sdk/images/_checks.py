"""What is tried with every image before it gets its tag: it is started as Flow and Airbyte start it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER
from typing import Any

from connector_sdk.errors import BaseImageError, EngineError, ImageCheckError
from connector_sdk.images._container import Limits, container_name, ended, run_command, sweep
from connector_sdk.images._engine import Engine
from connector_sdk.images._frozen import Frozen, Told, probe, spec_of_airbyte
from connector_sdk.testing.flow import Player

__all__ = ["Check", "check_frozen", "check_image", "check_labels"]

_FACTS = """
import json, os, subprocess, sys, importlib.util
def writes(place):
    try:
        open(os.path.join(place, ".connector-sdk"), "w").close()
        return True
    except OSError:
        return False
def asked(*arguments):
    argv = [sys.executable, "-m", sys.argv[1], *arguments]
    done = subprocess.run(argv, input=b'{"spec":{}}\\n', capture_output=True)
    return [done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")]
import certifi
print(json.dumps({"uid": os.getuid(), "gid": os.getgid(), "magic": importlib.util.MAGIC_NUMBER.hex(),
    "python": list(sys.version_info[:2]), "root": writes("/app"), "tmp": writes(os.environ.get("TMPDIR", "/tmp")),
    "authorities": os.path.getsize(certifi.where()), "encoding": sys.stdout.encoding.lower(),
    "cached": os.path.isfile(importlib.util.cache_from_source(certifi.__file__)),
    "answers": {name: asked(*(["spec"] if name == "airbyte" else [])) for name in sys.argv[2:]}}))
"""
"""Run by the image's own Python: what it sees of itself, and what the connector's code answers, nothing frozen."""


_LABELS = ("FLOW_RUNTIME_PROTOCOL=capture", "FLOW_RUNTIME_CODEC=json")


@dataclass(frozen=True)
class Check:
    """One thing that was tried: a name, and what was seen."""

    name: str
    seen: str


class _Trial:
    """One image on one engine, started again and again; its containers are removed whatever happens."""

    def __init__(self, engine: Engine, image: str, limits: Limits) -> None:
        cores = float(engine.check().get("NCPU") or limits.cpus)
        self.engine = engine
        self.image = image
        self.limits = Limits(limits.memory, min(limits.cpus, cores))
        self._names: set[str] = set()
        sweep(engine)

    @contextmanager
    def player(self, doing: str, *, entrypoint: str = "", arguments: Sequence[str] = ()) -> Iterator[Player]:
        """A player of one container. What it dies of is told as it is, want of memory first."""
        name = container_name()
        self._names.add(name)
        env = {"LOG_FORMAT": "json", "LOG_LEVEL": "warn"}
        argv = run_command(self.engine, self.image, name, limits=self.limits, entrypoint=entrypoint,
                           arguments=arguments, env=env)  # fmt: skip
        try:
            yield Player(argv, timeout=60, log_level="warn")
        except ImageCheckError:
            self._why(name, doing)
            raise
        finally:
            self.engine.remove_container(name)
            self._names.discard(name)

    def end(self) -> None:
        """Kill what runs, so that nobody waits for it."""
        for name in tuple(self._names):
            self.engine.remove_container(name)

    def _why(self, name: str, doing: str) -> None:
        state = ended(self.engine, name)
        if state.out_of_memory or state.exit_code == 137:
            raise _starved(self.limits.memory, doing) from None


def check_image(engine: Engine, image: str, frozen: Frozen, limits: Limits) -> list[Check]:
    """What was tried, in order. Raises ImageCheckError, or BaseImageError where the base is at fault."""
    inspected = engine.image(image)
    if inspected is None:
        raise ImageCheckError(f"The engine does not have the image {image} that was just built.")
    command = check_labels(inspected["Config"], inspected.get("Os", ""), inspected.get("Architecture", ""))
    trial = _Trial(engine, image, limits)
    tries: list[Callable[[], Check]] = [lambda: _inside(trial, frozen), lambda: _flow(trial, command, frozen)]
    if "airbyte" in frozen.answers:
        tries.append(lambda: _airbyte(trial, frozen))
    seen = f"{', '.join(_LABELS)}; the entrypoint is the whole command"
    with ThreadPoolExecutor(2) as threads:
        begun = [threads.submit(each) for each in tries]
        try:
            return [Check("labels", seen), *(each.result() for each in begun)]
        except BaseException:
            trial.end()
            raise


def check_labels(config: dict[str, Any], system: str, architecture: str) -> list[str]:
    """The command that Flow makes of an image's config. Raises ImageCheckError for what Flow would refuse."""
    wrong = []
    labels, env = config.get("Labels"), config.get("Env")
    if (system, architecture) != ("linux", "amd64"):
        wrong.append(f"it is for {system}/{architecture}, not linux/amd64")
    for name, _, value in (each.partition("=") for each in _LABELS):
        if not isinstance(labels, dict) or labels.get(name) != value:
            wrong.append(f"it has no label {name}={value}")
    if "dev.estuary.usage-rate" in (labels or {}):
        wrong.append("it has the label dev.estuary.usage-rate, which Flow takes from Estuary's own images only")
    if not env:
        wrong.append("it has no environment at all, which Flow refuses")
    user = str(config.get("User") or "")
    if not user.partition(":")[0].isdigit() or int(user.partition(":")[0]) == 0:
        wrong.append(f"its user is {user or 'root'!r}, not a number above 0")
    command = config.get("Entrypoint") or []
    if not command:
        wrong.append("it has no entrypoint")
    airbyte = next((each.partition("=")[2] for each in env or [] if each.startswith("AIRBYTE_ENTRYPOINT=")), None)
    if airbyte is not None and airbyte.split() != command:
        wrong.append("AIRBYTE_ENTRYPOINT is not its entrypoint")
    if wrong:
        raise ImageCheckError("Flow would refuse the image:\n  " + "\n  ".join(wrong), hint="mend Dockerfile.template")
    return [str(each) for each in command]


def _inside(trial: _Trial, frozen: Frozen) -> Check:
    arguments = ["-c", _FACTS, frozen.module, *frozen.answers]
    with trial.player("start Python", entrypoint="python3", arguments=arguments) as player, Told("Python in the image"):
        call = player.call()
        if call.exit_code in (126, 127) and not call.stdout:
            raise BaseImageError(
                f"The base image cannot start python3: {call.error}", hint="take a base that holds Python, with --base"
            )
        if call.exit_code == 125:
            raise EngineError(f"The engine cannot start a container: {call.error}")
        if call.exit_code:
            raise ImageCheckError(f"Python in the image ended with exit code {call.exit_code}: {call.error}")
    facts = json.loads(call.stdout)
    _check_facts(facts)
    for protocol, (code, answer, said) in facts["answers"].items():
        _check_drift(protocol, frozen.answers[protocol], answer.encode(), code, said, trial.limits.memory)
    where = "read-only root, no capabilities, no network; the code answers what is frozen"
    return Check("inside", f"Python {_version(facts)}, user {facts['uid']}, {where}")


def _check_facts(facts: dict[str, Any]) -> None:
    theirs, ours = _version(facts), "{}.{}".format(*sys.version_info[:2])
    if facts["magic"] != MAGIC_NUMBER.hex():
        raise BaseImageError(
            f"The base image has Python {theirs}, and this command runs on {ours}.",
            hint=f"run it with the base's Python, or take --base python:{ours}-slim-bookworm",
        )
    wrong = {
        "it runs as root": facts["uid"] == 0,
        "its files can be changed": facts["root"],
        "its temporary folder cannot be written": not facts["tmp"],
        "it has no certificates": not facts["authorities"],
        "its texts are not UTF-8": facts["encoding"] != "utf-8",
        "it has no byte code": not facts["cached"],
    }
    if any(wrong.values()):
        raise ImageCheckError("The image is not fit to run: " + ", ".join(each for each in wrong if wrong[each]) + ".")


def _check_drift(protocol: str, frozen: bytes, answer: bytes, code: int, said: str, memory: str) -> None:
    if code == -9:
        raise _starved(memory, "be imported")
    if code:
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        raise ImageCheckError(f"The connector's code in the image ended with exit code {code}: {last[0]}")
    check_frozen(protocol, frozen, answer)


def check_frozen(protocol: str, frozen: bytes, answer: bytes) -> None:
    """Raises ImageCheckError where what the code answers now is not what was frozen."""
    if answer != frozen:
        raise ImageCheckError(
            f"The frozen spec ({protocol}) is not what the code answers: {_difference(frozen, answer)}.",
            hint="a default or a description is computed; write it down instead",
        )


def _starved(limit: str, doing: str) -> ImageCheckError:
    return ImageCheckError(
        f"The connector in the image was killed for want of memory: it needs more than {limit} to {doing}.",
        hint="look at what the definition loads when it is imported; Flow gives 1 GiB",
    )


def _version(facts: dict[str, Any]) -> str:
    return "{}.{}".format(*facts["python"])


def _flow(trial: _Trial, command: Sequence[str], frozen: Frozen) -> Check:
    with trial.player("answer its spec", entrypoint=command[0], arguments=command[1:]) as player:
        call = probe(player, "The connector in the image")
    if call.stdout != frozen.answers["flow"]:
        raise ImageCheckError("The image answers another spec than it was built with.")
    limits = f"{trial.limits.memory} of memory and {trial.limits.cpus:g} CPUs"
    return Check("flow", f"spec answered as Flow asks for it, with {limits}, {call.seconds:.2f} s from start to end")


def _airbyte(trial: _Trial, frozen: Frozen) -> Check:
    with trial.player("answer Airbyte's spec", arguments=["spec"]) as player:
        if spec_of_airbyte(player) != frozen.answers["airbyte"]:
            raise ImageCheckError("The image answers another spec to Airbyte than it was built with.")
    return Check("airbyte", "spec answered as Airbyte asks for it")


def _difference(one: bytes, other: bytes) -> str:
    """Where two answers begin to differ, with what stands there."""
    place = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    shown = [each[max(0, place - 30) : place + 30].decode("utf-8", "replace").strip() for each in (one, other)]
    return f"...{shown[0]}... against ...{shown[1]}..."
