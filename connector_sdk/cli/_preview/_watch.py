"""One session of a preview: from the open stream of events to what was captured."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from connector_sdk.cli._preview._interrupts import Interrupts
from connector_sdk.cli._preview._progress import Display, Progress
from connector_sdk.cli._preview._state_file import write_state
from connector_sdk.cli._preview._store import Store
from connector_sdk.testing.flow import Capture, Captured, Checkpoint, Event, Log, Session

if TYPE_CHECKING:
    from connector_sdk.cli._preview._airbyte import AirbyteRead

__all__ = ["Watch"]

_SAVE_EVERY = 5.0
_STOP_WITHIN = 6.0
_MOST_VIOLATIONS = 50


class Watch:
    """Feeds a session's events to the store and the display, and saves state behind the documents it covers.

    ``interrupted`` tells that the user, or a flood of violations, ended it.
    """

    def __init__(
        self,
        session: Session | AirbyteRead,
        capture: Capture,
        store: Store,
        state_file: Path | None,
        interrupts: Interrupts,
    ) -> None:
        self.progress = Progress(capture)
        self.interrupted = False
        self._session = session
        self._store = store
        self._state_file = state_file
        self._interrupts = interrupts
        self._state_keys = [each.state_key for each in capture.bindings]
        self._display = Display(self.progress)
        self._saved = time.monotonic()

    def run(self) -> None:
        """Read the session to its end, or until the user interrupts it; then everything committed is in the store."""
        with self._display:
            while not self._session.ended and not self.interrupted:
                for event in self._session.read(0.2):
                    self._take(event)
                self._display.turn()
                if self._interrupts.count or len(self._session.violations) >= _MOST_VIOLATIONS:
                    self.interrupted = True
            if not self._session.ended:
                self._stop()
        self._save()

    def _take(self, event: Event) -> None:
        if type(event) is Captured:
            self._store.add(event)
            self.progress.document(event)
        elif type(event) is Checkpoint:
            self._store.commit(event)
            touched = event.patch.get("bindingStateV1", {})
            for index, state_key in enumerate(self._state_keys):
                if index in event.documents or state_key in touched:
                    self.progress.bindings[index].checkpoints += 1
            if self._store.is_full or time.monotonic() - self._saved > _SAVE_EVERY:
                self._save()
        elif type(event) is Log:
            warning = self.progress.log(event)
            if warning:
                self._display.say(f"{event.level}: {warning}")

    def _stop(self) -> None:
        """SIGTERM; what still comes is taken; a process that does not end, or a second signal, means SIGKILL."""
        self._display.say("stopping ...")
        self._session.signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_WITHIN
        while not self._session.ended:
            if time.monotonic() > deadline or self._interrupts.count > 1:
                self._session.signal(signal.SIGKILL)
            for event in self._session.read(0.1):
                self._take(event)

    def _save(self) -> None:
        # rows first: a crash between the two repeats documents, the other order would lose them
        self._store.load()
        if self._state_file is not None:
            write_state(self._state_file, self._session.state)
        self._saved = time.monotonic()
