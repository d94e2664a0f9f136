"""What the search looks through: a row for each connector and request."""

from __future__ import annotations

from typing import Any

from connector_sdk.catalog.site._scene import Scene
from connector_sdk.catalog.site._words import calm

__all__ = ["rows"]


def rows(scene: Scene) -> list[list[Any]]:
    """Rows of: group, title, name, address, note, other names, hosts, streams. Ours come first, then captures, which
    decides between equally good answers."""
    found = [
        [
            "ours",
            own.title,
            own.name,
            scene.place(own),
            calm(own.lifecycle),
            [own.vendor, *own.aliases, *own.packages],
            list(own.hosts),
            [each.name for each in own.streams],
        ]
        for own in scene.own
    ]
    for each in sorted(scene.theirs, key=lambda each: each.kind):
        packages = [*each.detect.python_packages, *each.detect.npm_packages]
        note = "" if each.lifecycle == "active" else each.lifecycle
        if each.replaced_by:
            note = f"{note}, use {each.replaced_by}"
        found.append(
            [
                each.kind,
                each.title,
                each.name,
                scene.place(each),
                note,
                [*each.aliases, *packages],
                list(each.detect.hosts),
                [stream.name for stream in each.streams or ()],
            ]
        )
    found += [
        [
            "request",
            each.system,
            each.id,
            scene.place(each),
            calm(each.state),
            [each.connector],
            _hosts(each.urls),
            list(each.streams),
        ]
        for each in scene.asked
    ]
    return found


def _hosts(urls: tuple[str, ...]) -> list[str]:
    return [url.partition("://")[2].partition("/")[0] for url in urls if "://" in url]
