"""The Flow runtime, played at process level: strict, in constant memory, able to kill, block and resume.

::

    player = Player([sys.executable, "-m", "source_gong"], cwd=folder, env={"CONNECTOR_RUN": "once"})
    capture = player.prepare(config, streams=["calls"])
    rows = Collections()

    crashed = player.run(capture, into=rows, kill=Kill.byte(10_000))
    resumed = player.run(capture, crashed.state, into=rows)
    assert resumed.exit_code == 0
    assert rows["calls"].committed == {("1",): {...}}

    with player.open(capture) as session:  # event by event
        for event in session:
            match event:
                case Captured(binding, doc): ...
                case Checkpoint(): session.acknowledge()
"""

from connector_sdk.testing.flow._capture import Binding, Capture, KeyRange
from connector_sdk.testing.flow._collection import Collection, Collections
from connector_sdk.testing.flow._events import (
    Answered,
    BackfillMark,
    Captured,
    Checkpoint,
    Event,
    Exited,
    Opened,
    SourcedSchema,
)
from connector_sdk.testing.flow._keys import Key, KeyProblemError, key_reader
from connector_sdk.testing.flow._kill import Kill
from connector_sdk.testing.flow._logs import Log, LogReader, parse_log
from connector_sdk.testing.flow._patch import merge_patch
from connector_sdk.testing.flow._player import Call, CallFailedError, Player
from connector_sdk.testing.flow._process import Usage
from connector_sdk.testing.flow._schemas import document_validator, problems, request_validator, response_validator
from connector_sdk.testing.flow._secrets import SecretWatch, secrets_of
from connector_sdk.testing.flow._session import Session, SilentError
from connector_sdk.testing.flow._violation import Violation, ViolationError

__all__ = [
    "Answered",
    "BackfillMark",
    "Binding",
    "Call",
    "CallFailedError",
    "Capture",
    "Captured",
    "Checkpoint",
    "Collection",
    "Collections",
    "Event",
    "Exited",
    "Key",
    "KeyProblemError",
    "KeyRange",
    "Kill",
    "Log",
    "LogReader",
    "Opened",
    "Player",
    "SecretWatch",
    "Session",
    "SilentError",
    "SourcedSchema",
    "Usage",
    "Violation",
    "ViolationError",
    "document_validator",
    "key_reader",
    "merge_patch",
    "parse_log",
    "problems",
    "request_validator",
    "response_validator",
    "secrets_of",
]
