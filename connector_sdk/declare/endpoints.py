"""How pages of a stream are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Literal, Protocol

from ._word import Duration, check_duration, check_pointer, check_type, fail, word
from .answers import Limit, On, check_limits, check_rules
from .bodies import BODIES, Body, Csv, Xml
from .paging import PAGINGS, Header, NextKey, NextLink, NextNumber, NextOffset, NextToken, Paging, check_place
from .values import (
    ALL,
    SIZE,
    Digest,
    Json,
    Lookup,
    Place,
    Placeholder,
    Until,
    Value,
    check_value,
    in_text,
    placeholders,
)

__all__ = ["GET", "POST", "PUT", "Endpoint", "Inner", "Job", "Records"]

Records = str | Callable[[Any], Iterable[Json]]
"""Where the records are: a pointer, or a plain function from the decoded body to the records. Where ``body=`` is not
JSON the function is given an iterator over its records; a generator function keeps a large body out of memory."""


@word
class Endpoint:
    """How pages are asked for. Made by ``GET(...)``, ``POST(...)``, ``PUT(...)`` and ``GraphQL(...)``.

    ``path``: behind the client's base, or a whole address; values put into an f-string are percent-encoded.
    ``params``: the query. ``json`` or ``form``: the body, as JSON or as a form writes it (a list sends its name again).
    ``records``: a pointer to the records (an array gives its items, an object gives one record, ``""`` is the whole
    body), or a function from the decoded body to the records. ``pages``: where the next page is; without it there is
    one. ``add``: members added to each record. ``total``: where the answer says how many records all pages hold.
    ``body``: what the body is, where it is not JSON: ``Csv()``, ``JsonLines()`` or ``Xml(...)``; one of any size is
    read in constant memory, unless its pages are counted or come by key.
    ``cap``: the most records the source gives for one question; a span that hits it is halved, down to one unit of the
    filter. ``then_by``: the endpoint that reads such a unit, one that pages by key within it. ``failed``: a place that
    only a failed answer has, where that differs from the client's. ``ok``: where an answer says that it is good, or a
    function from the decoded body to whether it does: one that is true there and lists nothing says so, and what was
    listed before is deleted; without, an empty answer proves nothing. ``inner``: parts of the answer that have more
    pages of their own.
    """

    method: Literal["GET", "POST", "PUT"]
    path: str | Place
    records: Records | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    json: Value = None
    form: Mapping[str, Value] | None = None
    headers: Mapping[str, Value] = field(default_factory=dict)
    pages: Paging | None = None
    add: Mapping[str, Value] = field(default_factory=dict)
    body: Body | None = None
    total: str | Header | None = None
    cap: int | None = None
    then_by: Endpoint | None = None
    on: Sequence[On] = ()
    limits: Sequence[Limit] = ()
    failed: str | None = None
    inner: Inner | None = None
    ok: str | Callable[[Any], bool] | None = None
    next: Endpoint | None = None

    def __post_init__(self) -> None:
        where = str(self)
        check_type(self.path, (str, Place), where, "path", "text, or ANSWER['/url']")
        if isinstance(self.path, str) and (braces := re.search(r"\{.*?\}", self.path)):
            fail(where, f"{braces[0]} means nothing in a path", "write f\"/{EACH['/id']}\"")
        if isinstance(self.records, str):
            check_pointer(self.records, where, "records")
        elif self.records is not None and not callable(self.records):
            fail(where, f"records is a {type(self.records).__name__}", "it takes a pointer or a function")
        for name in ("params", "json", "form", "headers", "add"):
            check_value(getattr(self, name), f"{where}: {name}")
        check_type(self.form, (Mapping, type(None)), where, "form", "names and values, such as {'from': SINCE}")
        if self.form is not None and self.json is not None:
            fail(where, "a request has one body, and here are json= and form=", "leave one of them out")
        if self.method == "GET" and self.form is not None:
            fail(where, "a GET has no body for form=", "say params=, or POST(...)")
        for name in ("failed", "ok"):
            at = getattr(self, name)
            if at is not None and not (name == "ok" and callable(at)):
                check_pointer(at, where, name)
        if self.total is not None:
            check_place(self.total, where, "total")
        check_type(self.then_by, (Endpoint, type(None)), where, "then_by", "GET(...) or POST(...), paged by NextKey")
        if self.then_by is not None and self.cap is None:
            fail(where, "then_by reads what hits a cap, and there is none", "say cap=10_000")
        if self.cap is not None and (not isinstance(self.cap, int) or self.cap < 1):
            fail(where, f"cap={self.cap!r} is no number of records")
        check_type(self.inner, (Inner, type(None)), where, "inner", "Inner('/results', '/paging/next', GET(...))")
        self._check_body(where)
        check_rules(self.on, where)
        check_limits(self.limits, where)
        self._check_paging(where)

    def _check_body(self, where: str) -> None:
        check_type(self.body, (*BODIES, type(None)), where, "body", "Csv(), JsonLines() or Xml('/feed/entry')")
        if self.body is None:
            return
        kind = type(self.body).__name__
        if isinstance(self.body, Csv | Xml) and isinstance(self.records, str) and self.records:
            fail(where, f"records={self.records!r} is a place in JSON, and the body is {kind}",
                 "leave it out, or give a function")  # fmt: skip
        if isinstance(self.total, str) or self.failed is not None or self.ok is not None:
            fail(where, f"total=, failed= and ok= are places in JSON, and the body is {kind}", "leave them out")
        at = self.pages.at if isinstance(self.pages, NextToken | NextLink) else None
        if any(isinstance(each, str) for each in (at, *(getattr(self.pages, name, None) for name in ("more", "last")))):
            fail(where, f"pages= names a place in JSON, and the body is {kind}",
                 "name a Header('...'), say NextLink() for the Link header, or count records or pages")  # fmt: skip

    def _check_paging(self, where: str) -> None:
        if self.pages is not None:
            check_type(self.pages, PAGINGS, where, "pages", "NextToken, NextLink, NextOffset, NextNumber or NextKey")
        uses_next = "next" in self.uses()
        if self.pages is not None and not isinstance(self.pages, NextLink) and not uses_next:
            fail(where, f"{type(self.pages).__name__} has nowhere to go", "put NEXT where the request takes it")
        if uses_next and self.pages is None:
            fail(where, "NEXT is used, but pages= does not say where it comes from", "say pages=NextToken('/next')")
        if isinstance(self.pages, NextToken) and self.pages.below is not None:
            ends = [each for each in self.varying() if isinstance(each, Until)]
            if not ends or any(each.flipped or each.written is not None for each in ends):
                fail(where, "pages go on below a record, which is sent as UNTIL, as the cursor is written",
                     "put UNTIL where the request takes its end, or leave below= out")  # fmt: skip
        counted = isinstance(self.pages, NextNumber) or getattr(self.pages, "size", None) is not None
        if self.sizes() and (counted or isinstance(self.pages, NextLink)):
            why = "are counted" if counted else "are links"
            fail(where, f"pages that {why} cannot change their size on the way", "write the size as a number")
        if any(
            isinstance(each, Digest)
            for part in (self.params, self.json, self.form, self.headers)
            for each in placeholders(part)
        ):
            fail(where, "Digest is made of a record, and a request has none", "put it into add=")

    def __str__(self) -> str:
        parts = in_text(self.path) if isinstance(self.path, str) else (self.path,)
        path = "".join(part if isinstance(part, str) else f"{{{part!r}}}" for part in parts)
        return f"{self.method} {path}"

    def varying(self) -> Iterator[Placeholder | Lookup[Any] | Digest | ALL | SIZE]:
        """Everything that varies in the request; not what is only added to records."""
        for part in (self.path, self.params, self.json, self.form, self.headers):
            yield from placeholders(part)

    def sizes(self) -> list[SIZE]:
        """What says how many records a page is asked for, and may be made smaller."""
        return [each for each in self.varying() if isinstance(each, SIZE)]

    def uses(self) -> set[str]:
        """What varies in the request, by kind: ``since``, ``until``, ``each``, ``next``, ``answer``, ``all``."""
        kinds = set()
        for each in self.varying():
            if isinstance(each, Placeholder):
                kinds.add(each.what)
            elif isinstance(each, ALL):
                kinds.add("all")
        return kinds

    def chain(self) -> Iterator[Endpoint]:
        """This endpoint, and those that complete its records."""
        endpoint: Endpoint | None = self
        while endpoint is not None:
            yield endpoint
            endpoint = endpoint.next

    def plus(self, **add: Value) -> Endpoint:
        """The same, with these members added to each record."""
        return replace(self, add={**self.add, **add})

    def then(self, endpoint: Endpoint) -> Endpoint:
        """Complete each record (EACH), or each batch of them (ALL), by another request; one not found is deleted."""
        check_type(endpoint, Endpoint, str(self), "then", "GET(...) or POST(...)")
        return replace(self, next=self.next.then(endpoint) if self.next else endpoint)

    @property
    def shifting(self) -> bool:
        """Whether records may slip past the reader between two pages, when others go or change meanwhile. Not with
        NextOffset, whose pages overlap by one record, so that it shows."""
        if self.inner is not None and self.inner.read.shifting:
            return True
        return not (self.pages is None or isinstance(self.pages, NextKey | NextOffset) or self.pages.stable)

    @property
    def frozen(self) -> bool:
        """Whether all pages may show the instant of the first: tokens that lead through a result that stands still.
        Tokens that live on after a restart lead through what is there when they are used."""
        return isinstance(self.pages, NextToken | NextLink) and self.pages.stable and self.pages.lives is None


class _Method(Protocol):
    def __call__(
        self,
        path: str | Place,
        *,
        records: Records | None = None,
        params: Mapping[str, Value] = ...,
        json: Value = None,
        form: Mapping[str, Value] | None = None,
        headers: Mapping[str, Value] = ...,
        pages: Paging | None = None,
        add: Mapping[str, Value] = ...,
        body: Body | None = None,
        total: str | Header | None = None,
        cap: int | None = None,
        then_by: Endpoint | None = None,
        on: Sequence[On] = (),
        limits: Sequence[Limit] = (),
        failed: str | None = None,
        inner: Inner | None = None,
        ok: str | Callable[[Any], bool] | None = None,
    ) -> Endpoint: ...


def _method(verb: Literal["GET", "POST", "PUT"]) -> _Method:
    def made(path: str | Place, **rest: Any) -> Endpoint:
        return Endpoint(verb, path, **rest)

    made.__name__ = verb
    made.__doc__ = f"An endpoint that is asked by {verb}; see ``Endpoint`` for the arguments."
    return made


GET: _Method = _method("GET")
POST: _Method = _method("POST")
PUT: _Method = _method("PUT")


@word
class Inner:
    """Parts of an answer that may have more pages of their own, such as the nested lists of a batch.

    ``items``: where the parts are. ``at``: where a part names its next page; the others are complete. ``read``: how
    that page and those after it are asked for: EACH is the part as it stood, NEXT at first the token at ``at``. Their
    records stand beside those of the answer, in one page. ``more``: where a part says whether it has more; it then has
    the last word.
    """

    items: str
    at: str
    read: Endpoint
    more: str | None = None

    def __post_init__(self) -> None:
        check_pointer(self.items, "Inner", "items")
        check_pointer(self.at, "Inner", "at")
        if self.more is not None:
            check_pointer(self.more, "Inner", "more")
        check_type(self.read, Endpoint, "Inner", "read", "GET(...) or POST(...)")
        if not isinstance(self.read.pages, NextToken):
            fail("Inner", f"{self.read} has no token to go on from", "say pages=NextToken(...), and NEXT where it goes")
        if self.read.records is None:
            fail("Inner", f"{self.read} does not say where the records are", "say records='/...'")


@word
class Job:
    """An export: ask for it, wait until it is ``done``, fetch the ``result``. ANSWER is the answer before.

    ``parts``: where the last answer lists several parts of the result, or an endpoint whose records they are; the
    result is then asked for once for each, in order, and EACH is the part: ``parts="/urls", result=GET(EACH)``.
    What ``create`` answered is kept in the state of an ``Incremental`` stream: a restart goes on with the same job.
    """

    create: Endpoint
    poll: Endpoint
    result: Endpoint
    done: Callable[[Json], bool]
    failed: Callable[[Json], bool] = lambda answer: False
    every: Duration = "10s"
    at_most: Duration = "2h"
    parts: str | Endpoint | None = None

    def __post_init__(self) -> None:
        for name in ("create", "poll", "result"):
            check_type(getattr(self, name), Endpoint, "Job", name, "GET(...) or POST(...)")
        for name in ("every", "at_most"):
            check_duration(getattr(self, name), "Job", name)
        if "answer" in self.create.uses():
            fail("Job", "create comes first: there is no ANSWER yet")
        self._check_parts()

    def _check_parts(self) -> None:
        if self.parts is None:
            return
        if isinstance(self.parts, Endpoint):
            if self.parts.records is None and self.parts.body is None:
                fail("Job", f"parts: {self.parts} does not say where the parts are", "say records='/...'")
        else:
            check_pointer(self.parts, "Job", "parts")
        if "each" not in self.result.uses():
            fail("Job", "result does not say which of the parts it asks for",
                 "write GET(EACH) where a part is an address, or EACH['/id'] in the path")  # fmt: skip
