"""Any history of edits, faults, kills and time ends with each collection equal to the source."""

from __future__ import annotations

import sys
from functools import lru_cache

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from connector_sdk.testing.conformance import Lab, Source, Subject, World
from connector_sdk.testing.fake import TRANSIENT
from connector_sdk.testing.flow import Kill

from .long import SOURCES


@lru_cache
def source(name: str) -> Source:
    module = name.replace("-", "_")
    return Source(Subject(name, (sys.executable, "-m", module), SOURCES[name], module))


class History(RuleBasedStateMachine):
    """A small source, a capture of it, and what may happen to both."""

    it: World | None = None

    @initialize(name=st.sampled_from(["source-crm", "source-chat"]), seed=st.integers(0, 1 << 20))
    def begin(self, name: str, seed: int) -> None:
        small = {"objects": 14} if name == "source-crm" else {"messages": 20}
        self.it = Lab(source(name), seed=seed).world(**small).__enter__()

    @rule(changes=st.integers(1, 25))
    def edit(self, changes: int) -> None:
        assert self.it is not None
        self.it.change(changes)

    @rule(fault=st.sampled_from(TRANSIENT), nth=st.integers(1, 15), times=st.integers(1, 2))
    def spoil(self, fault: object, nth: int, times: int) -> None:
        assert self.it is not None
        self.it.api.fault(fault, nth=nth, times=times)  # type: ignore[arg-type]

    @rule(byte=st.integers(1, 20_000), hours=st.sampled_from([0.01, 0.5, 3]))
    def crash(self, byte: int, hours: float) -> None:
        assert self.it is not None
        self.it.run(kill=Kill.byte(byte), hours=hours)

    @rule(hours=st.sampled_from([0, 1, 26]))
    def poll(self, hours: float) -> None:
        assert self.it is not None
        self.it.run(hours=hours)

    @rule()
    def settle(self) -> None:
        assert self.it is not None
        self.it.settle()

    @invariant()
    def no_handler_has_failed(self) -> None:
        assert self.it is None or not self.it.api.errors

    def teardown(self) -> None:
        if self.it is not None:
            self.it.api.calm()
            self.it.catch_up()
            self.it.check_equal()
            self.it.__exit__(None, None, None)


TestHistories = History.TestCase
TestHistories.settings = settings(
    max_examples=6, stateful_step_count=10, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
