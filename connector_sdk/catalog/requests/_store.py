"""The files of requests: read, found by what a person types, numbered, and written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import Document, dump, parse, read, unread
from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests import _model
from connector_sdk.catalog.requests._model import Request
from connector_sdk.catalog.requests._schema import misfits
from connector_sdk.errors import CatalogUsageError, RequestFileError

__all__ = ["FILE_NAME", "Stored", "load", "loaded", "locked", "next_id", "read_requests", "stored", "write"]

FILE_NAME = re.compile(r"(?P<id>[0-9]{4}-[0-9]{3,})-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\.yaml")
_BRANCHES = 200  # whose numbers are not taken again, the youngest first
_HEAD = ("A request for a connector. Steps are taken with connector-sdk request; docs/requests.md tells of states.",)


@dataclass(frozen=True)
class Stored:
    """A request and the document it stands in."""

    document: Document
    request: Request


def files(repository: Repository) -> list[Path]:
    """All files in the folder of requests, in order of their names."""
    folder = repository.requests
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith("."))


def stored(repository: Repository) -> tuple[list[Stored], list[Finding]]:
    """All requests that can be read, and what is wrong with the files that cannot."""
    found: list[Stored] = []
    wrong: list[Finding] = [*_no_files(repository)]
    for path in files(repository):
        if path.suffix != ".yaml":
            continue
        try:
            document = read(path, RequestFileError)
        except RequestFileError as error:
            told, _ = unread(error, path)
            wrong.append(Finding("request-unreadable", "error", told, "make it YAML again", repository.relative(path)))
            continue
        findings = _unfit(document, repository.relative(path))
        wrong += findings
        if not findings:
            found.append(loaded(document))
    return found, wrong


def _no_files(repository: Repository) -> Iterator[Finding]:
    """What stands where requests belong and can hold none: folders, and links to nothing."""
    folder = repository.requests
    if folder.is_dir():
        wrong = [each for each in sorted(folder.glob("*.yaml")) if not each.is_file() and each.name[0] != "."]
    else:
        wrong = [folder] if folder.exists() or folder.is_symlink() else []
    for each in wrong:
        told = f"{each.name} is no file." if each != folder else "requests is no folder."
        hint = "take it away: requests are files in the folder requests"
        yield Finding("request-unreadable", "error", told, hint, repository.relative(each))


def _unfit(document: Document, path: str) -> list[Finding]:
    return [
        Finding("request-schema", "error", each.message, each.hint, path, *document.place(*each.where))
        for each in misfits(document.plain(RequestFileError))
    ]


def loaded(document: Document) -> Stored:
    """The request of a document that fits the schema."""
    return Stored(document, _model.parse(document.plain(RequestFileError), document.path))


def load(path: Path) -> Stored:
    """The request in a file. Raises RequestFileError where it is none, naming its first mistake."""
    document = read(path, RequestFileError)
    for each in misfits(document.plain(RequestFileError)):
        line = document.place(*each.where)[0]
        raise RequestFileError(f"{path.name}, line {line}: {each.message}", hint=each.hint)
    return loaded(document)


def at_commit(repository: Repository, commit: str, path: str) -> Request | None:
    """A request as it was at a commit; None where it was not there, or was none."""
    text = repository.at(commit, repository.root / path)
    if text is None:
        return None
    try:
        document = parse(text, repository.root / path, RequestFileError)
    except RequestFileError:
        return None
    return None if misfits(document.plain(RequestFileError)) else loaded(document).request


def read_requests(repository: Repository) -> list[Request]:
    """Every request of the repository, in order of their files. Raises RequestFileError for the first that is none."""
    return [load(path).request for path in files(repository) if path.suffix == ".yaml"]


def _id(name: str) -> str:
    matched = FILE_NAME.fullmatch(name)
    return matched["id"] if matched else ""


@contextmanager
def locked(repository: Repository) -> Iterator[None]:
    """The folder of requests to oneself, made where it is not there: who looks for a free number and takes it must not
    meet another who does. The lock goes with the process."""
    folder = repository.requests
    if folder.exists() and not folder.is_dir():
        raise CatalogUsageError(
            f"{folder} is a file, and requests are files in a folder of that name.", hint="give it another name"
        )
    folder.mkdir(exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def next_id(repository: Repository, year: int) -> str:
    """The first number of a year that no file here has, nor one on another branch that git knows."""
    names = [path.name for path in files(repository)]
    names += _on_branches(repository)
    taken = [int(_id(name)[5:]) for name in names if _id(name).startswith(f"{year:04}-")]
    return f"{year:04}-{max(taken, default=0) + 1:03}"


def _on_branches(repository: Repository) -> Iterable[str]:
    listed = _git(repository, "for-each-ref", f"--count={_BRANCHES}", "--sort=-committerdate", "--format=%(objectname)",
                  "refs/heads", "refs/remotes")  # fmt: skip
    for commit in dict.fromkeys(listed):
        for each in repository.files_at(commit, repository.requests):
            yield Path(each).name


def _git(repository: Repository, *args: str) -> list[str]:
    try:
        done = subprocess.run(
            ["git", *args],
            cwd=repository.root,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=60,
        )
    except OSError:  # no git, no branches
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []


def write(path: Path, data: Any, *, fresh: bool = False) -> None:
    """Write a request whole, or leave what was there. ``fresh`` is for a file that must not be there yet."""
    text = dump(data, comments=_HEAD if fresh else (), fold=False)
    path.parent.mkdir(exist_ok=True)
    if fresh and path.exists():
        raise RequestFileError(f"{path.name} is there already.", hint="run the command again: it takes another number")
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, "utf-8")
    beside.replace(path)
