"""Pages from requests: limits, retries, credentials, rules, and slices of bytes."""

from .client import Client, ExpiredToken, Lookups
from .decode import Places, as_text, without
from .fill import Fill
from .limits import Budget, Clock, Trace
from .page import RawPage

__all__ = [
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
