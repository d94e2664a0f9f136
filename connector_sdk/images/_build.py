"""From a connector to an image: staged, built, started, and only then named."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.errors import EngineError, ImageCheckError, ImageError, ImageUsageError, RegistryError
from connector_sdk.images._base import base_from, is_file
from connector_sdk.images._cache import cache_folder, finished, full_disk, half_made
from connector_sdk.images._checks import Check, check_frozen, check_image, check_labels
from connector_sdk.images._container import Limits
from connector_sdk.images._dockerfile import read_dockerfile
from connector_sdk.images._engine import Engine
from connector_sdk.images._frozen import probe, runs_here
from connector_sdk.images._oci import Image, assemble, epoch, push, write_archive
from connector_sdk.images._packages import APP
from connector_sdk.images._reference import Reference, parse_reference
from connector_sdk.images._registry import Registry
from connector_sdk.images._settings import Settings, default_base
from connector_sdk.images._size import Size, check_budget, size_of
from connector_sdk.images._stage import PARTS, Stage, stage
from connector_sdk.testing.flow import Call, Player

__all__ = ["Built", "Options", "build", "write_context"]

Say = Callable[[str], object]


@dataclass(frozen=True)
class Options:
    """How to build: see ``connector-sdk build --help``, whose options these are."""

    tag: str = ""
    builder: str = "docker"
    base: str = ""
    output: Path | None = None
    push: bool = False
    sbom: Path | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass
class Built:
    """What came of a build. ``digest`` is the manifest's where it is known: pushed, or built without an engine."""

    image: str
    builder: str
    base: str
    size: Size
    bill: dict[str, Any]
    id: str = ""
    digest: str = ""
    started: str = ""
    output: str = ""
    pushed: bool = False
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Counts the seconds of a phase."""
        began = time.monotonic()
        yield
        self.seconds[phase] = round(self.seconds.get(phase, 0.0) + time.monotonic() - began, 2)


def build(settings: Settings, options: Options, say: Say = lambda text: None) -> Built:
    """Build the connector's image, start it as Flow does, and only then give it its name, write it and push it.

    Raises an ImageError; then, and when it is interrupted, nothing of the build is left but the cache.
    """
    name = _checked(settings, options)
    base = options.base or settings.base or default_base()
    build_one = {"docker": _with_docker, "oci": _without_engine}[options.builder]
    engine = Engine()
    if options.builder == "docker":
        engine.check()
    with _work() as work:
        staged, built = _staged(settings, options, base, work, say)
        built.image = str(name)
        build_one(engine, staged, options, name, work, built, say)
        if options.sbom is not None:
            _write(options.sbom, (json.dumps(staged.bill, indent=1, sort_keys=True) + "\n").encode())
        if built.pushed and not _anyone_can_pull(name, built.digest):
            built.notes.append(
                f"{name.host} does not let everyone pull {name}: Flow pulls anonymously, so make the package public"
            )
    return built


def write_context(settings: Settings, folder: Path, base: str = "") -> Path:
    """Write what an image is built from to a folder, for ``docker build`` by hand. The folder must be new."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ImageUsageError(f"{folder} is not empty.", hint="name a new folder with --context")
    with full_disk(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with half_made(folder) as made:
        made.mkdir()
        staged = stage(settings, made, base or settings.base or default_base(), keep=True)
        check_budget(size_of(staged), settings)
        if folder.is_dir():
            folder.rmdir()
        finished(made, folder)
    return folder


# ---- what both builders share ---------------------------------------------------------------------------------------


def _checked(settings: Settings, options: Options) -> Reference:
    """The image's name. Raises ImageUsageError for what makes no sense, before anything is begun."""
    name = parse_reference(options.tag or f"{settings.name}:local")
    if name.digest:
        raise ImageUsageError(f"{options.tag} names a digest; an image is built under a tag.")
    if not name.tag:
        name = Reference(name.registry, name.repository, "latest")
    if options.push and not name.registry:
        raise ImageUsageError(
            f"--push needs a tag that begins with a registry; {name} names none.",
            hint="write it whole, such as ghcr.io/acme/source-gong:v1",
        )
    if options.builder not in ("docker", "oci"):
        raise ImageUsageError(f"There is no builder {options.builder!r}.", hint="take docker or oci")
    if options.output is not None and options.output.is_dir():
        raise ImageUsageError(f"--output {options.output} is a folder.", hint="name a file")
    if options.builder == "docker" and is_file(options.base or settings.base):
        raise ImageUsageError(
            f"--builder docker takes its base from the engine; {options.base or settings.base} is a file.",
            hint="load it first with docker load, or take --builder oci",
        )
    return name


@contextmanager
def _work() -> Iterator[Path]:
    """A folder for this build, beside the cache, so that files can be shared with it."""
    folder = Path(tempfile.mkdtemp(prefix="build-", dir=cache_folder("work")))
    try:
        with full_disk(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _staged(settings: Settings, options: Options, base: str, work: Path, say: Say) -> tuple[Stage, Built]:
    began = time.monotonic()
    say("laying out packages and code")
    (work / "stage").mkdir()
    staged = stage(settings, work / "stage", "" if is_file(base) else base)
    size = size_of(staged)
    check_budget(size, settings)
    built = Built("", options.builder, base, size, staged.bill)
    built.seconds["stage"] = round(time.monotonic() - began, 2)
    return staged, built


def _write(path: Path, data: bytes) -> None:
    with full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with half_made(path) as made:
        made.write_bytes(data)
        finished(made, path)


def _anyone_can_pull(name: Reference, digest: str) -> bool:
    try:
        with Registry(name, anonymous=True) as registry:
            return registry.manifest(digest or name.tag) is not None
    except RegistryError:
        return False


def _note_base(built: Built, pinned: str) -> None:
    if "@" not in built.base and not is_file(built.base):
        name = built.base
        to = f", such as {name}@{pinned}" if pinned else f": docker pull {name} prints its digest of today"
        built.notes.append(f"the base image {name} is not pinned; name it with its digest{to}")


# ---- with an engine -------------------------------------------------------------------------------------------------


def _with_docker(
    engine: Engine, staged: Stage, options: Options, name: Reference, work: Path, built: Built, say: Say
) -> None:
    with built.timed("build"):
        base = engine.image(built.base)
        if base is None:
            say(f"pulling {built.base}")
            base = engine.pull(built.base)
        known = dict(each.split("@") for each in base.get("RepoDigests") or [])
        _note_base(built, known.get(built.base.rpartition(":")[0], ""))
        say("building")
    with _unnamed(engine) as unnamed:
        with built.timed("build"):
            _docker_build(engine, staged, unnamed)
        with built.timed("check"):
            say("starting the image as Flow does")
            built.checks = check_image(engine, unnamed, staged.frozen, options.limits)
            built.started = "container"
        built.id = str((engine.image(unnamed) or {}).get("Id", ""))
        if options.output is not None:
            say(f"writing {options.output}")
            _save(engine, unnamed, str(name), options.output)
            built.output = str(options.output)
        _name(engine, unnamed, str(name))
    if options.push:
        with built.timed("push"):
            say(f"pushing {name}")
            built.digest = engine.push(str(name))
            built.pushed = True


@contextmanager
def _unnamed(engine: Engine) -> Iterator[str]:
    """A name for an image that has not proved itself; with it goes the image, unless it got another one."""
    name = f"connector-sdk-build:{secrets.token_hex(8)}"
    try:
        yield name
    finally:
        engine.remove_image(name)


def _docker_build(engine: Engine, staged: Stage, tag: str) -> None:
    env = {"SOURCE_DATE_EPOCH": str(epoch()), "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    argv = ["build", "--platform", "linux/amd64", "--network", "none", "--tag", tag, str(staged.folder)]
    engine.run(*argv, env=env)


def _name(engine: Engine, image: str, name: str) -> None:
    """Give an image its name. The one that had it goes, if it was a connector's and has no other name."""
    before = engine.image(name)
    engine.run("tag", image, name)
    if before is None or not ((before.get("Config") or {}).get("Labels") or {}).get("FLOW_RUNTIME_PROTOCOL"):
        return
    left = engine.image(before["Id"])
    if left is not None and not left.get("RepoTags"):
        engine.remove_image(before["Id"])


def _save(engine: Engine, image: str, name: str, path: Path) -> None:
    with full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    before = engine.image(name)
    with half_made(path) as made:
        engine.run("tag", image, name)
        try:
            engine.run("save", "--output", str(made), name)
        finally:
            if before is None:
                engine.remove_image(name)
            else:
                engine.run("tag", before["Id"], name)
        finished(made, path)


# ---- without one ----------------------------------------------------------------------------------------------------


def _without_engine(
    engine: Engine, staged: Stage, options: Options, name: Reference, work: Path, built: Built, say: Say
) -> None:
    with built.timed("build"):
        say(f"reading the base image {built.base}")
        base = base_from(built.base)
        _note_base(built, base.digest)
        say("building")
        image = assemble(staged, read_dockerfile(staged.dockerfile), base)
        built.id, built.digest = image.id, image.digest
    with built.timed("check"):
        _try_out(engine, staged, options, image, work, built, say)
    if options.output is not None or not options.push:
        path = options.output or Path(f"{staged.frozen.name}.tar")
        with built.timed("write"), full_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_archive(image, str(name), path)
            built.output = str(path)
    if options.push:
        with built.timed("push"):
            push(image, name, work, say)
            built.pushed = True


def _try_out(engine: Engine, staged: Stage, options: Options, image: Image, work: Path, built: Built, say: Say) -> None:
    config = image.config
    command = check_labels(config["config"], config["os"], config["architecture"])
    try:
        engine.check()
    except EngineError as without:
        _as_process(staged, command, work, built, without)
        return
    say("starting the image as Flow does")
    with _unnamed(engine) as unnamed:
        write_archive(image, unnamed, work / "image.tar")
        engine.run("load", "--input", str(work / "image.tar"))
        built.checks = check_image(engine, unnamed, staged.frozen, options.limits)
        built.started = "container"


def _as_process(staged: Stage, command: list[str], work: Path, built: Built, without: ImageError) -> None:
    """Start what is in the image without a container, where there is no engine; say that it was not one."""
    why = without.message.removesuffix(".")
    if not runs_here():
        built.started = "not started"
        built.notes.append(f"the image was not started: {why}, and this machine is no linux/amd64")
        return
    root = work / "root"
    for part in PARTS:
        shutil.copytree(staged.folder / part, root, dirs_exist_ok=True, copy_function=os.link)
    argv = [str(root / each.removeprefix(f"{APP}/")) if each.startswith(f"{APP}/") else each for each in command]
    env = {"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", "HOME": str(work), "TMPDIR": str(work)}

    def started(*arguments: str) -> Call:
        argv = [sys.executable, "-S", "-s", *arguments]
        return probe(
            Player(argv, env=env, cwd=root, inherit=False, timeout=60, log_level="warn"), "The image's process"
        )

    call = started(*argv[1:])
    check_frozen("flow", staged.frozen.answers["flow"], started("-m", staged.frozen.module).stdout)
    if call.stdout != staged.frozen.answers["flow"]:
        raise ImageCheckError("The image answers another spec than it was built with.")
    built.started = "process"
    seen = f"spec answered by the image's own files, in {call.seconds:.2f} s; the code answers what is frozen"
    built.checks = [Check("process", seen)]
    built.notes.append(f"the image was started as a process, not as a container: {why}")
