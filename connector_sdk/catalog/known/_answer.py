"""An answer: its word, its exit code, and all that is said with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from connector_sdk.catalog.known._listed import Kind, Listed
from connector_sdk.catalog.known._needs import Gap
from connector_sdk.errors import CatalogUsageError

__all__ = ["EXIT_CODES", "KINDS", "Answer", "AnswerWord", "kind_of"]

AnswerWord = Literal["use-existing", "needs-choice", "use-replacement", "gap", "request-custom"]
EXIT_CODES: dict[AnswerWord, int] = {
    "use-existing": 0,
    "needs-choice": 3,
    "use-replacement": 4,
    "gap": 5,
    "request-custom": 6,
}
"""The exit code of each answer; 1 is a failure and 2 a wrong question, as everywhere."""

KINDS: tuple[Kind, ...] = ("capture", "materialization")
_KIND_WORDS: dict[str, Kind] = {
    **dict.fromkeys(("capture", "source"), "capture"),
    **dict.fromkeys(("materialization", "materialize", "destination", "target"), "materialization"),
}


@dataclass(frozen=True)
class Answer:
    """What the catalog says of what somebody asked for.

    ``entry`` is the connector to use (with a gap: the one that lacks something); ``candidates`` are those among which
    a person has to choose. ``gaps`` is what was needed and is not there, ``unknown`` what the data do not tell and a
    person has to look at. ``matched_by`` is the rung of the ladder; ``why`` one sentence; ``notes`` what is wrong in
    how it was asked, and what is often written wrong of this connector.
    """

    query: str
    answer: AnswerWord
    why: str
    kind: Kind | None = None
    entry: Listed | None = None
    candidates: tuple[Listed, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unknown: tuple[Gap, ...] = ()
    matched_by: str = ""
    notes: tuple[str, ...] = ()
    catalog_version: str = ""

    @property
    def exit_code(self) -> int:
        """0 use-existing, 3 needs-choice, 4 use-replacement, 5 gap, 6 request-custom."""
        return EXIT_CODES[self.answer]

    def as_json(self) -> dict[str, Any]:
        """The answer as it stands in the output of ``--json``."""
        return {
            "query": self.query,
            "answer": self.answer,
            "exit_code": self.exit_code,
            "why": self.why,
            "kind": self.kind,
            "entry": None if self.entry is None else self.entry.as_json(),
            "candidates": [each.as_json() for each in self.candidates],
            "gaps": [each.as_json() for each in self.gaps],
            "unknown": [each.as_json() for each in self.unknown],
            "matched_by": self.matched_by,
            "notes": list(self.notes),
            "catalog_version": self.catalog_version,
        }


def kind_of(text: str) -> Kind:
    """A kind as people write it: capture or source, materialization, target or destination.
    Raises CatalogUsageError where it is none."""
    found = _KIND_WORDS.get(text.strip().lower())
    if found is None:
        raise CatalogUsageError(f"There is no kind {text!r}.", hint="it is capture or materialization")
    return found
