"""Asana's own OpenAPI document, and the patch that today's contract needs.

``asana_oas.json`` is part of Asana/openapi (Apache 2.0, as the document's own ``info.license`` says), file
``defs/asana_oas.yaml`` at commit fc9f8dcf224e of 2026-06-11, as JSON: 59 of its paths, without code samples and without
the components that these do not use.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

__all__ = ["BASE", "UNKNOWN", "operation", "parameters", "patched", "vendors"]

BASE = "/api/1.0"
UNKNOWN = {"/users/{user_gid}/user_task_list": "the part of the document that is kept here lacks it"}
"""Paths that Asana has and the document does not, each with the reason."""


def vendors() -> dict[str, Any]:
    """The document as Asana wrote it."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name("asana_oas.json").read_text("utf-8"))
    return document


def patched() -> dict[str, Any]:
    """The document as Prism serves it, changed in three ways and no more.

    1. ``/api/1.0``, where the document's server lies, is written into each path: Prism serves paths without it, and
       the connector asks for whole addresses.
    2. The fields that ``opt_fields`` may name lack the ``gid`` of what a record names, though every object has one and
       Asana gives it when it is asked for: for each object in the list it is added. Else names would have to be asked
       for, which change.
    3. A list of tasks shows whole tasks, as a task by itself is shown there: what a list shows is what ``opt_fields``
       asks for, which the document tells in words, while its schema and examples have compact records. Of other lists
       the connector looks into no record.
    """
    document = copy.deepcopy(vendors())
    document.pop("servers")
    document["paths"] = {f"{BASE}{path}": operations for path, operations in document["paths"].items()}
    for operations in document["paths"].values():
        found = _resolved(document, operations["get"], operations)
        for each in found:
            if each["name"] == "opt_fields" and (known := each["schema"]["items"].get("enum")):
                above = {field.rpartition(".")[0] for field in known} - {""}
                objects = above | {field for field in known if field.rpartition(".")[2] in _COMPACT}
                each["schema"]["items"]["enum"] = sorted({*known, *(f"{field}.gid" for field in objects)})
        operations["get"]["parameters"] = found
        operations.pop("parameters", None)
    tasks = document["paths"][f"{BASE}/tasks"]["get"]["responses"]["200"]["content"]["application/json"]
    tasks["schema"]["properties"]["data"]["items"] = {"$ref": "#/components/schemas/TaskResponse"}
    return document


_COMPACT = {"created_by", "dependencies", "dependents", "owner", "project", "project_brief"}
"""Objects of which the list names no field."""


def _resolved(document: dict[str, Any], operation: dict[str, Any], shared: dict[str, Any]) -> list[dict[str, Any]]:
    """An operation's own parameters and those of its path, without references."""
    given = [*shared.get("parameters", ()), *operation.get("parameters", ())]
    return [copy.deepcopy(_at(document, each)) for each in given]


def _at(document: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in found:
        place: Any = document
        for name in found["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        found = place
    return found


_DOCUMENT = patched()
_PATHS = {re.compile(re.sub(r"\{\w+\}", "[^/]+", path)): path for path in _DOCUMENT["paths"]}


def operation(path: str) -> str | None:
    """The path of the document that a request is for; None where it knows none."""
    return next((found for pattern, found in _PATHS.items() if pattern.fullmatch(path)), None)


def parameters(path: str) -> dict[str, dict[str, Any]]:
    """The query parameters of a path of the document, by name."""
    return {each["name"]: each for each in _DOCUMENT["paths"][path]["get"]["parameters"] if each["in"] == "query"}
