"""The bill of materials of an image: CycloneDX 1.6, made of the packages' own metadata."""

from __future__ import annotations

import email
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connector_sdk.errors import ImageRefusedError
from connector_sdk.images._licences import UNKNOWN, licence_of, normal, refused
from connector_sdk.images._settings import SDK, Settings

__all__ = ["bill_of_materials", "check_licences"]

Component = dict[str, Any]
_NAMESPACE = uuid.UUID("6f0d7ed2-6d2b-5c0e-8f0e-4e8a3a9a1b11")


def bill_of_materials(settings: Settings, folders: list[Path]) -> dict[str, Any]:
    """What the image holds beyond its base: every package below the folders, its version, licence, and what is inside.

    The same packages give the same document: its serial number is made of its content, and it has no time.
    """
    found = sorted((each for folder in folders for each in _packages(folder)), key=lambda each: str(each["bom-ref"]))
    own = _component(settings.name, settings.version, normal(settings.licence or UNKNOWN), settings.description)
    others = [each for each in found if each["bom-ref"] != own["bom-ref"]]
    own["type"] = "application"
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "connector-sdk", "publisher": SDK}]},
            "component": own,
        },
        "components": others,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": [each["bom-ref"] for each in others]}],
    }
    serial = uuid.uuid5(_NAMESPACE, json.dumps(bill, sort_keys=True))
    return {**bill, "serialNumber": f"urn:uuid:{serial}"}


def check_licences(bill: dict[str, Any], settings: Settings) -> None:
    """Raises ImageRefusedError where a package's licence is refused, unless the package was accepted by name."""
    accepted = {_plain(each) for each in settings.accept}
    wrong = []
    for package in bill["components"]:
        if _plain(package["name"]) in accepted:
            continue
        inside = [each for each in package.get("components", ()) if _expression(each) != UNKNOWN]
        for each in (package, *inside):
            expression = _expression(each)
            if refused(expression, settings.refuse):
                of = "" if each is package else f", inside {package['name']}"
                wrong.append(f"  {each['name']} {each.get('version', '')}: {expression}{of}")
    if wrong:
        raise ImageRefusedError(
            "Packages of the image have licences that are refused:\n" + "\n".join(wrong),
            hint="leave them out, or name them in accept under [tool.connector-sdk.image] when somebody has looked",
        )


def _packages(folder: Path) -> Iterator[Component]:
    for path in sorted(folder.glob("*.dist-info/METADATA")):
        told = email.message_from_string(path.read_text("utf-8"))
        package = _component(told["Name"], told["Version"], licence_of(told), told.get("Summary", ""))
        inside = [*_declared(path.parent / "sboms"), *_libraries(folder / f"{_plain(told['Name'])}.libs")]
        yield {**package, "components": inside} if inside else package


def _component(name: str, version: str, licence: str, about: str) -> Component:
    purl = f"pkg:pypi/{_plain(name)}@{version}"
    told = {"description": about} if about else {}
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, **told,
            "licenses": [_licence(licence)], "purl": purl}  # fmt: skip


def _declared(folder: Path) -> Iterator[Component]:
    """What a wheel's own bill of materials says is compiled into it (PEP 770)."""
    for path in sorted(folder.glob("*.json")):
        for each in json.loads(path.read_text("utf-8")).get("components", ()):
            told = " AND ".join(
                one.get("expression") or one.get("license", {}).get("id") or UNKNOWN for one in each.get("licenses", ())
            )
            kept = {key: each[key] for key in ("type", "name", "version", "purl") if key in each}
            yield {**kept, "licenses": [_licence(normal(told) if told else UNKNOWN)]}


def _libraries(folder: Path) -> Iterator[Component]:
    """Shared libraries that a wheel brings along: their names, which is all that is known of them."""
    for path in sorted(folder.glob("*.so*")):
        name = re.sub(r"-[0-9a-f]{8}(?=\.so)", "", path.name)
        yield {"type": "library", "name": name}


def _licence(expression: str) -> dict[str, Any]:
    if expression == UNKNOWN:
        return {"license": {"name": UNKNOWN}}
    return {"expression": expression}


def _expression(component: Component) -> str:
    told = component.get("licenses", [{}])[0]
    return str(told.get("expression") or UNKNOWN)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
