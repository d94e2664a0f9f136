"""Why a request is sent once more, other than for an answer that was broken."""

from __future__ import annotations

from .login import Grant

__all__ = ["Asked", "Paused", "Refused", "Smaller"]


class Asked(Exception):  # noqa: N818
    """The source asks to wait, ``after`` seconds where it says how long."""

    def __init__(self, after: float | None, why: str) -> None:
        self.after, self.why = after, why


class Refused(Exception):  # noqa: N818
    """The source refused these credentials."""

    def __init__(self, grant: Grant, why: str, status: int) -> None:
        self.grant, self.why, self.status = grant, why, status


class Smaller(Exception):  # noqa: N818
    """The page that was asked for is too large."""

    def __init__(self, why: str, status: int) -> None:
        self.why, self.status = why, status


class Paused(Exception):  # noqa: N818
    """The source asked for a pause while this request was on its way out: it goes back into the line."""
