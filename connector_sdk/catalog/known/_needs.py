"""What somebody needs of a connector, compared with what the catalog knows of it.

The answer to a need is yes, no (a gap), or not known. What is not known is no gap: it is told, and a person looks.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from connector_sdk.catalog.known._listed import Listed, ListedStream
from connector_sdk.catalog.known._traps import log_based
from connector_sdk.catalog.known._words import fold, words
from connector_sdk.errors import CatalogUsageError

__all__ = ["GAP_KINDS", "Gap", "Judged", "Need", "judge", "parse_need", "parse_needs"]

GAP_KINDS = ("stream", "auth", "deletes", "freshness", "volume", "licence", "hosting")
"""What may be missing, in a need, in a decision and in an entry's overlap."""

_FORMS = "stream:calls, auth:oauth, deletes, freshness:PT5M, volume:..., licence:MIT, hosting:private"
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SHORT = re.compile(r"(\d+)\s*([smhd])")
_AUTH = {
    "oauth": ("oauth", "oauth2", "oauth20"),
    "password": ("password", "userpassword", "basic", "username"),
    "key": ("key", "apikey", "token", "pat", "bearer", "accesstoken", "apitoken", "privateapp", "static"),
    "service-account": ("serviceaccount", "credentialsjson", "googleserviceaccount"),
    "iam": ("iam", "awsiam", "gcpiam", "azureiam", "sigv4"),
    "jwt": ("jwt", "keypair"),
}


@dataclass(frozen=True)
class Need:
    """One thing that is needed: its kind, and which; ``what`` is empty for deletes of any stream."""

    kind: str
    what: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.what}" if self.what else self.kind


@dataclass(frozen=True)
class Gap:
    """What is missing, or not known: its kind, which, and a sentence that says what there is."""

    kind: str
    what: str
    told: str = ""

    def as_json(self) -> dict[str, str]:
        """The gap as it stands in the output of ``--json`` and in a request."""
        return {"kind": self.kind, "what": self.what, **({"told": self.told} if self.told else {})}


@dataclass(frozen=True)
class Judged:
    """What became of the needs: gaps, and what the data do not tell."""

    gaps: tuple[Gap, ...] = ()
    unknown: tuple[Gap, ...] = ()


def parse_need(text: str) -> Need:
    """A need as it is written: ``stream:calls``, ``auth:oauth``, ``deletes``, ``freshness:PT5M``, ``licence:MIT``,
    ``hosting:private``, ``volume:...``. Raises CatalogUsageError where it is none."""
    kind, colon, what = (each.strip() for each in text.partition(":"))
    kind = {"license": "licence", "streams": "stream", "delete": "deletes"}.get(kind.lower(), kind.lower())
    if kind not in GAP_KINDS:
        near = difflib.get_close_matches(kind, GAP_KINDS, 1, 0.7)
        hint = f"did you mean {near[0]!r}?" if near else f"write it as one of these: {_FORMS}"
        if not near and not colon and re.fullmatch(r"[\w.-]+", kind):
            hint = f"for a stream write stream:{text.strip()}; there is also {_FORMS.partition(', ')[2]}"
        raise CatalogUsageError(f"{text.strip()!r} is no need that can be compared.", hint=hint)
    if not what and kind != "deletes":
        raise CatalogUsageError(f"The need {kind!r} does not say which.", hint=f"as in {_example(kind)}")
    if kind == "freshness":
        _duration(what)
    return Need(kind, what)


def parse_needs(text: str) -> tuple[Need, ...]:
    """The needs of a list with commas, each once."""
    return tuple(dict.fromkeys(parse_need(each) for each in text.split(",") if each.strip()))


def _example(kind: str) -> str:
    return next(each for each in _FORMS.split(", ") if each.startswith(kind))


def _duration(text: str) -> timedelta:
    """``PT5M``, or as people write it, ``5m``."""
    match = _DURATION.fullmatch(text.upper())
    if match and any(match.groups()):
        weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    short = _SHORT.fullmatch(text.lower())
    if short:
        unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[short[2]]
        return timedelta(**{unit: int(short[1])})
    raise CatalogUsageError(
        f"{text!r} is no duration.", hint="write it as ISO 8601 does: PT30S, PT5M, PT1H, P1D; or as 30s, 5m, 1h, 1d"
    )


def judge(entry: Listed, needs: Sequence[Need]) -> Judged:
    """The gaps of a connector against these needs, and what the data do not tell of them."""
    gaps: list[Gap] = []
    unknown: list[Gap] = []
    streams = [each.what for each in needs if each.kind == "stream"]
    for need in needs:
        found, told = _one(entry, need, streams)
        if found != "met":
            (gaps if found == "gap" else unknown).append(Gap(need.kind, need.what, told))
    return Judged(tuple(gaps), tuple(unknown))


_Verdict = tuple[Literal["met", "gap", "unknown"], str]


def _one(entry: Listed, need: Need, streams: Sequence[str]) -> _Verdict:
    match need.kind:
        case "stream":
            return _stream(entry, need.what)
        case "auth":
            return _auth(entry, need.what)
        case "deletes":
            return _deletes(entry, [need.what] if need.what else streams)
        case "freshness":
            return _freshness(entry, need.what, streams)
        case "licence":
            return _licence(entry, need.what)
        case "hosting":
            return _hosting(entry, need.what)
        case _:
            return "unknown", "the catalog says nothing of volumes: measure it"


def _stream(entry: Listed, wanted: str) -> _Verdict:
    if entry.kind == "materialization":
        return "unknown", "a materialization takes any collection"
    if log_based(entry):
        return "met", ""
    if entry.streams is None:
        return "unknown", f"the catalog does not list the streams of {entry.name}: see its documentation"
    if _find(entry.streams, wanted) is not None:
        return "met", ""
    names = [each.name for each in entry.streams]
    part = {_single(each) for each in words(wanted)}
    near = [each for each in names if part <= {_single(one) for one in words(each)}]
    if near:
        return "unknown", f"there is no stream of just this name, but {_listing(near)}: see whether that is it"
    if "not verified" in (entry.streams_source or "").lower():
        return "unknown", f"the list of its streams ({_listing(names)}) was not verified"
    return "gap", f"{entry.name} has {_listing(names)}"


def _find(streams: Iterable[ListedStream], wanted: str) -> ListedStream | None:
    name = _single(fold(wanted))
    return next((each for each in streams if _single(fold(each.name)) == name), None)


def _single(word: str) -> str:
    """A word without the ending of a plural, which systems put where they please."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _listing(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _auth(entry: Listed, wanted: str) -> _Verdict:
    spec, asked = entry.spec, fold(wanted)
    if _class(asked) == "oauth" and spec is not None and spec.oauth2:
        return "met", ""
    if entry.auth_kinds is None:
        if spec is not None and _class(asked) == "oauth":
            return "gap", f"the published form of {entry.name} has no OAuth"
        secrets = f"; its secrets are {_listing(spec.secret_pointers)}" if spec and spec.secret_pointers else ""
        return "unknown", f"the catalog does not tell the logins of {entry.name}{secrets}"
    have = [fold(each) for each in entry.auth_kinds]
    if any(asked in each or (_class(asked) is not None and _class(asked) == _class(each)) for each in have):
        return "met", ""
    if all(_class(each) is None for each in have):
        return "unknown", f"its login is called {_listing(entry.auth_kinds)}, which does not tell: see its form"
    return "gap", f"its form offers {_listing(entry.auth_kinds)}"


def _class(folded: str) -> str | None:
    return next((name for name, parts in _AUTH.items() if any(each in folded for each in parts)), None)


def _deletes(entry: Listed, streams: Sequence[str]) -> _Verdict:
    if entry.kind == "materialization":
        return "unknown", "whether rows are deleted is a setting of a materialization (hardDelete in most)"
    if log_based(entry):
        return "met", ""
    if entry.ours and entry.streams is not None:
        wanted = [found for each in streams if (found := _find(entry.streams, each))] or list(entry.streams)
        without = [each.name for each in wanted if each.deletes == ""]
        if any(each.deletes is None for each in wanted):
            return "unknown", "its entry does not tell of deletes"
        return ("gap", f"not captured of {_listing(without)}") if without else ("met", "")
    if entry.name.endswith("-batch"):
        return "gap", "it queries tables at intervals, and does not see what is deleted"
    if entry.family == "airbyte-to-flow":
        return "unknown", "it polls in batches; whether any stream marks deletes is not known"
    return "unknown", "the catalog does not tell which streams capture deletes"


def _freshness(entry: Listed, wanted: str, streams: Sequence[str]) -> _Verdict:
    if entry.kind == "materialization":
        schedule = entry.spec is not None and "syncSchedule" in entry.spec.properties
        how = "set syncSchedule.syncFrequency; it is 30 minutes by itself" if schedule else "it is not known"
        return "unknown", how
    if log_based(entry):
        return "met", ""
    if entry.ours and entry.streams is not None:
        read = [found for each in streams if (found := _find(entry.streams, each))] or list(entry.streams)
        if any(each.interval is None for each in read):
            return "unknown", "its entry does not tell how often each stream is read"
        late = [each for each in read if each.interval and _duration(each.interval) > _duration(wanted)]
        told = ", ".join(f"{each.name} every {each.interval}" for each in late)
        return ("gap", f"by itself it reads {told}") if late else ("met", "")
    if entry.family == "airbyte-to-flow":
        return "unknown", "it runs in batches, every 5 minutes by itself; how long a run takes depends on the account"
    return "unknown", "the catalog does not tell how often it reads"


def _licence(entry: Listed, wanted: str) -> _Verdict:
    if entry.ours:
        if entry.licence is None:
            return "unknown", "its entry names no licence"
        return ("met", "") if fold(entry.licence) == fold(wanted) else ("gap", f"it is {entry.licence}")
    if entry.origin == "airbyte-image":
        upstream = entry.upstream_image or "an image of Airbyte"
        return "unknown", f"it wraps {upstream}: MIT in old versions, Elastic License 2.0 in newer ones"
    return "unknown", "the catalog holds no licences: see the repository of its code"


def _hosting(entry: Listed, wanted: str) -> _Verdict:
    managed = fold(wanted) in ("managed", "saas", "cloud", "estuary", "public")
    if entry.ours:
        if managed and not entry.registered:
            return "gap", "Estuary has not registered its image, so managed Estuary refuses it"
        return "met", ""
    if managed:
        return "met", ""
    if entry.image is None:
        return "unknown", "it is no image, but a part of Estuary's platform"
    return "unknown", "its image can be pulled and run elsewhere; what that needs, the catalog does not tell"
