"""Repositories of flow.yaml files, for real: files in git, checked and written as the command does."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.known import load
from connector_sdk.catalog.specs import lint

SEALED = "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]"
SOPS = f"sops: {{mac: '{SEALED}', encrypted_suffix: _sops}}"


class Files:
    """A repository in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
        self.repository = Repository(root)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def lint(self, name: str = "flow.yaml", **how: Any) -> list[Finding]:
        return lint(self.root / name, self.repository, load(), **how)

    def of(self, text: str, **how: Any) -> list[Finding]:
        """What is found in one file."""
        self.write("flow.yaml", text)
        return self.lint(**how)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)
