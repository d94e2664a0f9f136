"""``make judges``: installs the judges, has each of them judge source-gong, and prints a table. Exit code 1 where one
of them finds a fault, or did not run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connector_sdk.engine import SystemClock
from connector_sdk.engine.clock import parse_instant
from connector_sdk.testing.fake import Fault, load_sandbox

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GONG = ROOT / "connectors" / "source-gong"
PLACE = ROOT / "build" / "judges"
PYTHON = PLACE / "venv" / "bin" / "python"
BEGINS = "2026-03-02T10:00:00Z"
HOUR = 3_600_000_000
FASTER = 60  # the source's own limits would have us wait
ENV = {
    **os.environ, "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1", "AIRBYTE_PROJECT_DIR": str(PLACE / "work"),
    "AIRBYTE_LOGGING_ROOT": str(PLACE / "work" / "logs"), "HOME": str(PLACE / "work"), "PYTHONWARNINGS": "ignore",
}  # fmt: skip


class Failed(Exception):
    """A judge found a fault, or could not judge."""


def install() -> None:
    """The judges' environment, if it is not there, or was made from other requirements."""
    files = HERE / "requirements.txt", HERE / "constraints.txt"
    wanted, mark = "".join(file.read_text() for file in files), PLACE / "venv" / ".installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    print(f"installing Airbyte's tools into {PLACE / 'venv'} ...", file=sys.stderr)
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(PLACE / "venv")],
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check",
         "-r", str(files[0]), "-c", str(files[1])],
    ):  # fmt: skip
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.exit(f"Airbyte's tools cannot be installed: {ran.stderr.strip()[-2000:]}")
    mark.write_text(wanted)


def executable(clock: SystemClock) -> Path:
    """source-gong as one file that runs, on this clock wherever it is by then."""
    launcher = PLACE / "work" / "launch.py"
    launcher.write_text(
        "import os, sys\nfrom connector_sdk.engine.clock import SystemClock\n"
        f"clock = SystemClock({clock.now()}, {clock.factor})\nclock._began = {time.monotonic()!r}\n"
        "os.environ['CONNECTOR_CLOCK'] = clock.spec()\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'source_gong', *sys.argv[1:]])\n"
    )
    file = PLACE / "work" / "source-gong"
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{launcher}" "$@"\n')
    file.chmod(0o755)
    return file


def said(ran: subprocess.CompletedProcess[str]) -> str:
    """The last line of a judge that is content. Raises Failed with the end of what another said."""
    if ran.returncode:
        raise Failed("\n".join((ran.stdout + ran.stderr).strip().splitlines()[-40:]))
    return ran.stdout.strip().splitlines()[-1]


def by_models(gong: Any, program: Path) -> str:
    """Lines of every command, of failures and of a rotated credential, read with the protocol's own models."""
    from tests.foreign.lines import recorded

    files = recorded(gong, program, PLACE / "work")
    return said(subprocess.run([PYTHON, HERE / "judge_models.py", *files], capture_output=True, text=True, env=ENV,
                               check=False))  # fmt: skip


def by_the_suite(gong: Any, program: Path) -> str:
    """airbyte-cdk's standard tests for sources; those that need an image are left out."""
    root = PLACE / "work" / "source-gong-suite"
    root.mkdir(exist_ok=True)
    wrong = json.loads(json.dumps(gong.config()))
    wrong["credentials"]["access_key_secret"] = "a-wrong-secret-of-the-suite"
    (root / "config.json").write_text(json.dumps(gong.config()))
    (root / "wrong.json").write_text(json.dumps(wrong))
    (root / "invalid.json").write_text(json.dumps({"start_date": 7}))
    good = [{"config_path": "config.json", "status": "succeed"}]
    refused = [{"config_path": name, "status": "failed"} for name in ("wrong.json", "invalid.json")]
    tests = {
        "connector_image": "airbyte/source-gong:dev",
        "test_strictness_level": "high",
        "acceptance_tests": {
            "spec": {"tests": [{"config_path": "config.json"}]},
            "connection": {"tests": [*good, *refused]},
            "discovery": {"tests": [{"config_path": "config.json"}]},
            "basic_read": {"tests": [{"config_path": "config.json"}]},
        },
    }
    (root / "acceptance-test-config.yml").write_text(json.dumps(tests))  # JSON is YAML
    arguments = [
        "-q", "--noconftest", "--import-mode=importlib", "-p", "airbyte_cdk.test.standard_tests.pytest_hooks",
        "-k", "not docker_image", "-c", os.devnull, "--rootdir", str(root), "-p", "no:cacheprovider", "-rs",
        "-W", "error::airbyte_cdk.test.standard_tests._catalog_checks.DiscoveredCatalogWarning",
    ]  # fmt: skip
    env = {**ENV, "JUDGED_EXECUTABLE": str(program), "JUDGED_ROOT": str(root)}
    ran = subprocess.run([PYTHON, "-m", "pytest", *arguments, str(HERE / "judge_standard.py")], capture_output=True,
                         text=True, env=env, check=False)  # fmt: skip
    verdict = said(ran)
    passed = re.search(r"(\d+) passed", verdict)
    if passed is None or int(passed[1]) < 7 or "failed" in verdict:
        raise Failed(ran.stdout)
    return verdict.strip("= ")


def by_pyairbyte(gong: Any, program: Path) -> str:
    """Two increments into DuckDB; it asks us for changes in between."""
    config = PLACE / "work" / "config.json"
    config.write_text(json.dumps(gong.config()))
    for name in ("judged.duckdb", "broken.duckdb"):
        (PLACE / "work" / name).unlink(missing_ok=True)
    log = (PLACE / "work" / "pyairbyte.log").open("w+")
    with log, subprocess.Popen(
        [PYTHON, HERE / "judge_pyairbyte.py", program, config, PLACE / "work"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=ENV, cwd=PLACE / "work",
    ) as judge:  # fmt: skip
        assert judge.stdin and judge.stdout
        done = ""
        for line in judge.stdout:
            told = json.loads(line)
            done = told.get("done", "")
            if not done:
                judge.stdin.write(json.dumps(_asked(gong, told["ask"])) + "\n")
                judge.stdin.flush()
        judge.wait()
        log.seek(0)
        if judge.returncode or not done:
            raise Failed("\n".join(log.read().strip().splitlines()[-40:]))
    return done


def _asked(gong: Any, what: str) -> Any:
    if what == "change":
        gong.tick(4, only=["call added", "call renamed"])
        gong.tick(4, only=["user renamed", "user added"])
        gong.tick(2, only=["user deleted"])
        gong.tick(1, only=["scorecard deleted"])
        gong.tick(2, only=["something logged"])
        gong.settle()
        gong.api.clock._start += 26 * HOUR
        executable(gong.api.clock)
    if what == "break":
        gong.api.fault(Fault.status(403), "GET /v2/settings/trackers", times=None)
        return None
    streams = ("calls", "users", "scorecard_definitions", "audit_logs")
    return {name: {str(key): row for key, row in gong.truth(name).items()} for name in streams}


JUDGES: dict[str, Callable[[Any, Path], str]] = {
    "airbyte-protocol-models": by_models,
    "airbyte-cdk standard tests": by_the_suite,
    "PyAirbyte": by_pyairbyte,
}


def main() -> int:
    began = time.monotonic()
    install()
    (PLACE / "work").mkdir(parents=True, exist_ok=True)
    told = [("install", "ok", time.monotonic() - began, "")]
    for name, judge in JUDGES.items():
        begun = time.monotonic()
        clock = SystemClock(parse_instant(BEGINS), FASTER)
        try:
            with load_sandbox(GONG)(clock=clock, calls=120, users=20, history_days=4, limits=False, late=0) as gong:
                found = judge(gong, executable(clock))
            told.append((name, "ok", time.monotonic() - begun, found))
        except Failed as wrong:
            print(f"{name}:\n{wrong}\n", file=sys.stderr)
            told.append((name, "FAILED", time.monotonic() - begun, "see above"))
    for name, verdict, seconds, found in told:
        print(f"{name:28} {verdict:7} {seconds:6.1f} s  {found}")
    return 0 if all(verdict == "ok" for _, verdict, _, _ in told) else 1


if __name__ == "__main__":
    sys.exit(main())
