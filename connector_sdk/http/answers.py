"""What an answer means: the author's rules first, then what is right for an API that nobody has described."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx
import orjson

from connector_sdk.declare import Endpoint, Http, On, micros
from connector_sdk.errors import AnswerError, CredentialsError, RefusedError, SdkError

from .decode import resolve

__all__ = ["Verdict", "date_of", "judge"]

_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_HINTS = {
    403: "the credentials may lack a scope that this stream needs (see the connector's README)",
    404: "check the base URL in the config, and the path in the stream's definition",
    402: "the account's plan may not include this",
}


@dataclass(frozen=True)
class Verdict:
    """``ok``, ``empty``, ``retry``, ``wait`` (with ``after`` seconds), ``expired``, or ``fail`` with an error."""

    kind: str
    why: str = ""
    after: float | None = None
    error: SdkError | None = None


def judge(answer: httpx.Response, body: bytes, http: Http, endpoint: Endpoint) -> Verdict:
    """What this answer means for the request."""
    failed = not answer.is_success
    if not failed and http.failed is not None:
        failed = _json(body) and resolve(body, http.failed) not in (None, b"null", b"false", b'""')
    if not failed and not (endpoint.on or http.on):
        return Verdict("ok")
    text = _error_text(body, http.errors_at)
    said = f"{answer.status_code} {answer.reason_phrase}".strip() + (f": {text[:300]}" if text else "")
    for rule in (*endpoint.on, *http.on):
        if _fits(rule, answer, text, failed):
            return _ruled(rule, answer, said)
    if not failed:
        return Verdict("ok")
    status = answer.status_code
    after = _retry_after(answer)
    if status == 429 or (status == 503 and after is not None):
        return Verdict("wait", said, after)
    if status in _AGAIN or status >= 500:
        return Verdict("retry", said)
    if status == 401:
        return Verdict("fail", error=CredentialsError(
            f"The source refused the credentials ({said}).",
            hint="check that they are complete, active, and of this account", status=status))  # fmt: skip
    return Verdict(
        "fail",
        error=RefusedError(f"The source refused {endpoint} ({said}).", hint=_HINTS.get(status, ""), status=status),
    )


def _ruled(rule: On, answer: httpx.Response, said: str) -> Verdict:
    if rule.outcome == "wait":
        after = _retry_after(answer)
        return Verdict("wait", said, micros(rule.note) / 1e6 if after is None else after)
    if rule.outcome == "fail":
        return Verdict(
            "fail", error=RefusedError(f"The source answered {said}.", hint=str(rule.note), status=answer.status_code)
        )
    if rule.outcome == "refresh":
        return Verdict(
            "fail", error=CredentialsError(f"The source refused the credentials ({said}).", status=answer.status_code)
        )
    return Verdict(rule.outcome, said)


def _fits(rule: On, answer: httpx.Response, text: str, failed: bool) -> bool:
    if rule.statuses and answer.status_code not in rule.statuses:
        return False
    if rule.errors and not (failed and any(_matches(pattern, text) for pattern in rule.errors)):
        return False
    header = rule.header or {}
    return all(name in answer.headers and _matches(pattern, answer.headers[name]) for name, pattern in header.items())


def _matches(pattern: str | re.Pattern[str], text: str) -> bool:
    return pattern in text if isinstance(pattern, str) else bool(pattern.search(text))


def _error_text(body: bytes, places: Sequence[str]) -> str:
    if _json(body):
        return " ".join(_texts(body, places)) or ("" if places else body[:300].decode(errors="replace"))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body[:2000].decode(errors="replace"))).strip()[:300]


def _texts(body: bytes, places: Sequence[str]) -> Iterable[str]:
    for at in places:
        raw = resolve(body, at)
        if raw is not None and bytes(raw) != b"null":
            value = orjson.loads(raw)
            yield value if isinstance(value, str) else bytes(raw).decode()


def _json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        since = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(0.0, (until - since).total_seconds())


def date_of(answer: httpx.Response) -> int | None:
    """The source's own time in microseconds; None where a cache may have kept it."""
    if answer.headers.get("age", "0") not in ("", "0"):
        return None
    try:
        return int(parsedate_to_datetime(answer.headers["date"]).timestamp()) * 1_000_000
    except (KeyError, ValueError, TypeError):
        return None


def not_json(endpoint: Endpoint, answer: httpx.Response, body: bytes, wrong: Exception) -> AnswerError:
    """The error for a body that cannot be used, with what it begins with."""
    kind = answer.headers.get("content-type", "no content type")
    return AnswerError(
        f"{endpoint} answered {answer.status_code} with a body that is no JSON ({kind}, {len(body)} bytes): "
        f"{body[:80].decode(errors='replace')!r}; {wrong}.",
        hint="check the base URL; a proxy or a login page may have answered",
    )
