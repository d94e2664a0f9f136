"""Byte code for a whole folder, the same bytes each time: a script of its own, run by a fresh interpreter.

What ``marshal`` writes depends on which strings and numbers the process has met before. So all files are compiled
by one process that does nothing else, in sorted order, with a fixed hash seed. The byte code is never checked against
its source (`PEP 552 <https://peps.python.org/pep-0552/>`_): times of files say nothing in an image.
"""

import marshal
import os
import subprocess
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

__all__ = ["compile_folder"]


def compile_folder(folder: Path, seen_as: str) -> None:
    """Compile every module below ``folder``, which tracebacks will call ``seen_as``; what is no Python stays.

    Raises OSError.
    """
    argv = [sys.executable, "-S", "-s", "-P", "-W", "ignore", __file__, str(folder), seen_as]
    done = subprocess.run(argv, env={"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")}, check=False)
    if done.returncode:
        raise OSError(done.returncode, os.strerror(done.returncode), str(folder))


def _compile(folder: str, seen_as: str) -> None:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                _compile_file(Path(place) / name, seen_as + place.removeprefix(folder) + "/" + name)


def _compile_file(path: Path, seen_as: str) -> None:
    """Not by ``py_compile``, which takes a write that a full disk cut short for a whole one."""
    source = path.read_bytes()
    try:
        code = compile(source, seen_as, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):  # a template, or a file for another Python
        return
    unchecked_hash = (1).to_bytes(4, "little")
    target = Path(cache_from_source(str(path)))
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(MAGIC_NUMBER + unchecked_hash + source_hash(source) + marshal.dumps(code))


if __name__ == "__main__":
    try:
        _compile(sys.argv[1], sys.argv[2])
    except OSError as wrong:  # a disk that is full: the number of the error is the exit code
        sys.exit(wrong.errno)
