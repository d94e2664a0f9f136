"""Catalogs: what a source offers, and what is chosen of it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connector_sdk.errors import did_you_mean

__all__ = ["Catalog", "Configured", "Mode"]

Mode = Literal["full_refresh", "incremental"]


@dataclass(frozen=True)
class Catalog:
    """What ``discover`` found: the streams as they came."""

    streams: list[dict[str, Any]]

    def names(self) -> list[str]:
        """The names of the streams, in order."""
        return [each["name"] for each in self.streams]

    def __getitem__(self, name: str) -> dict[str, Any]:
        for each in self.streams:
            if each["name"] == name:
                return each
        raise ValueError(f"There is no stream {name!r}: {did_you_mean(name, self.names())}")

    def configured(self, streams: Iterable[str] | None = None, mode: Mode = "incremental") -> Configured:
        """All streams, or those named, to be read in this mode; in full where they can be read in no other way."""
        chosen = [self[name] for name in (self.names() if streams is None else streams)]
        return Configured(tuple(_Chosen(each, mode if mode in each["supported_sync_modes"] else "full_refresh")
                                for each in chosen))  # fmt: skip


@dataclass(frozen=True)
class _Chosen:
    stream: dict[str, Any]
    mode: Mode

    @property
    def name(self) -> str:
        return str(self.stream["name"])

    @property
    def resumable(self) -> bool:
        """Whether a full refresh that was cut off goes on from its state."""
        return bool(self.stream.get("is_resumable"))

    @property
    def key(self) -> tuple[str, ...]:
        """The pointers of the key; none where rows have none."""
        paths = self.stream.get("source_defined_primary_key", [])
        return tuple("".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path) for path in paths)


@dataclass(frozen=True)
class Configured:
    """The streams that a ``read`` is asked for, each with its mode."""

    chosen: tuple[_Chosen, ...]

    def __iter__(self) -> Iterator[_Chosen]:
        return iter(self.chosen)

    def names(self) -> list[str]:
        """The names of the streams, in order."""
        return [each.name for each in self.chosen]

    def file(self, **extra: Any) -> dict[str, Any]:
        """The configured catalog as Airbyte writes it, with every id and null that a source has to bear."""
        streams = [_entry(each, extra) for each in self.chosen]
        return {"streams": streams}


def _entry(each: _Chosen, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "stream": {"namespace": None, **copy.deepcopy(each.stream)},
        "sync_mode": each.mode,
        "destination_sync_mode": "append_dedup" if each.key else "append",
        "cursor_field": each.stream.get("default_cursor_field"),
        "primary_key": each.stream.get("source_defined_primary_key"),
        "generation_id": 1,
        "minimum_generation_id": 1,
        "sync_id": 1,
        "include_files": None,
        **extra,
    }
