"""Runs one command to its end and prints what it took, as JSON.

    python gauge.py '{"argv": [...], "env": {...}, "stdin": "FILE or empty", "mark": "...", "seconds": 120}'

``records`` counts the lines that hold ``mark``. CPU seconds and peak memory are the command's own, from wait4. A
command inherits its parent's peak at the moment of its start, so this is a process of its own, with few imports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

_CHUNK = 1 << 20


def gauge(argv: list[str], env: dict[str, str], stdin: str, mark: bytes, seconds: float) -> dict[str, Any]:
    """Run it, read all it writes, and leave its stdin open meanwhile, as a runtime does."""
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(
            argv, env={**os.environ, **env}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, bufsize=0
        )
        assert process.stdin and process.stdout
        late = threading.Timer(seconds, process.kill)
        late.daemon = True
        late.start()
        if stdin:
            with open(stdin, "rb") as request:  # noqa: PTH123 - pathlib would be half of this process's memory
                process.stdin.write(request.read())
        size = lines = records = 0
        rest = b""  # a mark may lie across two chunks
        while chunk := os.read(process.stdout.fileno(), _CHUNK):
            size += len(chunk)
            lines += chunk.count(b"\n")
            chunk = rest + chunk
            records += chunk.count(mark)
            rest = chunk[-len(mark) + 1 :]
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        late.cancel()
        said.seek(max(0, said.tell() - 2000))
        return {
            "wall": wall,
            "cpu": used.ru_utime + used.ru_stime,
            "rss": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "bytes": size,
            "lines": lines,
            "records": records,
            "code": os.waitstatus_to_exitcode(status),
            "said": said.read().decode(errors="replace"),
        }


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps(gauge(asked["argv"], asked["env"], asked["stdin"], asked["mark"].encode(), asked["seconds"])))
