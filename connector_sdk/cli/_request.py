"""What the commands of ``connector-sdk request`` do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connector_sdk.catalog import requests
from connector_sdk.catalog._findings import Finding
from connector_sdk.catalog._repository import Repository
from connector_sdk.cli._beginning import Beginning
from connector_sdk.cli._output import console, print_json, table
from connector_sdk.cli._problems import UsageProblemError
from connector_sdk.cli._signals import ended_by_signals
from connector_sdk.errors import did_you_mean

if TYPE_CHECKING:
    from connector_sdk.catalog.known import Catalog

__all__ = ["Asked", "Choice", "Goal", "Place", "check", "decide", "move", "new", "renew", "show"]

_ISSUE = "--issue takes the text of an issue, as GitHub gives it"


@dataclass(frozen=True)
class Place:
    """Which repository, on which day, told how."""

    root: Path | None
    day: datetime | None
    json: bool

    @property
    def repository(self) -> Repository:
        """The repository of the command."""
        return Repository.find(self.root)

    @property
    def today(self) -> date:
        """The day to go by."""
        return (self.day or datetime.now(UTC)).date()


@dataclass(frozen=True)
class Asked:
    """The options of ``new``."""

    system: str
    kind: str
    streams: str
    deletes: bool
    freshness: str
    volume: str
    destination: str
    licence: str
    hosting: str
    urls: tuple[str, ...]
    auth: str
    data: str
    replaces: tuple[str, ...]
    requester: str
    issue: Path | None


@dataclass(frozen=True)
class Choice:
    """The options of ``decide``."""

    approve: bool
    reject: bool
    use_existing: str
    reason: str
    gap: tuple[str, ...]
    none_fits: bool
    until: datetime | None
    name: str
    owner: str
    scaffold: bool


@dataclass(frozen=True)
class Goal:
    """The state to move to, and what is said of it."""

    state: str
    reference: str
    tag: str
    owner: str
    note: str


def new(place: Place, asked: Asked) -> int:
    """Write a request."""
    repository = place.repository
    wanted = _wanted(repository, asked)
    request = requests.new(repository, wanted, place.today)
    return _told(place, request, f"{request.id}: {request.system} is asked for.")


def _wanted(repository: Repository, asked: Asked) -> requests.Wanted:
    if asked.issue is not None:
        if asked.system:
            raise UsageProblemError("SYSTEM and --issue contradict each other.", hint="the issue names the system")
        return requests.from_issue(_text(asked.issue))
    if not asked.system.strip():
        raise UsageProblemError("It names no system.", hint='connector-sdk request new "Zoom"')
    need = requests.Need(
        tuple(dict.fromkeys(each.strip() for each in asked.streams.split(",") if each.strip())),
        asked.deletes,
        asked.freshness,
        asked.volume,
        asked.destination,
        asked.licence,
        asked.hosting,
    )
    who = requests.person(repository, asked.requester, "--requester")
    return requests.Wanted(
        asked.system.strip(), who, asked.kind, need, asked.urls, asked.auth, asked.data, asked.replaces
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as wrong:
        raise UsageProblemError(f"{path} cannot be read: {wrong.strerror}.", hint=_ISSUE) from None
    except UnicodeDecodeError:
        raise UsageProblemError(f"{path} is not UTF-8 text.", hint=_ISSUE) from None


def check(place: Place, which: str, by: str) -> int:
    """Ask the catalog about a request."""
    repository = place.repository
    found = requests.find(repository, which)
    who, catalog = requests.person(repository, by, "--by"), _catalog(repository)
    with ended_by_signals():
        request, news = requests.check(found, catalog, who, place.today)
    said = _answer(request)
    return _told(place, request, said if news else f"{said} Nothing has changed since it was checked.")


def _answer(request: requests.Request) -> str:
    check = request.catalog_check
    assert check is not None  # it was just checked
    names = ", ".join(check.candidates)
    told = {
        "use-existing": f"The catalog has {check.connector}: use it.",
        "use-replacement": f"The catalog has {check.connector}, in place of an older one: use it.",
        "needs-choice": f"The catalog has several that may be meant: {names}.",
        "gap": f"The catalog has {check.connector}, without {', '.join(check.gaps)}.",
        "request-custom": "The catalog has no connector for it.",
    }
    unknown = f" It does not tell of {', '.join(check.unknown)}: somebody has to look." if check.unknown else ""
    return f"{request.id}: {request.system}. {told[check.answer]}{unknown}"


def decide(place: Place, which: str, choice: Choice, by: str) -> int:
    """Decide a request."""
    repository = place.repository
    verdict = requests.Verdict(
        _one_of(choice),
        requests.person(repository, by, "--by"),
        choice.reason,
        choice.use_existing or choice.name,
        choice.gap,
        choice.none_fits,
        choice.until.date() if choice.until else None,
    )
    found = requests.find(repository, which)
    begin = Beginning(repository, choice.owner) if choice.scaffold else None
    catalog = _catalog(repository)
    with ended_by_signals():
        request = requests.decide(found, verdict, place.today, catalog=catalog, begin=begin)
    past = {"approve": "approved", "reject": "rejected", "use-existing": f"closed: use {request.connector}"}
    return _told(place, request, f"{request.id}: {request.system} is {past[verdict.answer]}.")


def _one_of(choice: Choice) -> str:
    given = {"approve": choice.approve, "reject": choice.reject, "use-existing": bool(choice.use_existing)}
    names = [name for name, each in given.items() if each]
    if len(names) != 1:
        told = "It is not said how it is decided." if not names else f"--{' and --'.join(names)} contradict each other."
        raise UsageProblemError(told, hint="give one of --approve, --reject and --use-existing NAME")
    return names[0]


def move(place: Place, which: str, goal: Goal, by: str) -> int:
    """Take an approved request on."""
    repository = place.repository
    step = requests.Move(goal.state, requests.person(repository, by, "--by"), goal.note, goal.reference, goal.tag)
    found = requests.find(repository, which)
    begin, verify = Beginning(repository, goal.owner), _verify(repository)
    with ended_by_signals():
        request = requests.move(repository, found, step, place.today, begin=begin, verify=verify)
    return _told(place, request, f"{request.id}: {request.system} is {request.state}.")


def renew(place: Place, which: str, until: datetime, note: str, by: str) -> int:
    """Let an approval hold longer."""
    repository = place.repository
    who = requests.person(repository, by, "--by")
    found = requests.find(repository, which)
    with ended_by_signals():
        request = requests.renew(found, until.date(), who, place.today, note=note)
    return _told(place, request, f"{request.id}: the decision holds until {until.date()}.")


def show(place: Place, all: bool, state: str) -> int:
    """List what waits for whom."""
    if state and state not in requests.STATES:
        raise UsageProblemError(f"There is no state {state!r}:", hint=did_you_mean(state, requests.STATES))
    repository = place.repository
    rows = requests.waiting(repository, requests.read_requests(repository), place.today)
    shown = [each for each in rows if state in ("", each.request.state) and (all or state or each.whom)]
    if place.json:
        print_json({"today": place.today.isoformat(), "requests": [each.as_json() for each in shown]})
        return 0
    if not shown:
        print("Nothing waits." if rows else "There are no requests. connector-sdk request new SYSTEM writes one.")
        return 0
    made = table("", "id", "system", "state", "waits for", "days", "next", right=("days",))
    for each in shown:
        request = each.request
        made.add_row(request.id, request.system, request.state, each.whom, str(each.days), each.to_do)
    console().print(made)
    return 0


def _told(place: Place, request: requests.Request, said: str) -> int:
    """What a step made of a request, and what comes next."""
    repository = place.repository
    row = requests.waiting(repository, [request], place.today)[0]
    path = repository.relative(request.path)
    if place.json:
        check = request.catalog_check
        print_json({**row.as_json(), "file": path, "catalogCheck": check.as_data() if check else None})
        return 0
    print(said)
    print(f"  file  {path} ({request.state})")
    if row.to_do:
        print(f"  next  {row.whom}: {row.to_do}")
    return 0


def _catalog(repository: Repository) -> Catalog:
    """Estuary's catalog, and this repository's own connectors."""
    from connector_sdk.catalog import known

    return known.load().with_ours(known.read_ours(repository))


def _verify(repository: Repository) -> requests.Verify:
    """What judges an entry by its files; that the connector still does what it says, check-all looks at."""

    def verify(draft: Path) -> list[Finding]:
        from connector_sdk.catalog.entries import check_draft

        return check_draft(repository, draft)

    return verify
