"""What ``spec``, ``discover`` and ``validate`` print."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connector_sdk.cli._connector import discovered, find_connector, stream_names
from connector_sdk.cli._output import console, print_json, table
from connector_sdk.cli._sandbox import config_for

__all__ = ["discover", "spec", "validate"]


def spec(connector: str, json: bool) -> int:
    """Print the connector's spec: the fields of its config, and of a binding's."""
    target = find_connector(connector)
    answer = target.player().spec()
    if json:
        print_json({"connector": target.name, "spec": answer})
        return 0
    out = console()
    schema = answer["configSchema"]
    out.print(f"{schema.get('title', target.name)}: {answer['documentationUrl']}\n")
    for title, each in (("Config", schema), ("Every binding", answer["resourceConfigSchema"])):
        rows = table(title, "field", "type", "required", "secret", "default", "description")
        for row in _fields(each):
            rows.add_row(*row)
        out.print(rows)
    out.print(f"A binding is identified by {', '.join(answer['resourcePathPointers'])}.")
    return 0


def discover(connector: str, json: bool, sandbox: bool, config: Path | None) -> int:
    """Print the streams that discovery finds."""
    target = find_connector(connector)
    with config_for(target, sandbox, config) as settings:
        player = target.player()
        found = discovered(player, player.spec(), settings)
    if json:
        print_json({"connector": target.name, "bindings": found})
        return 0
    rows = table("", "stream", "key", "interval", "enabled", "verdict", "about")
    for each in found:
        schema = each["documentSchema"] if isinstance(each["documentSchema"], dict) else {}
        rows.add_row(
            each["recommendedName"],
            ", ".join(each.get("key", ())),
            str(each["resourceConfig"].get("interval", "")),
            "no" if each.get("disable") else "yes",
            str(schema.get("x-verdict", "")),
            str(schema.get("description", schema.get("title", ""))),
        )
    console().print(rows)
    return 0


def validate(connector: str, json: bool, sandbox: bool, config: Path | None, streams: str | None) -> int:
    """Print whether the connector accepts the config and the streams."""
    from connector_sdk.testing.flow import Capture

    target = find_connector(connector)
    with config_for(target, sandbox, config) as settings:
        player = target.player()
        spec = player.spec()
        found = discovered(player, spec, settings)
        chosen = stream_names(streams, [each["recommendedName"] for each in found])
        capture = Capture.discovered(found, settings, streams=chosen, pointers=spec["resourcePathPointers"])
        paths = player.validate(capture)
    if json:
        print_json({"connector": target.name, "ok": True, "resourcePaths": paths})
    else:
        console().print(f"ok: {target.name} accepts the config and {len(paths)} streams: {', '.join(capture.names())}")
    return 0


def _fields(schema: Any, prefix: str = "", defs: dict[str, Any] | None = None) -> Iterator[tuple[str, ...]]:
    """A row for each field of a config's schema, nested and alternative ones too."""
    defs = schema.get("$defs", {}) if defs is None else defs
    required = schema.get("required", ())
    for name, each in _ordered(schema.get("properties", {})):
        each = _resolved(each, defs)
        if each.get("x-hidden-field"):
            continue
        place = f"{prefix}{name}"
        yield (
            place,
            _type(each),
            "yes" if name in required else "",
            "yes" if each.get("secret") or each.get("airbyte_secret") else "",
            jsonlib.dumps(each["default"]) if "default" in each else "",
            str(each.get("description", each.get("title", ""))),
        )
        yield from _fields(each, f"{place}.", defs)
        for option in each.get("oneOf", ()):
            option = _resolved(option, defs)
            yield from _fields(option, f"{place}.", defs) if len(each["oneOf"]) == 1 else _option(option, place, defs)


def _option(option: dict[str, Any], place: str, defs: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    yield from _fields(option, f"{place} ({option.get('title', 'either')}).", defs)


def _ordered(properties: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(properties.items(), key=lambda item: item[1].get("order", 1_000))


def _resolved(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        return {**defs.get(reference.removeprefix("#/$defs/"), {}), **schema}
    return schema


def _type(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return jsonlib.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(jsonlib.dumps(each) for each in schema["enum"])
    if "oneOf" in schema and len(schema["oneOf"]) > 1:
        return "one of " + ", ".join(str(each.get("title", "?")) for each in schema["oneOf"])
    kind = schema.get("type", "any")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{text} ({schema['format']})" if "format" in schema else text
