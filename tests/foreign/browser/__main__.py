"""``python -m tests.foreign.browser``: makes three sites and has Chromium judge them. Exit code 1 where it finds a
fault."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.catalog.site.example import TODAY, example, hostile

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PLACE = ROOT / "build" / "browser"
PYTHON = PLACE / "venv" / "bin" / "python"
SHOTS = ROOT / "build" / "site"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def needed(names: tuple[str, ...], why: str) -> str:
    """The first of these programs that there is; without any, the end."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or sys.exit(f"{why}, or leave this judge out")


def install(npm: str) -> None:
    """What drives the browser, and axe-core, if they are not there or others are asked for."""
    files = HERE / "requirements.txt", HERE / "constraints.txt", HERE / "package-lock.json"
    wanted, mark = "".join(file.read_text() for file in files), PLACE / ".installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    print(f"installing Playwright and axe-core into {PLACE} ...", file=sys.stderr)
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, PLACE / name)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(PLACE / "venv")],
        [*pip, "-r", str(files[0]), "-c", str(files[1])],
        [npm, "ci", "--silent", "--no-audit", "--no-fund"],
    ):
        ran = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.exit(f"{Path(command[0]).name} cannot install it: {(ran.stderr or ran.stdout).strip()[-2000:]}")
    mark.write_text(wanted)


def sites() -> list[str]:
    """Three sites, each written by the command: of a team's repository, of one that is hostile, and of this one."""
    work = PLACE / "work"
    shutil.rmtree(work, ignore_errors=True)
    roots = {"team": work / "team" / "repository", "hostile": work / "hostile" / "repository", "ours": ROOT}
    example(roots["team"])
    hostile(roots["hostile"])
    for name, root in roots.items():
        output = work / name / "site"
        command = [sys.executable, "-m", "connector_sdk.cli", "catalog", "site", "--root", str(root)]
        subprocess.run([*command, "--output", str(output), "--today", TODAY], check=True, stdout=subprocess.DEVNULL)
    return list(roots)


def main() -> int:
    browser = os.environ.get("CHROMIUM") or needed(
        BROWSERS, "Chromium is needed for this judge alone: apt-get install chromium, or say CHROMIUM=/path/to/it"
    )
    npm = needed(("npm",), "npm is needed for this judge alone: install Node.js 20 or later")
    install(npm)
    shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(parents=True)
    told = {
        "browser": browser,
        "work": str(PLACE / "work"),
        "sites": sites(),
        "axe": str(PLACE / "node_modules" / "axe-core" / "axe.min.js"),
        "shots": str(SHOTS),
    }
    return subprocess.run([PYTHON, HERE / "judge.py", json.dumps(told)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
