"""Pages: what one answer held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from connector_sdk.declare import Digest, Endpoint, Json, Place, placeholders

from .decode import Places, columns_of, decode, encode, members_of
from .fill import Values

__all__ = ["RawPage", "added", "adds_each"]


class RawPage:
    """A page as bytes: ``slices`` are its records, each the text of a JSON object as it came, without raw newlines.

    ``token``: of the next page, None on the last; empty where more of the same answer follows. ``total``: how many
    records all pages hold, where the source tells.
    ``explicit_empty``: the source said in so many words that there is nothing. ``stamp``: of the oldest request that
    its records came with. ``gone``: records that were to be completed and are deleted, as the listing had them.
    ``more``: what the answer says about there being more, None where it says nothing. ``mark``: the token that the
    answer holds, whether or not there is more: where a change log goes on.
    ``listed``: how many records the answer held, before some of them were found to be gone or were completed.
    ``at``: where in the body its records stand, if they are just those, as they came.
    ``release`` gives the bytes that were reserved for it back; the engine calls it when the page has been written.
    """

    def __init__(
        self,
        slices: Sequence[bytes | memoryview],
        *,
        body: bytes | None = None,
        token: str | None = None,
        total: int | None = None,
        explicit_empty: bool = False,
        stamp: int = 0,
        headers: Mapping[str, str] | None = None,
        gone: Sequence[bytes | memoryview] = (),
        more: bool | None = None,
        mark: str | None = None,
        at: str | None = None,
        release: Callable[[], None] | None = None,
    ) -> None:
        self._slices = slices
        self._at = at
        self.listed = len(slices) + len(gone)
        self.token = token
        self.total = total
        self.explicit_empty = explicit_empty or total == 0
        self.stamp = stamp
        self.headers = headers or {}
        self.gone: list[bytes | memoryview] = list(gone)
        self.more = more
        self.mark = mark
        self._body = body
        self._held = [] if release is None else [release]

    @property
    def slices(self) -> Sequence[bytes | memoryview]:
        """The records."""
        return self._slices

    @slices.setter
    def slices(self, slices: Sequence[bytes | memoryview]) -> None:
        self._slices, self._at = slices, None

    def columns(self, pointers: tuple[str, ...]) -> list[list[bytes]] | None:
        """The raw text at these places of all records, read at once: by place, empty where there is nothing.

        None where the records are not those of the body, or one of them is of another shape: then ``Places`` reads
        them one by one.
        """
        if self._at is None or self._body is None:
            return None
        read = columns_of(self._at, pointers)
        try:
            found = None if read is None else read(self._body)
        except msgspec.ValidationError:
            return None
        return found if found and len(found[0]) == len(self._slices) else None

    @property
    def json(self) -> Any:
        """The whole body, decoded; for a page that an author made, or a body of lines: the list of its records."""
        return list(self.records()) if self._body is None else decode(self._body)

    @property
    def body(self) -> bytes:
        """The whole body as JSON text."""
        return encode(self.json) if self._body is None else self._body

    def records(self) -> Iterator[Json]:
        """The records, decoded one by one."""
        return (decode(each) for each in self.slices)

    def values(self, at: str) -> list[Any]:
        """What each record holds at a place; None where there is nothing."""
        places = Places([at])
        return [None if (raw := places.of(each)[0]) is None else decode(raw) for each in self.slices]

    def hold(self, release: Callable[[], None]) -> None:
        """Let ``release`` be one of those that give the reserved bytes back."""
        self._held.append(release)

    def detach(self) -> Callable[[], None]:
        """What gives the reserved bytes back, without holding the page itself in memory."""
        held, self._held = self._held, []

        def release() -> None:
            while held:
                held.pop()()

        return release

    def release(self) -> None:
        """Give the reserved bytes back; again does nothing."""
        self.detach()()


def adds_each(endpoint: Endpoint) -> bool:
    """Whether ``add`` writes something of EACH into the records."""
    return any(isinstance(each, Place) and each.what == "each" for each in placeholders(endpoint.add))


def added(endpoint: Endpoint, slices: Sequence[bytes | memoryview], values: Values) -> list[bytes]:
    """The records with the members of ``add``: those that vary with the page alone are written once."""
    fixed: dict[str, msgspec.Raw] = {}
    digests: list[tuple[str, Places | None]] = []
    for name, value in endpoint.add.items():
        if isinstance(value, Digest):
            digests.append((name, Places(value.at) if value.at else None))
        elif (found := values.of(value)) is not None or value is None:
            fixed[name] = msgspec.Raw(encode(found))
    made = []
    for each in slices:
        members = members_of(each)
        members.update(fixed)
        if digests:
            whole = encode(members) if fixed else bytes(each)
            for name, places in digests:
                raws = [bytes(each)] if places is None else [raw or b"" for raw in places.of(whole)]
                digest = blake2b(b"\n".join(raws), digest_size=8).hexdigest()
                members[name] = msgspec.Raw(b'"' + digest.encode() + b'"')
        made.append(encode(members))
    return made
