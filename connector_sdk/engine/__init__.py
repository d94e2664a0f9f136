"""Performs steps: scheduling, transactions, state, status, time. It knows no protocol."""

from .binding import Binding
from .budget import ByteBudget
from .clock import Clock, SystemClock
from .documents import Document
from .hashing import owner
from .ledger import Encoder
from .outbox import Outbox
from .runtime import Runtime
from .session import Session, granted, offered, prove

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
    "granted",
    "offered",
    "owner",
    "prove",
]
