"""Pages from requests: limits, retries, credentials, rules, and slices of bytes."""

from .client import Client
from .decode import Places, as_text, decode, encode, without
from .fill import Fill, batch_size
from .limits import Budget, Clock, Trace
from .lookups import Lookups
from .page import RawPage
from .rotating import Safe, rotating
from .signals import ExpiredToken, Gone, NotOffered, NotReadable, Signal, TooLarge

__all__ = [
    "Budget",
    "Client",
    "Clock",
    "ExpiredToken",
    "Fill",
    "Gone",
    "Lookups",
    "NotOffered",
    "NotReadable",
    "Places",
    "RawPage",
    "Safe",
    "Signal",
    "TooLarge",
    "Trace",
    "as_text",
    "batch_size",
    "decode",
    "encode",
    "rotating",
    "without",
]
