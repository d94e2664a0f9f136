"""The builder that goes through a container engine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connector_sdk.images._cache import finished, full_disk, half_made
from connector_sdk.images._checks import check_image
from connector_sdk.images._engine import Engine
from connector_sdk.images._job import Job
from connector_sdk.images._oci import epoch
from connector_sdk.images._stage import Stage

__all__ = ["DockerBuilder", "unnamed"]


class DockerBuilder:
    """Builds with docker, or what ``DOCKER_CLI`` names."""

    def prepare(self, job: Job) -> None:
        """The engine is there, and so is the base. Raises EngineError and BaseImageError."""
        with job.built.timed("base"):
            job.engine.check()
            base = job.engine.image(job.base)
            if base is None:
                job.say(f"pulling {job.base}")
                base = job.engine.pull(job.base)
        known = dict(each.split("@") for each in base.get("RepoDigests") or [])
        job.note_base(known.get(job.base.rpartition(":")[0], ""))

    def make(self, job: Job, staged: Stage) -> None:
        """See Builder."""
        engine, built, name = job.engine, job.built, str(job.name)
        with unnamed(engine) as image:
            with built.timed("build"):
                job.say("building")
                _build(engine, staged, image)
            with built.timed("check"):
                job.say("starting the image as Flow does")
                built.checks = check_image(engine, image, staged.frozen, job.options.limits)
                built.started = "container"
            with built.timed("name"):
                told = engine.image(image) or {}
                built.id, built.labels = str(told.get("Id", "")), (told.get("Config") or {}).get("Labels") or {}
                if job.options.output is not None:
                    job.say(f"writing {job.options.output}")
                    _save(engine, image, name, job.options.output)
                    built.output = str(job.options.output)
                _name(engine, image, name)
        if job.options.push:
            with built.timed("push"):
                job.say(f"pushing {name}")
                built.digest = engine.push(name)
                built.pushed = True


@contextmanager
def unnamed(engine: Engine) -> Iterator[str]:
    """A name for an image that has not proved itself; with it goes the image, unless it got another one."""
    name = f"connector-sdk-build:{secrets.token_hex(8)}"
    try:
        yield name
    finally:
        engine.remove_image(name)


def _build(engine: Engine, staged: Stage, tag: str) -> None:
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
