"""The client of a source: its base, its limits, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from connector_sdk.config import Auth, Credentials

from ._word import Duration, as_tuple, check_duration, check_pointer, check_type, fail, word

__all__ = ["Http", "Limit", "On", "Outcome"]

Outcome = Literal[
    "", "retry", "wait", "empty", "skip", "drop", "gone", "refresh", "expired", "split", "smaller", "fail"
]

Pattern = str | re.Pattern[str]


@word
class On:
    """What an answer means: ``On(404, error=re.compile("^No .* found")).empty()``.

    It fits an answer whose ``status`` is this one (or one of these), whose error text is or matches ``error`` (or one
    of these), and whose headers match ``header``; what is not named fits anything. The first rule that fits decides:
    the endpoint's own before the client's. Choose one of the methods.

    ``at``: where the text of ``error`` stands, in place of the client's own places: for a source that tells a kind in
    one place and what it is about in another.
    """

    status: int | Sequence[int] | None = None
    error: Pattern | Iterable[Pattern] | None = None
    header: Mapping[str, Pattern] | None = None
    outcome: Outcome = ""
    note: Duration = ""
    at: str | None = None

    def __post_init__(self) -> None:
        if self.status is None and self.error is None and self.header is None:
            fail("On", "fits every answer", "name a status, an error or a header")
        for status in self.statuses:
            if not isinstance(status, int) or not 100 <= status <= 599:
                fail("On", f"{status!r} is no HTTP status")
        for pattern in [*self.errors, *(self.header or {}).values()]:
            check_type(pattern, (str, re.Pattern), "On", "a pattern", "text or re.compile(...)")
        if self.at is not None:
            check_pointer(self.at, "On", "at")
            if not self.errors:
                fail("On", "at= says where an error text stands, and there is none", "say error=, or leave at= out")

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses that fit; none means all."""
        return () if self.status is None else as_tuple(self.status)

    @property
    def errors(self) -> tuple[Pattern, ...]:
        """The error texts that fit; none means all."""
        if self.error is None:
            return ()
        return (self.error,) if isinstance(self.error, str | re.Pattern) else tuple(self.error)

    def retry(self) -> On:
        """The same request again, with back-off."""
        return replace(self, outcome="retry")

    def wait(self, time: Duration) -> On:
        """The same request again after so long, if the answer does not say how long."""
        check_duration(time, "On.wait", "time")
        return replace(self, outcome="wait", note=time)

    def empty(self) -> On:
        """A page without records; the source says in so many words that there are none."""
        return replace(self, outcome="empty")

    def skip(self) -> On:
        """This partition cannot be read: a warning, and its state stays where it is."""
        return replace(self, outcome="skip")

    def drop(self) -> On:
        """This stream is not offered to these credentials."""
        return replace(self, outcome="drop")

    def gone(self) -> On:
        """The record that was asked for is deleted."""
        return replace(self, outcome="gone")

    def refresh(self) -> On:
        """The credentials are refreshed once and the request is repeated."""
        return replace(self, outcome="refresh")

    def expired(self) -> On:
        """The page or change token is dead: the step begins again, with the same bounds."""
        return replace(self, outcome="expired")

    def split(self) -> On:
        """The span is too large: it is halved."""
        return replace(self, outcome="split")

    def smaller(self) -> On:
        """The page is too large: it is asked for again with half as many records (``SIZE``)."""
        return replace(self, outcome="smaller")

    def fail(self, hint: str) -> On:
        """The binding fails, and ``hint`` tells the user what to do."""
        return replace(self, outcome="fail", note=hint)


@word
class Limit:
    """At most ``count`` requests ``per`` time. One object is one bucket: share it to share the limit.

    ``told``: the header in which answers tell the count that holds for this account; ``count`` holds until then.
    ``least``: for a source that may allow fewer than that without saying how many. The limit is halved, down to this,
    when the source refuses a request for being too many all the same, and rises again by ``least`` with every ``per``
    that passes without a refusal; up to the count that was refused last only after thirty of them.
    """

    count: int
    per: Duration
    told: str | None = None
    least: int | None = None

    def __post_init__(self) -> None:
        check_duration(self.per, "Limit", "per")
        if not isinstance(self.count, int) or self.count < 1:
            fail("Limit", f"count={self.count!r} is no number of requests")
        if self.least is not None and (type(self.least) is not int or not 1 <= self.least <= self.count):
            fail("Limit", f"least={self.least!r} is no number of requests up to {self.count}", "say least=1")


@word
class Http:
    """The client of a source.

    ``base_url``: what every path is put behind. ``auth``: what logs in. ``limits``: buckets that every request takes
    from. ``headers``: sent with every request. ``error``: where an answer tells what went wrong (the first place that
    is there). ``details``: further places of a failed answer that are told to the user behind that. ``failed``: a place
    that only a failed answer has, even one with status 200. ``warns``: places where a good answer warns; each warning
    is logged once. ``on``: what answers mean.
    """

    base_url: str
    auth: Auth | Credentials | None = None
    limits: Sequence[Limit] = ()
    headers: Mapping[str, str] | None = None
    error: str | Sequence[str] = ()
    failed: str | None = None
    on: Sequence[On] = ()
    details: Sequence[str] = ()
    warns: Sequence[str] = ()

    @property
    def errors_at(self) -> tuple[str, ...]:
        """The places of the error text, in order."""
        return (self.error,) if isinstance(self.error, str) else tuple(self.error)

    def __post_init__(self) -> None:
        if not re.match(r"https?://[^/\s]+", str(self.base_url)):
            fail("Http", f"base_url={self.base_url!r} is no address", "write 'https://api.example.com'")
        check_type(self.auth, (Auth, Credentials, type(None)), "Http", "auth", "config.credentials, Basic, Bearer, ...")
        for at in self.errors_at:
            check_pointer(at, "Http", "error")
        if self.failed is not None:
            check_pointer(self.failed, "Http", "failed")
        for name in ("details", "warns"):
            check_type(getattr(self, name), (list, tuple), "Http", name, "a list of places, such as ['/needed']")
            for at in getattr(self, name):
                check_pointer(at, "Http", name)
        check_rules(self.on, "Http")
        check_limits(self.limits, "Http")


def check_rules(rules: Sequence[On], where: str) -> None:
    """Refuse a rule that is no On, or that does not say what an answer means."""
    for rule in rules:
        check_type(rule, On, where, "on", "rules such as On(404).empty()")
        if not rule.outcome:
            fail(where, "an On says nothing about what such an answer means", "end it with .retry(), .empty(), ...")


def check_limits(limits: Sequence[Limit], where: str) -> None:
    """Refuse what is no Limit."""
    for limit in limits:
        check_type(limit, Limit, where, "limits", "a list such as [Limit(3, per='1s')]")
