"""Outcomes as a table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from .contest import Outcome

__all__ = ["table"]

_NAMES = (
    "contestant", "records", "records/s", "CPU s/million", "start, CPU s", "peak MiB", "times less CPU", "times faster",
    "lines",
)  # fmt: skip


def table(outcomes: Sequence[Outcome], base: str) -> str:
    """A row for each; the two columns of times compare with the contestant ``base``."""
    compared = next((each for each in outcomes if each.name == base and not each.failed), None)
    rows = [_NAMES, *(_row(each, compared) for each in outcomes)]
    head, *rest = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([head, "|---|" + "---:|" * (len(_NAMES) - 1), *rest])


def _row(outcome: Outcome, base: Outcome | None) -> tuple[str, ...]:
    if outcome.failed:
        return outcome.name, outcome.failed.replace("|", "/"), *[""] * (len(_NAMES) - 2)
    less = base.slope / outcome.slope if base and base.slope and outcome.slope else None
    return (
        outcome.name,
        f"{outcome.records:,}",
        f"{outcome.rate:,.0f}",
        _told(outcome.slope),
        f"{outcome.start:.2f}",
        f"{outcome.memory / 2**20:.0f}",
        _told(less),
        _told(outcome.rate / base.rate if base else None),
        f"{outcome.lines:,}",
    )


def _told(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number:.1f}" if number >= 0.1 else f"{number:.3f}"
