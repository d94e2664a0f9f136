"""Logins to registries, as ``docker login`` keeps them, helpers included."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["login_for"]


def login_for(registry: str) -> tuple[str, str] | None:
    """User and password for a registry's host; nothing where nobody logged in."""
    config = _config()
    names = (["https://index.docker.io/v1/", "index.docker.io"] if registry.endswith("docker.io") else []) + [registry]
    helpers = config.get("credHelpers", {})
    for name in names:
        helper = helpers.get(name) or config.get("credsStore")
        found = _from_helper(helper, name) if helper else None
        found = found or _from_file(config.get("auths", {}).get(name, {}))
        if found:
            return found
    return None


def _config() -> dict[str, Any]:
    folder = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    try:
        found = json.loads((Path(folder) / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _from_file(entry: dict[str, Any]) -> tuple[str, str] | None:
    try:
        user, colon, password = base64.b64decode(entry.get("auth", "")).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None


def _from_helper(helper: str, registry: str) -> tuple[str, str] | None:
    try:
        done = subprocess.run(
            [f"docker-credential-{helper}", "get"],
            input=registry,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        told = json.loads(done.stdout) if not done.returncode else {}
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    user, password = told.get("Username", ""), told.get("Secret", "")
    return (user, password) if password else None
