"""Byte code for a whole folder, the same bytes each time: a script of its own, run by a fresh interpreter.

What ``marshal`` writes depends on which strings and numbers the process has met before. So all files are compiled
by one process that does nothing else, in sorted order, with a fixed hash seed. The byte code is never checked against
its source (`PEP 552 <https://peps.python.org/pep-0552/>`_): times of files say nothing in an image.
"""

import os
import py_compile
import subprocess
import sys
from pathlib import Path

__all__ = ["compile_folder"]


def compile_folder(folder: Path, seen_as: str) -> None:
    """Compile every module below ``folder``, which tracebacks will call ``seen_as``; what is no Python stays.

    Raises OSError.
    """
    argv = [sys.executable, "-S", "-s", "-P", __file__, str(folder), seen_as]
    done = subprocess.run(argv, env={"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")}, check=False)
    if done.returncode:
        raise OSError(done.returncode, os.strerror(done.returncode), str(folder))


def _compile(folder: str, seen_as: str) -> None:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                path = str(Path(place) / name)
                shown = seen_as + path.removeprefix(folder)
                try:
                    py_compile.compile(
                        path, dfile=shown, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
                    )
                except py_compile.PyCompileError:  # a template, or a file for another Python
                    continue


if __name__ == "__main__":
    try:
        _compile(sys.argv[1], sys.argv[2])
    except OSError as wrong:  # a disk that is full: the number of the error is the exit code
        sys.exit(wrong.errno)
