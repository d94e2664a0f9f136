"""The generated part of an entry: made of what the connector tells, and kept together by a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from connector_sdk.catalog.entries._facts import Facts, definition_hash

__all__ = ["differences", "digest", "generated_part", "intact", "sealed"]

_AIRBYTE = "0.18"  # the version of the protocol that connector_sdk.airbyte speaks


def generated_part(facts: Facts, folder: Path, module: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """What is generated for a connector now, with the evidence (conformance, image) that stood there ``before``."""
    spec = facts.spec
    known = {each["recommendedName"]: each for each in facts.bindings}
    made = {
        "sdk": sdk_version(),
        "definitionHash": definition_hash(folder, module),
        "protocols": {"flow": spec["protocol"], "airbyte": _AIRBYTE},
        "documentationUrl": spec.get("documentationUrl", ""),
        "configSchema": spec["configSchema"],
        "secrets": list(dict.fromkeys(_secrets(spec["configSchema"], ""))),
        "auth": _ways(spec["configSchema"]),
        "resourceSchema": spec["resourceConfigSchema"],
        "resourcePathPointers": spec["resourcePathPointers"],
        "streams": [_stream(name, told, known.get(name)) for name, told in facts.declared.items()],
    }
    if others := [name for name in known if name not in facts.declared]:
        made["perAccount"] = others
    made |= {name: before[name] for name in ("conformance", "image") if name in before}
    return sealed(made)


def sealed(part: Mapping[str, Any]) -> dict[str, Any]:
    """The part with the hash of all the rest of it in front."""
    rest = {name: value for name, value in part.items() if name != "hash"}
    return {"hash": digest(rest), **rest}


def intact(part: Mapping[str, Any]) -> bool:
    """Whether the part is as the tool wrote it."""
    return bool(part.get("hash") == sealed(part)["hash"])


def digest(value: Any) -> str:
    """The hash of a JSON value, however it is written."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def differences(before: Any, now: Any, at: str = "") -> Iterator[str]:
    """Where two generated parts differ: places such as ``streams/calls/key``, not what stands there."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys([*before, *now]):
            if name != "hash" or at:
                yield from differences(before.get(name), now.get(name), f"{at}/{name}" if at else name)
    elif isinstance(before, list) and isinstance(now, list) and at == "streams":
        yield from differences(_by_name(before), _by_name(now), at)
    elif before != now:
        yield at


def sdk_version() -> str:
    """The version of this SDK; empty where it is not installed."""
    try:
        return version("estuary-connector-sdk")
    except PackageNotFoundError:
        return ""


def _by_name(streams: list[Any]) -> dict[str, Any]:
    return {str(each.get("name")): each for each in streams if isinstance(each, Mapping)}


def _stream(name: str, told: Mapping[str, Any], binding: Mapping[str, Any] | None) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "key": list(binding["key"]) if binding else told["key"]}
    if told["cursor"]:
        made["cursor"] = told["cursor"]
    made |= {"syncModes": told["syncModes"], "deletes": told["deletes"], "promise": told["promise"]}
    interval = binding["resourceConfig"].get("interval") if binding else None
    if interval:
        made["defaultInterval"] = interval
    made["enabled"] = not (binding or {}).get("disable", told["optional"])
    if scopes := [each for each in told["scopes"] if each]:
        made["scopes"] = scopes
    if binding is None:
        made["discovered"] = False
    else:
        made["schemaHash"] = digest(binding["documentSchema"])
    return made


def _secrets(schema: Any, at: str) -> Iterator[str]:
    """JSON pointers into a config of every place that the schema marks as a secret."""
    if not isinstance(schema, Mapping):
        return
    if at and (schema.get("secret") or schema.get("airbyte_secret")):
        yield at
    for name, each in schema.get("properties", {}).items():
        yield from _secrets(each, f"{at}/{name.replace('~', '~0').replace('/', '~1')}")
    for kind in ("oneOf", "anyOf", "allOf"):
        for each in schema.get(kind, ()):
            yield from _secrets(each, at)


def _ways(schema: Mapping[str, Any]) -> list[str]:
    """The ways to log in, by the titles that the form shows."""
    credentials = schema.get("properties", {}).get("credentials", {})
    options = credentials.get("oneOf") or ([credentials] if credentials else [])
    return [str(each.get("title", "")) for each in options]
