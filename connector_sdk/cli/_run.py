"""One command line, from arguments to exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from connector_sdk.cli._output import print_json, show_problem
from connector_sdk.cli._problems import FailedError, ProblemError, UsageProblemError
from connector_sdk.errors import CatalogUsageError, ConfigError, SdkError

if TYPE_CHECKING:
    from connector_sdk.testing.airbyte import CommandFailedError
    from connector_sdk.testing.flow import Call

__all__ = ["run"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_INTERRUPTED = 130  # what the command line's library makes of Ctrl-C


def run(argv: Sequence[str]) -> int:
    """The exit code of this command line; errors are one screen on stderr, with a traceback only for ``--debug``."""
    try:
        from connector_sdk.cli._app import command

        code = command()(args=list(argv), prog_name="connector-sdk", standalone_mode=False)
        sys.stdout.flush()
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
        return int(code or 0)
    except BrokenPipeError:  # the reader of our output has enough, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in argv:
            traceback.print_exc()
        problem = _unwritten(error) or _problem(error)
        show_problem(problem)
        if "--json" in argv:
            with suppress(OSError):  # where the output cannot be written, stderr has told it
                print_json({"error": problem.as_json()})
        return problem.exit_code


def _unwritten(error: BaseException) -> ProblemError | None:
    """What is told where a full disk takes no more of our output; None for other errors."""
    if not isinstance(error, OSError) or error.errno not in _FULL or error.filename:
        return None
    return FailedError(f"The output cannot be written: {error.strerror}.", hint="make room, or write it elsewhere")


def _problem(error: BaseException) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, SdkError):
        kind = UsageProblemError if isinstance(error, ConfigError | CatalogUsageError) else FailedError
        return kind(error.message, hint=error.hint, code=error.code)
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        return FailedError("Interrupted.")
    usage: Any = getattr(error, "format_message", None)
    if usage is not None:  # an error of the command line itself
        within = getattr(getattr(error, "ctx", None), "command_path", "connector-sdk")
        shows = "every command" if within == "connector-sdk" else "what it takes"
        return UsageProblemError(usage(), hint=f"{within} --help shows {shows}")
    return _played(error) or FailedError(
        f"{type(error).__name__}: {error}", hint="this is a fault of the command itself; --debug shows where"
    )


def _played(error: BaseException) -> ProblemError | None:
    """A problem that the player met, where this is one."""
    from connector_sdk.testing.airbyte import CommandFailedError
    from connector_sdk.testing.flow import CallFailedError, SilentError, ViolationError

    if isinstance(error, CommandFailedError):
        return _commanded(error)
    if isinstance(error, CallFailedError):
        return _refused(error.call)
    if isinstance(error, ViolationError):
        return FailedError(f"The connector broke the protocol: {error.violation}")
    if isinstance(error, SilentError):
        return FailedError(str(error))
    return None


def _commanded(error: CommandFailedError) -> ProblemError:
    """What the connector said when it refused a command of Airbyte's, in its own words."""
    told = error.call.errors[-1] if error.call.errors else None
    if told is None:
        said = error.call.stderr.decode("utf-8", "replace").strip().splitlines()
        return FailedError(f"The connector ended without a word: {said[-1] if said else error}")
    code = told.internal.rpartition("[")[2].rstrip("]") if told.internal.endswith("]") else ""
    kind = UsageProblemError if code == ConfigError.code else FailedError
    return kind(told.message, hint=f"the connector refused {error.call.arguments[0]}", code=code)


def _refused(call: Call) -> ProblemError:
    """What the connector said when it refused a request, in its own words."""
    told = {name: str(each) for name, each in call.logs[-1].fields.items()} if call.logs else {}
    if "Traceback (most recent call last)" in call.error and not call.logs[-1].structured:
        return FailedError(_crash(call.error), hint="the connector's own process shows the whole traceback")
    code = told.get("code", "")
    kind = UsageProblemError if code == ConfigError.code else FailedError
    hint = f"the connector refused {', '.join(call.kinds)} (exit {call.exit_code})"
    if code == ConfigError.code:
        hint = "connector-sdk spec CONNECTOR shows the fields"
    return kind(
        told.get("reason") or call.error or "The connector ended without a word.",
        hint=told.get("hint") or hint,
        code=code,
    )


def _crash(text: str) -> str:
    """A traceback in one sentence: what was raised, and on which line of which file."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    place = next((line for line in reversed(lines) if line.startswith('File "')), "")
    return f"The connector cannot be started: {lines[-1]} ({place.partition(', in ')[0]})"
