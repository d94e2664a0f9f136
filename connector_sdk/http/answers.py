"""What an answer means: the author's rules first, then what is right for an API that nobody has described."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from connector_sdk.declare import Csv, Endpoint, Http, On, micros
from connector_sdk.errors import AnswerError, RefusedError, SourceError

from .decode import decode, resolve
from .quota import asked_for, http_date, quota_spent, resets_after, retry_after
from .signals import ExpiredToken, Gone, NotOffered, NotReadable, Signal, TooLarge
from .wire import Reply

__all__ = ["Judge", "Verdict", "date_of"]

_AGAIN = {408, 425}
_NEVER = {501, 505, 510}  # it does not know how, and will not learn it
_HINTS = {
    400: "the source does not take this request: compare the stream's definition with the vendor's documentation",
    402: "the account's plan may not include this",
    403: "the credentials may lack a scope that this stream needs (see the connector's README)",
    407: "a proxy wants credentials: write them into HTTPS_PROXY, as http://user:password@host:port",
    404: "check the base URL in the config, and the path in the stream's definition",
}
_LONGEST = 300

Kind = Literal["ok", "empty", "retry", "wait", "refused", "smaller", "raise"]

_SIGNALS: dict[str, type[Signal]] = {
    "skip": NotReadable, "drop": NotOffered, "gone": Gone, "expired": ExpiredToken, "split": TooLarge,
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What to do with an answer. ``why``: what it said, short and free of secrets. ``after``: seconds that the source
    asks to wait. ``error``: what is raised. ``refused`` is about the credentials."""

    kind: Kind
    why: str = ""
    after: float | None = None
    error: SourceError | Signal | None = None


class Judge:
    """Judges the answers to one client's requests. ``scrub`` takes secrets out of what a vendor says."""

    def __init__(self, http: Http, scrub: Callable[[str], str], now: Callable[[], int]) -> None:
        self._http = http
        self._scrub = scrub
        self._now = now

    def good(self, endpoint: Endpoint, reply: Reply) -> Verdict:
        """For a good status, before the body is read: a rule about it, or ``ok``."""
        for rule in (*endpoint.on, *self._http.on):
            if not rule.errors and _fits(rule, reply):
                return self._ruled(rule, endpoint, reply, "")
        return Verdict("empty" if reply.status == 204 else "ok")

    def failed(self, endpoint: Endpoint, reply: Reply, *, completing: bool = False) -> Verdict:
        """For an answer that failed, by its status or by the place that only failed answers have.

        ``completing``: the request was for a record that is known, so that 404 and 410 say that it is gone.
        """
        text = self.text(reply.body)
        unclear = False  # a rule may have fitted what was cut off
        for rule in (*endpoint.on, *self._http.on):
            if not _fits(rule, reply):
                continue
            about = text if rule.at is None else _told_at(reply.body, rule.at)
            if not rule.errors or any(_matches(each, about) for each in rule.errors):
                return Verdict("retry", self.said(reply, text)) if unclear else self._ruled(rule, endpoint, reply, text)
            unclear = unclear or _cut_short(reply.body)
        status, said = reply.status, self.said(reply, text)
        after = self._after(reply)
        if status in (420, 429) or (status in (403, 503) and _asks_to_wait(reply)):
            return Verdict("wait", said, after)
        if status in _AGAIN or (status >= 500 and status not in _NEVER):
            return Verdict("retry", said)
        if status == 401:
            return Verdict("refused", said)
        if status == 413 and endpoint.sizes():
            return Verdict("smaller", said)
        if _cut_short(reply.body):  # what it would have said, and which rule would have fitted, is not known
            return Verdict("retry", said)
        if completing and status in (404, 410):
            return Verdict("raise", said, error=Gone(said))
        return Verdict("raise", said, error=self._refusal(endpoint, reply, said, _HINTS.get(status, "")))

    def said(self, reply: Reply, text: str) -> str:
        """``404 Not Found: No calls found``."""
        said = f"{reply.status} {reply.reason}".strip()
        text = self._scrub(text + self._details(reply.body))
        text = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
        return f"{said}: {text}" if text else said

    def text(self, body: bytes) -> str:
        """What an answer says went wrong: the first of the declared places that is there, else how the body begins."""
        try:
            for at in self._http.errors_at:
                raw = resolve(body.strip(), at)
                if raw is not None and raw != b"null":
                    value = decode(raw)
                    return value if isinstance(value, str) else raw.decode(errors="replace")
        except (ValueError, ArithmeticError, RecursionError):
            pass
        begin = body[:4000].decode(errors="replace")
        if begin.lstrip()[:1] == "<":
            begin = re.sub(r"<(script|style)\b.*?(</\1>|$)|<[^>]*>?", " ", begin, flags=re.DOTALL | re.IGNORECASE)
        return re.sub(r"\s+", " ", begin).strip()

    def _details(self, body: bytes) -> str:
        """What else a failed answer tells: `` (needed groups:read; provided channels:read)``."""
        told = [(at, text) for at in self._http.details if (text := _told_at(body, at))]
        named = [f"{at.rpartition('/')[2]} {text}" for at, text in told]
        return f" ({'; '.join(named)})" if named else ""

    def warnings(self, body: bytes) -> list[str]:
        """What a good answer warns of, where the client says that it may."""
        # most answers warn of nothing, and need not be looked through for it
        places = [at for at in self._http.warns if at.rpartition("/")[2].encode() in body]
        told = [(at.rpartition("/")[2], text) for at in places if (text := _told_at(body, at))]
        return [self._scrub(f"{name}: {text}")[:_LONGEST] for name, text in told]

    def unusable(self, endpoint: Endpoint, reply: Reply, wrong: Exception) -> AnswerError:
        """The error for a body that is no JSON, with how it begins."""
        kind = reply.headers.get("content-type", "no content type")
        begin = self._scrub(self.text(reply.body))[:80]
        hint = "check the base URL in the config; a proxy or a login page may have answered"
        why = "it is no JSON" if endpoint.body is None else self._scrub(str(wrong))[:_LONGEST]
        size = len(reply.body) if reply.spool is None else reply.spool.size
        what = f"no body that can be used: {why} ({kind}, {size:,} bytes)"
        if isinstance(wrong, UnicodeDecodeError):
            what = f"a body that is not {wrong.encoding.upper()} ({kind})"
            if isinstance(endpoint.body, Csv):
                hint = "say Csv(encoding='cp1252'), or whichever it is, in the stream's definition"
        return AnswerError(
            f"{endpoint} answered {reply.status} with {what}" + (f", and begins {begin!r}." if begin else "."),
            hint=hint, status=reply.status,
        )  # fmt: skip

    def _ruled(self, rule: On, endpoint: Endpoint, reply: Reply, text: str) -> Verdict:
        said = self.said(reply, text)
        match rule.outcome:
            case "wait":
                after = self._after(reply)
                return Verdict("wait", said, micros(rule.note) / 1e6 if after is None else after)
            case "retry":
                return Verdict("retry", said)
            case "empty":
                return Verdict("empty", said)
            case "smaller":
                return Verdict("smaller", said)
            case "refresh":
                return Verdict("refused", said)
            case "fail":
                return Verdict("raise", said, error=self._refusal(endpoint, reply, said, str(rule.note)))
        return Verdict("raise", said, error=_SIGNALS[rule.outcome](said))

    def _after(self, reply: Reply) -> float | None:
        after = retry_after(reply.headers, self._now())
        return resets_after(reply.headers, self._now()) if after is None else after

    def _refusal(self, endpoint: Endpoint, reply: Reply, said: str, hint: str) -> RefusedError:
        return RefusedError(f"The source refused {endpoint} ({said}).", hint=hint, status=reply.status)


def _told_at(body: bytes, at: str) -> str:
    """What stands at a place, for people; nothing where the body is no JSON or has nothing there."""
    try:
        raw = resolve(body.strip(), at)
        value = None if raw is None else decode(raw)
    except (ValueError, ArithmeticError, RecursionError):
        return ""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _asks_to_wait(reply: Reply) -> bool:
    """Whether such an answer is about too many requests: it says when to come back, or that none is left."""
    return asked_for(reply.headers) or quota_spent(reply.headers)


def _cut_short(body: bytes) -> bool:
    """Whether a body began as JSON and is none: it was cut off on its way."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        decode(body)
    except (ValueError, ArithmeticError, RecursionError):
        return True
    return False


def _fits(rule: On, reply: Reply) -> bool:
    if rule.statuses and reply.status not in rule.statuses:
        return False
    wanted = rule.header or {}
    return all(name in reply.headers and _matches(each, reply.headers[name]) for name, each in wanted.items())


def _matches(pattern: str | re.Pattern[str], text: str) -> bool:
    return pattern in text if isinstance(pattern, str) else bool(pattern.search(text))


def date_of(headers: Mapping[str, str]) -> int | None:
    """The source's own time in microseconds; None where a cache may have kept it."""
    if headers.get("age", "0").strip() not in ("", "0"):
        return None
    return http_date(headers.get("date", ""))
