"""From a connector to an image: staged, built, started, and only then named."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connector_sdk.errors import ImageUsageError, RegistryError
from connector_sdk.images._base import is_file
from connector_sdk.images._cache import cache_folder, finished, full_disk, half_made
from connector_sdk.images._docker_builder import DockerBuilder
from connector_sdk.images._job import Builder, Built, Job, Options
from connector_sdk.images._oci_builder import OciBuilder
from connector_sdk.images._reference import Reference, parse_reference
from connector_sdk.images._registry import Registry
from connector_sdk.images._settings import Settings, default_base
from connector_sdk.images._size import check_budget, size_of
from connector_sdk.images._stage import Stage, stage

__all__ = ["build", "write_context"]

_BUILDERS: dict[str, Callable[[], Builder]] = {"docker": DockerBuilder, "oci": OciBuilder}


def build(settings: Settings, options: Options, say: Callable[[str], object] = lambda text: None) -> Built:
    """Build the connector's image, start it as Flow does, and only then give it its name, write it and push it.

    ``say`` hears of each step. Raises an ImageError; then, and when it is interrupted, nothing of the build is left
    but the cache.
    """
    name = _checked(settings, options)
    base = options.base or settings.base or default_base()
    built = Built(str(name), options.builder, base)
    builder = _BUILDERS[options.builder]()
    with _work() as work:
        job = Job(settings, options, name, base, work, say, built)
        builder.prepare(job)
        staged = _staged(job)
        builder.make(job, staged)
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
    if options.builder not in _BUILDERS:
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


def _staged(job: Job) -> Stage:
    with job.built.timed("stage"):
        job.say("laying out packages and code")
        folder = job.work / "stage"
        folder.mkdir()
        staged = stage(job.settings, folder, "" if is_file(job.base) else job.base)
        job.built.size, job.built.bill = size_of(staged), staged.bill
        check_budget(job.built.size, job.settings)
    return staged


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
