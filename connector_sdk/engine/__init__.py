"""Performs steps: scheduling, transactions, state, status, time. It knows no protocol."""

from .binding import Binding
from .budget import ByteBudget
from .clock import Clock, SystemClock
from .documents import Document
from .hashing import owner
from .ledger import Encoder
from .offering import offered, prove
from .outbox import Outbox
from .runtime import Runtime
from .session import Session

__all__ = [
    "Binding",
    "ByteBudget",
    "Clock",
    "Document",
    "Encoder",
    "Outbox",
    "Runtime",
    "Session",
    "SystemClock",
    "offered",
    "owner",
    "prove",
]
