"""The repository of a team's connectors: where its files lie, and what they were at the merge base."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from connector_sdk.errors import CatalogUsageError

__all__ = ["Repository"]

_MARKS = ("catalog-entries", "requests", "connectors", ".git")


@dataclass(frozen=True)
class Repository:
    """A folder with ``connectors/``, ``catalog-entries/`` and ``requests/``, each of which may not be there yet."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Repository:
        """The nearest folder, from ``start`` (the current one) upwards, that holds one of the three, or ``.git``.
        Raises CatalogUsageError where there is none."""
        first = (start or Path.cwd()).resolve()
        if not first.is_dir():
            raise CatalogUsageError(f"There is no folder {first}.")
        for folder in (first, *first.parents):
            if any((folder / each).exists() for each in _MARKS):
                return cls(folder)
        raise CatalogUsageError(
            f"{first} is in no repository of connectors.", hint="run git init, or make the folder connectors/"
        )

    @property
    def connectors(self) -> Path:
        """Where the connectors' folders are."""
        return self.root / "connectors"

    @property
    def entries(self) -> Path:
        """Where the catalog entries are."""
        return self.root / "catalog-entries"

    @property
    def requests(self) -> Path:
        """Where the requests are."""
        return self.root / "requests"

    def relative(self, path: Path) -> str:
        """A path as findings and files name it: relative to the root, with forward slashes."""
        whole = path if path.is_absolute() else self.root / path
        return whole.relative_to(self.root).as_posix() if whole.is_relative_to(self.root) else whole.as_posix()

    def merge_base(self, base: str) -> str:
        """The commit at which this branch left ``base`` (a branch, a tag or a commit).
        Raises CatalogUsageError where git knows no such thing."""
        if not base.strip() or base.startswith("-"):
            told = f"{base!r} cannot be the name of one" if base.strip() else "its name is empty"
            raise CatalogUsageError(
                f"There is no base to compare with: {told}.", hint="--base takes a branch or commit"
            )
        done = self._git("merge-base", base, "HEAD")
        if done.returncode:
            raise CatalogUsageError(f"git knows no merge base of {base!r} and HEAD.", hint=self._why(done.stderr))
        return done.stdout.strip()

    def _why(self, said: str) -> str:
        """What to do where git knows no merge base, for which it has several reasons."""
        if "dubious ownership" in said:
            return f"the folder is another user's: git config --global --add safe.directory {self.root}"
        inside = self._git("rev-parse", "--is-shallow-repository")
        if inside.returncode:
            return f"git does not work here ({said.strip()[:120]})"
        if self._git("rev-parse", "--verify", "--quiet", "HEAD").returncode:
            return "the repository has no commit yet, so there is nothing to compare with: leave --base out"
        if inside.stdout.strip() == "true":
            return f"fetch it whole: git fetch --unshallow, or name another base ({said.strip()[:120]})"
        return (
            f"fetch the branch: git fetch origin, or name another base ({said.strip()[:120] or 'they share no commit'})"
        )

    def at(self, commit: str, path: Path) -> str | None:
        """The text of a file at a commit; None where it was not there."""
        done = self._git("show", f"{commit}:./{self.relative(path)}")
        return None if done.returncode else done.stdout

    def files_at(self, commit: str, folder: Path) -> list[str]:
        """The files in a folder at a commit, relative to the root."""
        done = self._git("ls-tree", "-r", "--name-only", commit, f"./{self.relative(folder)}")
        return [] if done.returncode else done.stdout.splitlines()

    def _git(self, *args: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["git", *args], cwd=self.root, capture_output=True, text=True, errors="replace", check=False, timeout=60
            )
        except OSError:
            raise CatalogUsageError("git is not installed, or cannot be run.") from None
