"""What the states, kinds and answers are called on a page."""

from __future__ import annotations

from dataclasses import dataclass

from connector_sdk.catalog.requests import STATES

__all__ = ["ANSWERS", "CLOSED", "ENTRY_PATH", "FAMILIES", "OPEN", "SHORT", "Stage", "calm", "count", "spelled", "tone"]


@dataclass(frozen=True)
class Stage:
    """A state in which a request waits: ``whom`` it waits for, what has to be done, and the command that
    says that it is."""

    name: str
    whom: str
    to_do: str
    command: str


_TO_DO = {
    "draft": ("Compare it with the catalog", "request check {}"),
    "checked": ("Decide", "request decide {}"),
    "approved": ("Begin the connector", "request move {} building"),
    "building": ("Build it until it conforms", "request move {} candidate"),
    "candidate": ("Send its registration pack to Estuary", "request move {} submitted"),
    "submitted": ("Add the image to Estuary's connectors", "request move {} registered"),
}

OPEN = tuple(Stage(name, state.waits_for, *_TO_DO[name]) for name, state in STATES.items() if state.waits_for)
"""The states that wait for somebody, in the order of the path."""

CLOSED = {name: STATES[name].means for name in ("registered", "closed-use-existing", "rejected", "retired")}
"""The states in which a request rests, and what each means; what runs comes first."""

ENTRY_PATH = ("requested", "approved", "building", "candidate", "registered")
"""The way of a connector; deprecated and retired come after it."""

ANSWERS = {
    "use-existing": "use the one that is there",
    "use-replacement": "use its replacement",
    "needs-choice": "several fit, or only similar ones",
    "gap": "there is one, and it lacks something",
    "request-custom": "there is none",
}

FAMILIES = {
    "estuary-go": "Go",
    "estuary-rust": "Rust",
    "estuary-cdk-python": "Python, estuary-cdk",
    "estuary-cdk-python+airbyte-cdk-shim": "Airbyte code in estuary-cdk",
    "airbyte-to-flow": "Airbyte image, wrapped",
    "dekaf": "Dekaf, no image",
}

SHORT = {"complete at the next snapshot": "at the next snapshot"}
"""Promises of streams that are too long for a table."""

_TONES = {
    "registered": "good", "candidate": "info", "submitted": "info", "building": "work", "approved": "work",
    "checked": "work", "deprecated": "bad", "superseded": "bad", "rejected": "mute", "retired": "mute",
    "draft": "mute", "requested": "mute", "closed-use-existing": "good",
}  # fmt: skip
_NAMES = {"closed-use-existing": "use existing"}
_LONG = {
    "api_reference": "API reference",
    "authentication_guide": "How to log in",
    "rate_limits": "Rate limits",
    "status_page": "Status page",
    "responseDays": "answers within (days)",
    "personalData": "personal data",
    "retentionNote": "retention",
    "replacedBy": "replaced by",
    "removeOn": "removed on",
}


def tone(state: str) -> str:
    """The tone in which a state is shown; it never carries the meaning alone."""
    return _TONES.get(state, "mute")


def calm(state: str) -> str:
    """A state as a word."""
    return _NAMES.get(state, state) or "unknown"


def spelled(key: str) -> str:
    """A field's name in words."""
    return _LONG.get(key, key.replace("_", " "))


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
