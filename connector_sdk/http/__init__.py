"""Pages from requests: limits, retries, credentials, rules, and slices of bytes."""

from .client import Client, ExpiredToken, Lookups, Signal, TooLarge, Gone, NotReadable, NotOffered, batch_size
from .decode import Places, as_text, without, encode, decode
from .fill import Fill
from .limits import Budget, Clock, Trace
from .page import RawPage

__all__ = [
    "Signal",
    "TooLarge",
    "Gone",
    "NotReadable",
    "NotOffered",
    "batch_size",
    "encode",
    "decode",
    "Budget",
    "Client",
    "Clock",
    "ExpiredToken",
    "Fill",
    "Lookups",
    "Places",
    "RawPage",
    "Trace",
    "as_text",
    "without",
]
