"""The builder that needs no engine; where there is one, it starts in it what it built."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from connector_sdk.errors import EngineError, ImageCheckError
from connector_sdk.images._base import Base, base_from
from connector_sdk.images._cache import full_disk
from connector_sdk.images._checks import Check, check_frozen, check_image, check_labels
from connector_sdk.images._docker_builder import unnamed
from connector_sdk.images._dockerfile import read_dockerfile
from connector_sdk.images._frozen import probe, runs_here
from connector_sdk.images._job import Job
from connector_sdk.images._oci import Image, assemble, push, write_archive
from connector_sdk.images._packages import APP
from connector_sdk.images._stage import PARTS, Stage
from connector_sdk.testing.flow import Call, Player

__all__ = ["OciBuilder"]


class OciBuilder:
    """Builds the same bytes each time."""

    _base: Base

    def prepare(self, job: Job) -> None:
        """The base is read or fetched. Raises BaseImageError and RegistryError."""
        with job.built.timed("base"):
            job.say(f"reading the base image {job.base}")
            self._base = base_from(job.base)
        job.note_base(self._base.digest)

    def make(self, job: Job, staged: Stage) -> None:
        """See Builder."""
        built, options = job.built, job.options
        with built.timed("build"):
            job.say("building")
            image = assemble(staged, read_dockerfile(staged.dockerfile), self._base)
            built.id, built.digest, built.labels = image.id, image.digest, image.config["config"]["Labels"]
        with built.timed("check"):
            _try_out(job, staged, image)
        if options.output is not None or not options.push:
            path = options.output or Path(f"{staged.frozen.name}.tar")
            with built.timed("write"), full_disk(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_archive(image, str(job.name), path)
                built.output = str(path)
        if options.push:
            with built.timed("push"):
                push(image, job.name, job.work, job.say)
                built.pushed = True


def _try_out(job: Job, staged: Stage, image: Image) -> None:
    config = image.config
    command = check_labels(config["config"], config["os"], config["architecture"])
    try:
        job.engine.check()
    except EngineError as without:
        _as_process(job, staged, command, without.message.removesuffix("."))
        return
    job.say("starting the image as Flow does")
    with unnamed(job.engine) as name:
        write_archive(image, name, job.work / "image.tar")
        job.engine.run("load", "--input", str(job.work / "image.tar"))
        job.built.checks = check_image(job.engine, name, staged.frozen, job.options.limits)
        job.built.started = "container"


def _as_process(job: Job, staged: Stage, command: list[str], why: str) -> None:
    """Start what is in the image without a container, where there is no engine; say that it was not one."""
    built, work = job.built, job.work
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
