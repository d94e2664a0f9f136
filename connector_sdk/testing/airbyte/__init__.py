"""Airbyte, played at process level: strict on every line, able to kill and resume; and the proof that a connector says
the same in both protocols.

::

    player = Player([sys.executable, "-m", "source_gong"], cwd=folder)
    assert player.check(config) == ""
    configured = player.discover(config).configured(["calls"])
    rows = Collections()

    crashed = player.run(config, configured, into=rows, kill=Kill.byte(10_000))
    resumed = player.run(config, configured, crashed.states, into=rows)
    assert resumed.exit_code == 0
    assert rows["calls"].committed == {("1",): {...}}

    proof = prove_equal(folder, seed=1)
    assert proof.equal, proof.differences
"""

from connector_sdk.testing.airbyte._catalog import Catalog, Configured, Mode
from connector_sdk.testing.airbyte._collection import DELETED, Collection, Collections
from connector_sdk.testing.airbyte._events import Control, Estimate, Event, Failed, Record, State, Status
from connector_sdk.testing.airbyte._player import Call, CommandFailedError, Player
from connector_sdk.testing.airbyte._proof import Proof, prove_equal
from connector_sdk.testing.airbyte._session import Session
from connector_sdk.testing.flow import Exited, Kill, Log, SilentError, Violation, ViolationError

__all__ = [
    "DELETED",
    "Call",
    "Catalog",
    "Collection",
    "Collections",
    "CommandFailedError",
    "Configured",
    "Control",
    "Estimate",
    "Event",
    "Exited",
    "Failed",
    "Kill",
    "Log",
    "Mode",
    "Player",
    "Proof",
    "Record",
    "Session",
    "SilentError",
    "State",
    "Status",
    "Violation",
    "ViolationError",
    "prove_equal",
]
