"""A repository of requests for tests: a real git repository, and the real command in it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from connector_sdk.catalog._repository import Repository
from connector_sdk.cli._run import run

ASKS = "requester@example.test"
DECIDES = "decider@example.test"
SCREEN = 30
ENTRY = f"""\
apiVersion: connector-catalog/v1
kind: Connector
metadata:
  name: source-linear
  owner: data-team # who answers
  lifecycle: building
  description: {"A line that somebody wrote long. " * 8}it ends here
spec:
  kind: capture
"""
"""A small entry of a connector that is building."""
HELD = """
import importlib, sys
module, name, when = sys.argv[1:4]
owner = importlib.import_module(module)
function = getattr(owner, name)

def held(*args, **named):
    made = function(*args, **named) if when == "after" else None
    print("reached", flush=True)
    sys.stdin.readline()
    return made if when == "after" else function(*args, **named)

setattr(owner, name, held)
sys.argv = ["connector-sdk", *sys.argv[4:]]
from connector_sdk.cli import main
main()
"""
"""The command, which waits for a line before or after a function of its own, and says that it does."""


class Desk:
    """A folder with ``.git``, in which ``requester@example.test`` works; a copy of ``like``, where one is named."""

    def __init__(self, root: Path, like: Path | None = None) -> None:
        self.root = root
        self.repository = Repository(root)
        if like is not None:
            shutil.copytree(like, root, dirs_exist_ok=True)
            return
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.email", ASKS)
        self.git("config", "user.name", "A requester")
        self.git("commit", "--quiet", "--allow-empty", "--message", "begin")

    def git(self, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=self.root, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, message: str = "a step") -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def run(self, *args: str, code: int = 0) -> str:
        """All that the command said; what every answer to bad input has is checked."""
        out, err = io.StringIO(), io.StringIO()
        with chdir(self.root), redirect_stdout(out), redirect_stderr(err):
            ended = run(args)
        return self._checked(out.getvalue(), err.getvalue(), ended, code)

    def process(self, *args: str, code: int = 0, **env: str) -> str:
        """The same, as a process of its own, from nothing."""
        argv = [sys.executable, "-W", "error", "-m", "connector_sdk.cli", *args]
        done = subprocess.run(
            argv, cwd=self.root, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **env}
        )
        return self._checked(done.stdout, done.stderr, done.returncode, code)

    def _checked(self, out: str, err: str, ended: int, code: int) -> str:
        said = out + err
        assert ended == code, said
        assert "Traceback" not in said
        assert not err or err.startswith("error: "), said
        assert len(err.splitlines()) <= SCREEN
        return said

    def ended(self, number: int, moment: str, *args: str) -> tuple[int, str]:
        """A process of its own that a signal ends at a moment, such as ``before module:function``: its exit code, and
        what it said."""
        when, _, what = moment.partition(" ")
        argv = [sys.executable, "-c", HELD, *what.split(":"), when, *args]
        with subprocess.Popen(argv, cwd=self.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stdout.readline() == "reached\n", process.communicate()[1]
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return process.returncode, out + err

    def files(self) -> dict[str, bytes]:
        """All files but git's, and folders, which hold nothing."""
        found = [each for each in self.root.rglob("*") if ".git" not in each.relative_to(self.root).parts]
        return {str(each.relative_to(self.root)): each.read_bytes() if each.is_file() else b"" for each in found}

    def request(self, *args: str, code: int = 0) -> str:
        return self.run("request", *args, code=code)

    def json(self, *args: str, code: int = 0) -> Any:
        return json.loads(self.run(*args, "--json", code=code).splitlines()[-1 if not code else 0])

    def file(self, number: str) -> Path:
        found = list((self.root / "requests").glob(f"{number}-*.yaml"))
        assert len(found) == 1, found
        return found[0]

    def edit(self, number: str, old: str, new: str) -> None:
        path = self.file(number)
        text = path.read_text("utf-8")
        assert text.count(old) >= 1, text
        path.write_text(text.replace(old, new, 1), "utf-8")

    def checked(self, system: str = "Zoom", *more: str) -> str:
        """A request that waits for its decision; gives its id."""
        number = str(self.json("request", "new", system, *more, "--today", "2026-11-02")["id"])
        self.request("check", number, "--today", "2026-11-03")
        return number

    def approved(self, system: str = "Zoom", *more: str) -> str:
        """A request that is approved, and whose connector is not begun."""
        number = self.checked(system, *more)
        self.request("decide", number, "--approve", "--reason", "none there", "--by", DECIDES, "--no-scaffold",
                     "--today", "2026-11-04")  # fmt: skip
        return number
