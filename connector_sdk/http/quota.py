"""What headers tell about a source's quota: how much is left, and when there is more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

__all__ = ["asked_for", "http_date", "quota_spent", "resets_after", "retry_after"]

_NAMES = ("ratelimit", "x-ratelimit", "x-rate-limit", "rate-limit", "x-hubspot-ratelimit")
_REMAINING = re.compile(r"\b(?:r|remaining)=(\d+)")
_RESET = re.compile(r"\b(?:t|reset)=(\d+)")
_BESIDE = re.compile(r"x-ratelimit-[a-z-]+-remaining")
_LENGTH = "-interval-milliseconds"
_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 1e9, 1e12


def http_date(text: str) -> int | None:
    """An HTTP date in microseconds since 1970 (RFC 9110, 5.6.7)."""
    try:
        return int(parsedate_to_datetime(text).timestamp()) * 1_000_000
    except (ValueError, TypeError, OverflowError):
        return None


def asked_for(headers: Mapping[str, str]) -> bool:
    """Whether the answer says in so many words how long to wait."""
    return "retry-after" in headers or "retry-after-ms" in headers


def retry_after(headers: Mapping[str, str], now: int) -> float | None:
    """The seconds that ``Retry-After`` (or ``Retry-After-Ms``) asks to wait; a date is taken against the answer's own
    ``Date``, so that a clock of ours that is wrong does not matter."""
    if re.fullmatch(r"\d{1,12}", milliseconds := headers.get("retry-after-ms", "").strip()):
        return int(milliseconds) / 1e3
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    until = http_date(text)
    return None if until is None else max(0.0, (until - _sources_time(headers, now)) / 1e6)


def quota_spent(headers: Mapping[str, str]) -> bool:
    """Whether the answer says that no further request is left (``RateLimit``, ``X-RateLimit-Remaining`` and alike)."""
    for name in _NAMES:
        if left := headers.get(f"{name}-remaining", "").strip():
            return _is_nothing(left)
    found = _REMAINING.findall(headers.get("ratelimit", ""))
    return min(map(int, found)) == 0 if found else bool(_spent_beside(headers))


def resets_after(headers: Mapping[str, str], now: int) -> float | None:
    """The seconds until there is more, where the answer tells: as seconds, as an instant since 1970 in seconds or
    milliseconds, or as a date. Where several quotas are told beside each other it is about those that are spent: the
    others may be whole in an hour."""
    for name in _NAMES:
        if f"{name}-reset-after" in headers or f"{name}-reset" in headers or f"{name}{_LENGTH}" in headers:
            return _reset(name, headers, now)
    found = _RESET.findall(headers.get("ratelimit", ""))
    if found:
        return float(max(map(int, found)))
    return max((each for name in _spent_beside(headers) if (each := _reset(name, headers, now))), default=None)


def _spent_beside(headers: Mapping[str, str]) -> list[str]:
    """Of quotas that are told beside each other (``X-RateLimit-Requests-Remaining`` and
    ``X-RateLimit-Complexity-Remaining``), those of which nothing is left."""
    left = [name for name in headers if _BESIDE.fullmatch(name)]
    return [name.removesuffix("-remaining") for name in left if _is_nothing(headers[name])]


def _is_nothing(left: str) -> bool:
    return bool(re.fullmatch(r"0+(\.0+)?", left.strip()))


def _reset(name: str, headers: Mapping[str, str], now: int) -> float | None:
    """The seconds until the quota of this name is there again."""
    text = (headers.get(f"{name}-reset-after") or headers.get(f"{name}-reset", "")).strip()
    length = headers.get(f"{name}{_LENGTH}", "").strip()
    if not text and re.fullmatch(r"\d{1,9}", length):  # how long the window is; its end is not told
        return int(length) / 1e3
    try:
        value = float(text)
    except ValueError:
        until = http_date(text)
        return None if until is None else max(0.0, (until - _sources_time(headers, now)) / 1e6)
    if value >= _EPOCH_SECONDS:
        seconds = value / 1e3 if value >= _EPOCH_MILLISECONDS else value
        return max(0.0, seconds - _sources_time(headers, now) / 1e6)
    return max(0.0, value)


def _sources_time(headers: Mapping[str, str], now: int) -> int:
    date = http_date(headers.get("date", ""))
    return now if date is None else date
