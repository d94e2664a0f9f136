"""A repository with one connector and its entry, the evidence that it can be given, and the command run in it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.entries import _pack, _sync, begin, sync
from connector_sdk.catalog.entries._facts import Facts, definition_hash, facts_of
from connector_sdk.catalog.scaffold import new_connector
from connector_sdk.testing.conformance import chosen
from tests.commands import command

NAME = "source-acme"
DIGEST = f"sha256:{'1a' * 32}"
LABELS = {
    "FLOW_RUNTIME_PROTOCOL": "capture",
    "FLOW_RUNTIME_CODEC": "json",
    "io.airbyte.name": f"airbyte/{NAME}",
    "org.opencontainers.image.version": "0.1.0",
}


class Team:
    """A team's repository, as files and as the command sees it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repository = Repository(root)
        self.entry = root / "catalog-entries" / f"{NAME}.yaml"
        self.code = root / "connectors" / NAME / "source_acme" / "__init__.py"

    def edit(self, path: Path, before: str, after: str) -> None:
        """Replace a text that is there once or more."""
        text = path.read_text("utf-8")
        assert before in text, f"{before!r} is not in {path.name}"
        path.write_text(text.replace(before, after), "utf-8")

    def write(self, before: str, after: str) -> None:
        """Replace a text in the entry."""
        self.edit(self.entry, before, after)

    def git(self, *args: str) -> None:
        """Run git, as somebody of the team."""
        who = ["-c", "user.name=Requester", "-c", "user.email=requester@example.test", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *args], cwd=self.root, check=True, capture_output=True)

    def commit(self, state: str = "now") -> None:
        """Commit all of it; the branch ``main`` stays where it was first."""
        if not (self.root / ".git" / "HEAD").is_file():
            self.git("init", "--initial-branch=main")
            self.git("add", "-A")
            self.git("commit", "-m", state)
            self.git("checkout", "-b", "work")
            return
        self.git("add", "-A")
        self.git("commit", "-m", state)

    def run(self, *args: object, code: int = 0) -> str:
        """What the command says; it ends with this code, and never with a traceback."""
        done = command(*args, cwd=self.root)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def json(self, *args: object, code: int = 0) -> Any:
        """The one object that ``--json`` prints."""
        done = command(*args, "--json", cwd=self.root)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def report(self, *, failed: int = 0, checks: int | None = None, connector: str = NAME) -> Path:
        """A file as ``connector-sdk test --json`` writes it."""
        names = [each.name for each in chosen()][:checks]
        told = [
            {"check": name, "group": "capture", "why": "", "rules": [], "seconds": 0.1, "seen": [{"requests": 1}],
             "status": "failed" if number < failed else "passed", "told": "seen"}
            for number, name in enumerate(names)
        ]  # fmt: skip
        path = self.root.parent / "report.json"
        path.write_text(json.dumps({"connector": connector, "passed": not failed, "checks": told}))
        return path

    def image(self, digest: str = DIGEST, **labels: str) -> Path:
        """A file as ``connector-sdk build --json`` writes it."""
        told = {"connector": NAME, "image": f"ghcr.io/acme/{NAME}:v0", "digest": digest, "builder": "oci",
                "base": "python:3.12-slim-bookworm", "labels": {**LABELS, **labels}}  # fmt: skip
        path = self.root.parent / "image.json"
        path.write_text(json.dumps(told))
        return path

    def become_candidate(self) -> None:
        """Give the entry all that a candidate needs, and make it one."""
        sync(self.repository, NAME, report=self.report(), image=self.image())
        self.write("lifecycle: building", "lifecycle: candidate")
        self.write(
            "  code:\n",
            "  data:\n    classification: internal\n    personalData: false\n"
            f"  image:\n    repository: ghcr.io/acme/{NAME}\n  code:\n",
        )


_told: dict[str, Facts] = {}


def _remembered(folder: Path, module: str) -> Facts:
    known = definition_hash(folder, module)
    if known not in _told:
        _told[known] = facts_of(folder, module)
    return _told[known]


@pytest.fixture(scope="session", autouse=True)
def asked_once() -> Iterator[None]:
    """A connector whose definition is the same is asked once; commands ask it themselves, in processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sync, "facts_of", _remembered)
        patch.setattr(_pack, "facts_of", _remembered)
        yield


@pytest.fixture(scope="session")
def made(asked_once: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that is made once, and copied for each test."""
    root = tmp_path_factory.mktemp("team") / "repository"
    (root / "connectors").mkdir(parents=True)
    repository = Repository(root)
    new_connector(repository, NAME, title="Acme")
    begin(repository, NAME, title="Acme", owner="team-data", system="Acme Inc.", aliases=["acme crm"])
    return root


@pytest.fixture
def team(made: Path, tmp_path: Path) -> Team:
    root = tmp_path / "repository"
    shutil.copytree(made, root)
    return Team(root)


@pytest.fixture(scope="session")
def proved(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a candidate, made once too."""
    root = tmp_path_factory.mktemp("proved") / "repository"
    shutil.copytree(made, root)
    Team(root).become_candidate()
    return root


@pytest.fixture
def candidate(proved: Path, tmp_path: Path) -> Team:
    root = tmp_path / "repository"
    shutil.copytree(proved, root)
    return Team(root)
