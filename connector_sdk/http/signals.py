"""What an answer tells the engine without being a failure: it decides what to do about it."""

from __future__ import annotations

__all__ = ["ExpiredToken", "Gone", "NotOffered", "NotReadable", "Signal", "TooLarge"]


class Signal(Exception):  # noqa: N818 - no failure
    """An answer whose meaning is the engine's business. ``why``: what the source said, short and free of secrets."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


class ExpiredToken(Signal):
    """The page or change token is dead (``On(...).expired()``): the step begins again, with the same bounds. A change
    log's refusal may bring a new ``token``."""

    token: str | None = None


class TooLarge(Signal):
    """The span is too large for the source (``On(...).split()``): it must be halved."""


class NotReadable(Signal):
    """This partition cannot be read (``On(...).skip()``): a warning, and its state stays where it is."""


class NotOffered(Signal):
    """This stream is not offered to these credentials (``On(...).drop()``)."""


class Gone(Signal):
    """What was asked for is deleted: ``On(...).gone()``, and any 404 or 410 behind ``.then``."""
