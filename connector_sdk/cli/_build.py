"""What ``build`` and ``lock`` do and print."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector_sdk.cli._connector import find_connector
from connector_sdk.cli._output import console, print_json
from connector_sdk.cli._problems import UsageProblemError, image_usage
from connector_sdk.cli._signals import ended_by_signals
from connector_sdk.errors import ImageLockError

if TYPE_CHECKING:
    from connector_sdk.images import Built, Settings

__all__ = ["Choices", "build", "lock"]


@dataclass(frozen=True)
class Choices:
    """The options of ``build``, as they were typed."""

    connector: str
    tag: str
    builder: str
    base: str
    output: Path | None
    push: bool
    context: Path | None
    sbom: Path | None
    memory: str
    json: bool


def build(choices: Choices) -> int:
    """Build, and tell what was built and seen."""
    from connector_sdk import images

    settings = _settings(choices.connector)
    with ended_by_signals(), image_usage():
        if choices.context is not None:
            return _context(settings, choices)
        options = images.Options(
            choices.tag,
            choices.builder,
            choices.base,
            choices.output,
            choices.push,
            choices.sbom,
            images.Limits(choices.memory),
        )
        built = images.build(settings, options, say=_say)
    if choices.json:
        print_json(_as_json(settings, built))
    else:
        _show(built)
    return 0


def lock(connector: str, upgrade: bool, check: bool, json: bool) -> int:
    """Make the lock where it is missing, stale or to be renewed; fetch what it names."""
    from connector_sdk import images

    settings = _settings(connector)
    path = settings.folder / images.LOCK
    with ended_by_signals(), image_usage():
        if check and upgrade:
            raise UsageProblemError("--check and --upgrade exclude each other.", hint="--check writes nothing")
        try:
            fresh = not upgrade and bool(images.locked(settings))
        except ImageLockError:
            if check:
                raise
            fresh = False
        if not fresh:
            images.make_lock(settings, upgrade=upgrade)
        names = images.packages_of(settings)
    if json:
        print_json({"connector": settings.name, "lock": str(path), "changed": not fresh, "packages": names})
    else:
        console().print(f"{'unchanged' if fresh else 'locked'}: {path}, {len(names)} packages: {', '.join(names)}")
    return 0


def _context(settings: Settings, choices: Choices) -> int:
    from connector_sdk import images

    assert choices.context is not None
    folder = images.write_context(settings, choices.context, choices.base)
    if choices.json:
        print_json({"connector": settings.name, "context": str(folder)})
    else:
        console().print(f"written: {folder}; build it with docker build --tag {settings.name}:local {folder}")
    return 0


def _settings(connector: str) -> Settings:
    from connector_sdk.images import read_settings

    target = find_connector(connector)
    with image_usage():
        return read_settings(target.name, target.module, target.folder)


def _show(built: Built) -> None:
    out = console()
    out.print(f"{built.image} is built; its own layers, unpacked:\n")
    out.print(f"{built.size.table()}\n  {built.size.total / 1e6:6.2f} MB  in all, beside the base {built.base}\n")
    for check in built.checks:
        out.print(f"  {check.name}: {check.seen}", soft_wrap=True)
    out.print(
        f"  licences: {len(built.bill['components'])} packages, none refused; the bill is in /app/sbom.cdx.json\n"
    )
    phases = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in built.seconds.items())
    out.print(f"{sum(built.seconds.values()):.1f} s: {phases}")
    for note in built.notes:
        out.print(f"note: {note}", soft_wrap=True)
    if built.output:
        out.print(f"written: {built.output}", soft_wrap=True)
    known = f"{built.image.rpartition(':')[0]}@{built.digest}" if built.pushed else built.digest or built.id
    out.print(f"{'pushed' if built.pushed else 'built'}: {built.image} {known}", soft_wrap=True)


def _as_json(settings: Settings, built: Built) -> dict[str, Any]:
    licences = {
        f"{each['name']}=={each['version']}": each["licenses"][0].get("expression", "NOASSERTION")
        for each in built.bill["components"]
    }
    return {
        "connector": settings.name,
        "image": built.image,
        "id": built.id,
        "digest": built.digest,
        "labels": built.labels,
        "pushed": built.pushed,
        "builder": built.builder,
        "base": built.base,
        "started": built.started,
        "checks": {each.name: each.seen for each in built.checks},
        "size": {"total": built.size.total, "budget": int(settings.budget * 1e6), "parts": built.size.parts},
        "licences": licences,
        "output": built.output,
        "seconds": built.seconds,
        "notes": built.notes,
    }


def _say(text: str) -> None:
    sys.stderr.write(f"{text} ...\n")
    sys.stderr.flush()
