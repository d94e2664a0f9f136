"""The checks as tests of pytest, one each."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from connector_sdk.testing.conformance._check import CHECKS
from connector_sdk.testing.conformance._run import try_check
from connector_sdk.testing.conformance._subject import Subject
from connector_sdk.testing.conformance._world import Source

__all__ = ["conformance"]


def conformance(file: str, *, module: str = "") -> Any:
    """A test for each check, of the connector in whose ``tests`` folder ``file`` lies.

    ``CONFORMANCE=whole`` tries all of them, ``quick`` the smoke; without it all are tried where something in the
    connector's folder is not as it was committed last, and the smoke where nothing is. A check that could not be
    exercised is skipped, with the reason: ``not exercised: ...``.
    """
    import pytest

    folder = Path(file).resolve().parents[1]
    name = module or folder.name.replace("-", "_")
    whole = _whole(folder)
    checks = [each for each in CHECKS.values() if whole or each.quick]

    @pytest.mark.parametrize("check", [pytest.param(each, id=each.name) for each in checks])
    def test_conformance(check: Any) -> None:
        outcome = try_check(check, _source(folder, name), quick=not whole)
        if outcome.status == "not exercised":
            pytest.skip(f"not exercised: {outcome.told}")
        if outcome.status == "failed":
            heard = [line for each in outcome.seen for line in each.get("conversation", ())]
            pytest.fail("\n".join([f"{check.name}: {outcome.told}", check.why, *heard[-20:]]), pytrace=False)

    return test_conformance


@lru_cache
def _source(folder: Path, module: str) -> Source:
    return Source(Subject(folder.name, (sys.executable, "-m", module), folder, module))


def _whole(folder: Path) -> bool:
    wanted = os.environ.get("CONFORMANCE", "changed")
    if wanted not in ("whole", "quick", "changed"):
        raise ValueError(f"CONFORMANCE={wanted!r}: it is whole, quick or changed")
    if wanted != "changed":
        return wanted == "whole"
    try:
        argv = ["git", "status", "--porcelain", "--", "."]
        done = subprocess.run(argv, check=False, cwd=folder, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return True
    return done.returncode != 0 or bool(done.stdout.strip())
