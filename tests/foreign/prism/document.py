"""Slack's own OpenAPI document of 2021, and the patch that today's contract needs.

``slack_web_openapi_v2.json`` is part of slackapi/slack-api-specs (MIT, see LICENSE.slack-api-specs.txt), file
``web-api/slack_web_openapi_v2.json`` at commit bc08db496256 of 2021-09-03: 31 of its methods, and these as they were.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

__all__ = ["EXAMPLES", "NEWER", "parameters", "patched", "vendors"]

NEWER = {"team_id": "the workspace that the token of a whole organisation means; such tokens came after the document"}
"""Parameters that Slack takes today and the document does not know, each with the reason."""


EXAMPLES: dict[str, Any] = {
    "emoji.list": {"ok": True, "emoji": {"bowtie": "https://emoji.slack-edge.test/bowtie.png", "bow": "alias:bowtie"}},
    "files.remote.list": {"ok": True, "files": [{"id": "FR1", "external_id": "7", "created": 1, "updated": 2}],
                          "response_metadata": {"next_cursor": ""}},
}  # fmt: skip
"""What two methods answer today, made up."""


def vendors() -> dict[str, Any]:
    """The document as Slack wrote it."""
    path = Path(__file__).with_name("slack_web_openapi_v2.json")
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def patched() -> dict[str, Any]:
    """The document as Prism serves it, changed in three ways and no more.

    1. ``token`` is no parameter. In 2021 Slack's document asked for it in the address, or in a header of that name,
       beside the OAuth login that it declares too. Addresses are logged by everything on the way; today the token
       stands in the ``Authorization`` header alone, which Prism asks for because of that login.
    2. ``/api``, where the document's paths lie, is written into each path: Prism serves paths without it, and the
       connector asks for whole addresses.
    3. Two answers are no more than ``{"ok": true}`` there: they are ``EXAMPLES``, and of these methods only the request
       is judged by the vendor's own words. User groups, which are asked for with their people, have some.
    """
    document = copy.deepcopy(vendors())
    base = document.pop("basePath")
    document["paths"] = {f"{base}{path}": operations for path, operations in document["paths"].items()}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["parameters"] = [each for each in operation.get("parameters", ()) if each["name"] != "token"]
    for method, example in EXAMPLES.items():
        document["paths"][f"/api/{method}"]["get"]["responses"]["200"] = {
            "description": "What the method answers today.", "examples": {"application/json": example},
            "schema": {"type": "object"},
        }  # fmt: skip
    groups = document["paths"]["/api/usergroups.list"]["get"]["responses"]["200"]["examples"]["application/json"]
    for group in groups["usergroups"]:
        group["users"] = ["U060R4BJ4"]
    return document


def parameters(method: str, verb: str = "get") -> dict[str, str] | None:
    """The types of a method's parameters, by name; None for a method that the document does not know."""
    operation = patched()["paths"].get(f"/api/{method}", {}).get(verb)
    return None if operation is None else {each["name"]: each["type"] for each in operation["parameters"]}
