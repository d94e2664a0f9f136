"""What an image's entrypoint runs: ``python3 /app/start.py MODULE [ARGUMENTS OF AIRBYTE]``.

A container asks for the spec before anything else, again and again, so that answer was frozen when the image was built:
it needs neither the definition nor any library. All else is the connector's, which is imported then. This file stands
beside the SDK in an image, and imports nothing of it before it must.
"""

import os
import signal
import sys
from collections.abc import Iterable

_FROZEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "frozen")  # noqa: PTH118, PTH120, PTH100
_PLAIN = b'{"spec":{}}'


def main() -> None:
    """Answer from what is frozen, else be the connector."""
    module = sys.argv.pop(1)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a container has no default for it
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    heard: list[bytes] = []
    if command in ("check", "discover", "read"):
        _connect(module, ())
    elif command == "spec":
        if len(sys.argv) > 2 or not _answer("airbyte"):
            _connect(module, ())
    else:
        for line in sys.stdin.buffer:
            if not _asks_for_spec(line) or not _answer("flow"):
                heard.append(line)
                break
        if heard:
            _connect(module, heard)


def _asks_for_spec(line: bytes) -> bool:
    if line.strip() == _PLAIN:
        return True
    if not line.lstrip().startswith(b'{"spec"'):
        return False
    import json

    try:
        request = json.loads(line)
    except ValueError:
        return False  # the connector says what is wrong with it
    return list(request) == ["spec"] and isinstance(request["spec"], dict)


def _answer(protocol: str) -> bool:
    try:
        with open(os.path.join(_FROZEN, protocol + ".jsonl"), "rb") as file:  # noqa: PTH118, PTH123
            answer = memoryview(file.read())
    except FileNotFoundError:
        return False
    while answer:
        answer = answer[os.write(1, answer) :]
    return True


def _connect(module: str, heard: Iterable[bytes]) -> None:
    from connector_sdk.process import main as connector

    connector(module, heard)


if __name__ == "__main__":
    main()
