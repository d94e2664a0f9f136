"""What a start costs: CPU seconds of ``spec`` in both protocols, from a new process each, the least of several.

``python -m benchmarks.start [MODULE] [TIMES]``. A container starts the process for every request, so this is what a
check, a discovery and a probe cost before they have done anything.
"""

from __future__ import annotations

import os
import subprocess
import sys

__all__ = ["cpu"]

STARTS = {
    "python -c pass": (["-c", "pass"], b""),
    "pydantic alone": (["-c", "from pydantic import BaseModel"], b""),
    "Flow: spec": (["-m", "MODULE"], b'{"spec":{}}\n'),
    "Airbyte: spec": (["-m", "MODULE", "spec"], b""),
}


def cpu(arguments: list[str], stdin: bytes) -> float:
    """User and system seconds of one process. Raises CalledProcessError where it fails."""
    before = os.times()
    subprocess.run([sys.executable, *arguments], input=stdin, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main(module: str = "source_gong", times: str = "7") -> None:
    for name, (arguments, stdin) in STARTS.items():
        argv = [module if each == "MODULE" else each for each in arguments]
        print(f"{name:16} {min(cpu(argv, stdin) for _ in range(int(times))):.2f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
