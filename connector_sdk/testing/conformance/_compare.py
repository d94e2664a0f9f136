"""Whether a collection holds what it should."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["against_capture", "against_truth", "plain"]

_SHOWN = 3


def plain(value: Any, leave_out: Iterable[str] = ()) -> Any:
    """A document without our mark, its whole numbers as text: some leave as text because they are declared so."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if name != "_meta" and name not in leave_out}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def against_capture(
    stream: str, found: Mapping[Any, Any], fresh: Mapping[Any, Any], *, deletes: bool, leave_out: Iterable[str] = ()
) -> str:
    """How a collection differs from one that was captured at once, of the same source; empty where it does not.
    Without ``deletes`` it may hold more."""
    lost = [key for key in fresh if key not in found]
    extra = [key for key in found if key not in fresh] if deletes else []
    other = [
        key for key in fresh if key in found and plain(found[key], leave_out) != plain(fresh[key], leave_out)
    ]  # fmt: skip
    return _told(stream, lost, extra, other, len(fresh))


def against_truth(stream: str, found: Mapping[Any, Any], truth: Mapping[Any, Any], *, deletes: bool) -> str:
    """How a collection differs from what the sandbox says that it should hold; empty where it does not.

    What stands above or beside a record in an answer may have been written into it, so a document may have more members
    than the truth. Where the collection has another key than the truth, contents are compared.
    """
    rows = {_key(key): plain(doc) for key, doc in found.items()}
    wanted = {_key(key): plain(doc) for key, doc in truth.items()}
    if wanted and not rows.keys() & wanted.keys():
        return _by_content(stream, list(rows.values()), list(wanted.values()), deletes)
    lost = [key for key in wanted if key not in rows]
    extra = [key for key in rows if key not in wanted] if deletes else []
    other = [key for key, doc in wanted.items() if key in rows and not _within(doc, rows[key])]
    return _told(stream, lost, extra, other, len(wanted))


def _key(key: Any) -> str:
    return "|".join(map(str, key if isinstance(key, tuple) else (key,)))


def _within(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(name in found and _within(value, found[name]) for name, value in wanted.items())
    return bool(wanted == found)


def _by_content(stream: str, rows: list[Any], wanted: list[Any], deletes: bool) -> str:
    names = set().union(*wanted)
    held = Counter(_text({name: row[name] for name in row if name in names}) for row in rows)
    due = Counter(map(_text, wanted))
    return _told(stream, list(due - held), list(held - due) if deletes else [], [], len(wanted))


def _text(doc: Any) -> str:
    return json.dumps(doc, sort_keys=True, ensure_ascii=False)


def _told(stream: str, lost: list[Any], extra: list[Any], other: list[Any], count: int) -> str:
    parts = [
        f"{len(keys):,} of {count:,} {what} ({', '.join(_short(key) for key in keys[:_SHOWN])})"
        for keys, what in ((lost, "are missing"), (extra, "are there and should not be"), (other, "are out of date"))
        if keys
    ]
    return f"{stream}: {', '.join(parts)}" if parts else ""


def _short(key: Any) -> str:
    text = "|".join(map(str, key)) if isinstance(key, tuple) else str(key)
    return text if len(text) <= 60 else f"{text[:57]}..."
