"""What reaches stderr: JSON lines without a secret, whatever an author says, and the reason last."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.testing.flow import Capture, Player, Session

SECRETS = ['a"quoted\\ and spaced token', "plain-token-0001"]
PIN = "82734165"


def session(token: str) -> Session:
    config = {"credentials": {"credentials_title": "Token", "token": token, "pin": PIN}}
    env = {"CONNECTOR_RUN": "once", "PYTHONPATH": str(Path(__file__).parents[1] / "sources")}
    player = Player([sys.executable, "-m", "source_chatty"], env=env)
    capture = Capture.discovered(player.discover(config), config)
    return player.run(capture, secrets=[token, PIN], keep_output=True)


@pytest.mark.parametrize("token", SECRETS)
def test_no_secret_leaves_in_prints_warnings_logs_fields_or_tracebacks(token: str) -> None:
    found = session(token)  # the player searches all output for the secrets as they are
    err = found.stderr.decode()
    assert token not in err
    assert token.replace("\\", "\\\\").replace('"', '\\"') not in err
    assert PIN not in err
    assert err.count("***") >= 8


def test_prints_warnings_and_logs_are_json_lines_and_the_reason_is_last() -> None:
    found = session(SECRETS[1])
    logs: list[Any] = list(found.logs)
    assert all(log.structured for log in logs)
    said = [(log.level, log.message) for log in logs]
    assert ("info", "printed ***") in said
    assert ("warn", "with ***") in said
    assert any(message.startswith("half a line with ***") for _, message in said)
    assert any("warned of ***" in message for _, message in said)
    assert ("info", "a count of %d") in said
    fields = next(log.fields for log in logs if log.message == "fields")
    assert fields["n"] == 1
    assert fields["pin"] == "***"
    assert found.exit_code == 1
    assert (logs[-1].level, "failed with ***" in logs[-1].message) == ("error", True)
    assert "RuntimeError" in logs[-1].message
    assert found.documents == {"words": 1}
