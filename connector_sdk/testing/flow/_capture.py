"""A capture as the runtime holds it: bindings made from discovery, and the requests that carry them."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector_sdk.errors import did_you_mean

__all__ = ["Binding", "Capture", "KeyRange"]

_INFERRED = {"allOf": [{"$ref": "flow://write-schema"}, {"$ref": "flow://inferred-schema"}]}
_PREFIX = "acmeCo/test"


@dataclass(frozen=True)
class KeyRange:
    """The inclusive range of key hashes that a shard owns; the default is all of them."""

    begin: int = 0
    end: int = 0xFFFF_FFFF

    @classmethod
    def split(cls, shards: int) -> list[KeyRange]:
        """The ranges of that many equal shards."""
        borders = [(1 << 32) * each // shards for each in range(shards + 1)]
        return [cls(low, high - 1) for low, high in itertools.pairwise(borders)]

    def request(self) -> dict[str, int]:
        """The range as it stands in a request, where a zero is left out."""
        return {**({"keyBegin": self.begin} if self.begin else {}), "keyEnd": self.end, "rClockEnd": 0xFFFF_FFFF}


@dataclass(frozen=True)
class Binding:
    """A stream bound to a collection. ``name`` is the recommended name, ``backfill`` the operator's counter."""

    name: str
    resource: dict[str, Any]
    path: tuple[str, ...]
    schema: dict[str, Any] | bool
    key: tuple[str, ...]
    backfill: int = 0
    disabled: bool = False

    @property
    def state_key(self) -> str:
        """The key of this binding's state: opaque to a connector, new with every backfill."""
        return f"{'/'.join(self.path)}.v{self.backfill}"

    @property
    def collection(self) -> str:
        """The name of the collection that takes the documents."""
        return f"{_PREFIX}/{self.name}"

    def collection_spec(self) -> dict[str, Any]:
        """The CollectionSpec, as the runtime would build it."""
        inferred = isinstance(self.schema, dict) and self.schema.get("x-infer-schema")
        keys = [
            {"ptr": ptr, "field": ptr[1:], "isPrimaryKey": True, "inference": {"exists": "MUST"}} for ptr in self.key
        ]
        document = {"ptr": "", "field": "flow_document", "inference": {"types": ["object"], "exists": "MUST"}}
        return {
            "name": self.collection,
            "writeSchema": self.schema,
            **({"readSchema": _INFERRED} if inferred else {}),
            "key": list(self.key),
            "uuidPtr": "/_meta/uuid",
            "projections": [*keys, document],
            "ackTemplate": {"_meta": {"ack": True, "uuid": "DocUUIDPlaceholder-329Bb50aa48EAa9ef"}},
            "partitionTemplate": {"name": f"{self.collection}/made-up", "replication": 3},
        }


@dataclass(frozen=True)
class Capture:
    """A config and its bindings. Every method returns another capture; none changes this one.

    ``linked`` sends collections once, in the indirect form of newer runtimes. ``extra`` is merged into every object
    of a request that a newer runtime might extend, to see that unknown keys are ignored.
    """

    config: dict[str, Any]
    bindings: tuple[Binding, ...]
    removed: tuple[Binding, ...] = ()
    name: str = f"{_PREFIX}/source"
    version: str = "0011223344556677"
    interval_seconds: int = 300
    linked: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def discovered(
        cls,
        found: Sequence[Mapping[str, Any]],
        config: Mapping[str, Any],
        *,
        streams: Iterable[str] | None = None,
        interval: str | None = None,
        pointers: Sequence[str] = ("/name",),
        disabled: bool = False,
    ) -> Capture:
        """The capture of what ``Player.discover`` found: all enabled streams, or those named, in the order named.

        ``interval`` overrides every binding's (ISO 8601), ``disabled`` also takes streams that discovery disables.
        Raises ValueError for a name that was not found.
        """
        by_name = {each["recommendedName"]: _binding(each, interval, pointers) for each in found}
        if streams is None:
            chosen = [each for each in by_name.values() if disabled or not each.disabled]
        else:
            chosen = [by_name[name] if name in by_name else _unknown(name, by_name) for name in streams]
        return cls(copy.deepcopy(dict(config)), tuple(chosen))

    def names(self) -> list[str]:
        """The names of the bindings, in order."""
        return [each.name for each in self.bindings]

    def index(self, name: str) -> int:
        """The binding's number in this capture."""
        names = self.names()
        return names.index(name) if name in names else _unknown(name, names)

    def only(self, *names: str) -> Capture:
        """These bindings, in this order; the others become inactive."""
        by_name = {each.name: each for each in (*self.bindings, *self.removed)}
        chosen = tuple(by_name[name] if name in by_name else _unknown(name, by_name) for name in names)
        return replace(self, bindings=chosen, removed=tuple(each for each in by_name.values() if each not in chosen))

    def without(self, *names: str) -> Capture:
        """All but these bindings, which become inactive."""
        for name in names:
            self.index(name)
        return self.only(*(each for each in self.names() if each not in names))

    def backfilled(self, *names: str) -> Capture:
        """The operator's backfill: these bindings' counters are one higher, so their state keys are new."""
        for name in names:
            self.index(name)
        bindings = tuple(replace(each, backfill=each.backfill + (each.name in names)) for each in self.bindings)
        return replace(self, bindings=bindings)

    def with_interval(self, interval: str) -> Capture:
        """The same with this interval (ISO 8601) in every binding's resource config."""
        changed = (replace(each, resource={**each.resource, "interval": interval}) for each in self.bindings)
        return replace(self, bindings=tuple(changed))

    def in_form(self, *, linked: bool | None = None, extra: Mapping[str, Any] | None = None) -> Capture:
        """The same in another form of request: collections linked, or with keys no connector knows."""
        return replace(self, linked=self.linked if linked is None else linked, extra=extra or self.extra)

    def discover_request(self) -> dict[str, Any]:
        """The body of ``discover``."""
        return self._extended({"name": self.name, "connectorType": "IMAGE", "config": self.config})

    def validate_request(self, last: Capture | None = None) -> dict[str, Any]:
        """The body of ``validate``; ``last`` is the capture as published before."""
        bindings, linked = self._bindings(self.bindings, ("resourcePath", "stateKey"))
        body = {"name": self.name, "connectorType": "IMAGE", "config": self.config, "bindings": bindings, **linked}
        if last is not None:
            body |= {"lastCapture": last.spec(), "lastVersion": last.version}
        return self._extended(body)

    def apply_request(self, last: Capture | None = None, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The body of ``apply``; ``last`` is the capture as applied before."""
        body: dict[str, Any] = {"capture": self.spec(), "version": self.version}
        if last is not None:
            body |= {"lastCapture": last.spec(), "lastVersion": last.version}
        return self._extended({**body, "state": dict(state)} if state else body)

    def open_request(self, state: Mapping[str, Any] | None = None, range: KeyRange | None = None) -> dict[str, Any]:
        """The body of ``open``."""
        owned = (range or KeyRange()).request()
        return self._extended(
            {"capture": self.spec(), "version": self.version, "range": owned, "state": dict(state or {})}
        )

    def spec(self) -> dict[str, Any]:
        """The CaptureSpec."""
        bindings, linked = self._bindings(self.bindings)
        inactive, _ = replace(self, linked=False)._bindings(self.removed)
        spec: dict[str, Any] = {
            "name": self.name,
            "connectorType": "IMAGE",
            "config": self.config,
            "bindings": bindings,
            "intervalSeconds": self.interval_seconds,
            **linked,
        }
        return self._extended(spec | ({"inactiveBindings": inactive} if inactive else {}))

    def _bindings(self, bindings: Sequence[Binding], leave_out: Names[str] = ()) -> tuple[list[Any], dict[str, Any]]:
        found = []
        for index, each in enumerate(bindings):
            body: dict[str, Any] = {"resourceConfig": each.resource, "resourcePath": list(each.path)}
            body |= {"backfill": each.backfill} if each.backfill else {}
            body |= {"stateKey": each.state_key}
            if not self.linked:
                body["collection"] = self._extended(each.collection_spec())
            elif index:
                body["collectionIndex"] = index
            found.append(self._extended({name: body[name] for name in body if name not in leave_out}))
        linked = [self._extended(each.collection_spec()) for each in bindings] if self.linked else []
        return found, {"linkedCollections": linked} if linked else {}

    def _extended(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, **self.extra}


def _binding(found: Mapping[str, Any], interval: str | None, pointers: Sequence[str]) -> Binding:
    resource = copy.deepcopy(dict(found["resourceConfig"]))
    if interval is not None:
        resource["interval"] = interval
    path = tuple(str(_at(resource, each, found["recommendedName"])) for each in pointers)
    return Binding(
        found["recommendedName"],
        resource,
        path,
        found["documentSchema"],
        tuple(found.get("key", ())),
        disabled=bool(found.get("disable", False)),
    )


def _at(resource: dict[str, Any], pointer: str, default: str) -> Any:
    value: Any = resource
    for token in pointer.split("/")[1:]:
        value = value.get(token.replace("~1", "/").replace("~0", "~"), default) if isinstance(value, dict) else default
    return value


def _unknown(name: str, known: Iterable[str]) -> Any:
    raise ValueError(f"There is no stream {name!r}: {did_you_mean(name, known)}")
