"""Performs steps: scheduling, transactions, state, status, time. It knows no protocol."""

from .binding import Binding, BindingRun
from .budget import ByteBudget
from .clock import Clock, SystemClock
from .documents import Document, Upserts
from .hashing import owner
from .ledger import Encoder
from .offering import granted, offered, prove
from .outbox import Outbox
from .runtime import History, Runtime
from .session import Session
from .state import merge

__all__ = [
    "Binding",
    "BindingRun",
    "ByteBudget",
    "Clock",
    "Document",
    "Encoder",
    "History",
    "Outbox",
    "Runtime",
    "Session",
    "SystemClock",
    "Upserts",
    "granted",
    "merge",
    "offered",
    "owner",
    "prove",
]
