"""Findings as they are made: each with the line of the value that it is about."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import Document
from connector_sdk.catalog._findings import Finding, Severity
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.specs._plain import Where

__all__ = ["Report", "Source"]


@dataclass(frozen=True)
class Source:
    """A YAML file of a specification: its ``data`` as JSON has it, and the ``document`` that knows the lines."""

    path: Path
    document: Document
    data: Any

    def section(self, name: str) -> dict[str, Any]:
        """One of the maps at the top, without what is no mapping; empty where it is not there."""
        found = self.data.get(name) if isinstance(self.data, dict) else None
        return {key: each for key, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


@dataclass
class Report:
    """What was found so far. ``publish`` is whether the files are to be published now."""

    repository: Repository | None
    publish: bool = False
    findings: list[Finding] = field(default_factory=list)

    def add(self, rule: str, severity: Severity, source: Source, where: Where, message: str, hint: str = "") -> None:
        """Tell of the value at ``where`` in a file. What is told twice counts once."""
        line, column = source.document.place(*where)
        self._keep(Finding(rule, severity, message, hint, self.name(source.path), line, column))

    def add_file(self, rule: str, severity: Severity, path: Path, message: str, hint: str = "", line: int = 0) -> None:
        """Tell of a whole file, or of a line of one that could not be read."""
        self._keep(Finding(rule, severity, message, hint, self.name(path), line))

    def _keep(self, finding: Finding) -> None:
        if finding not in self.findings:
            self.findings.append(finding)

    def unready(self) -> Severity:
        """How grave it is that something is left to do before publishing."""
        return "error" if self.publish else "note"

    def kept_out(self, path: Path) -> bool:
        """Whether git ignores a file, so that what is in it is published nowhere."""
        if self.repository is None:
            return False
        git = ["git", "check-ignore", "-q", "--", str(path)]
        try:
            done = subprocess.run(git, cwd=self.repository.root, capture_output=True, check=False, timeout=60)
        except OSError:
            return False
        return done.returncode == 0

    def name(self, path: Path) -> str:
        """A path as findings name it: relative to the repository, or to the current folder where there is none."""
        if self.repository is not None and path.is_relative_to(self.repository.root):
            return self.repository.relative(path)
        here = Path.cwd().resolve()
        return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()
