"""A request is written, and the catalog is asked about it."""

from __future__ import annotations

import subprocess
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests import _store
from connector_sdk.catalog.requests._ask import ask
from connector_sdk.catalog.requests._edit import add_step, fresh, own, put, written
from connector_sdk.catalog.requests._model import CatalogCheck, Need, Request, folded, slug
from connector_sdk.catalog.requests._schema import is_address
from connector_sdk.catalog.requests._states import ENDED
from connector_sdk.catalog.requests._store import Stored
from connector_sdk.errors import CatalogUsageError, RequestFileError

if TYPE_CHECKING:
    from connector_sdk.catalog.known import Catalog

__all__ = ["Wanted", "check", "new", "person"]


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for."""

    system: str
    requester: str
    kind: str = "capture"
    need: Need = field(default_factory=Need)
    urls: tuple[str, ...] = ()
    auth: str = ""
    data_classification: str = ""
    replaces: tuple[str, ...] = ()


def person(repository: Repository, text: str, option: str) -> str:
    """The address of a person: as given, else the one that git knows. Raises CatalogUsageError where there is none."""
    given = text.strip()
    if "<" in given:
        given = given.partition("<")[2].partition(">")[0]
    found = unicodedata.normalize("NFKC", given or _git_address(repository))
    if not is_address(found):
        what = f"{text!r} is no e-mail address." if text else "git knows no user.email."
        raise CatalogUsageError(what, hint=f"{option} takes the address of who does this, such as you@example.com")
    return found


def _git_address(repository: Repository) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "user.email"],
            cwd=repository.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except OSError:  # no git, no address
        return ""
    return done.stdout.strip()


def new(repository: Repository, wanted: Wanted, today: date) -> Request:
    """A new request, a draft, in a file of its own.

    Raises CatalogUsageError for a name that no file can have, RequestFileError where its system is asked for already.
    """
    short = slug(wanted.system)
    if not short:
        raise CatalogUsageError(
            f"{wanted.system!r} has no letter of a to z and no digit.", hint="its file is named by them: spell it so"
        )
    with _store.locked(repository):
        return _new(repository, wanted, short, today)


def _new(repository: Repository, wanted: Wanted, short: str, today: date) -> Request:
    for each in _store.stored(repository)[0]:
        other = each.request
        same = folded(other.system) == folded(wanted.system) and other.connector_kind == wanted.kind
        if same and other.state not in ENDED:
            raise RequestFileError(
                f"{other.id} asks for {other.system} already; it is {other.state}.",
                hint=f"add what you need to {repository.relative(other.path)}; another system gets its full name",
            )
    data = _drafted(repository, wanted, today)
    return fresh(data, repository.requests / f"{data['id']}-{short}.yaml")


def _drafted(repository: Repository, wanted: Wanted, today: date) -> dict[str, Any]:
    need = {name: value for name, value in vars(wanted.need).items() if value}
    if "streams" in need:
        need["streams"] = list(wanted.need.streams)
    optional = {
        "urls": list(wanted.urls),
        "auth": wanted.auth,
        "dataClassification": wanted.data_classification,
        "replaces": list(wanted.replaces),
    }
    return {
        "apiVersion": "connector-catalog/v1",
        "kind": "ConnectorRequest",
        "id": _store.next_id(repository, today.year),
        "system": wanted.system,
        "connectorKind": wanted.kind,
        "requester": wanted.requester,
        "date": today,
        "need": need,
        **{name: value for name, value in optional.items() if value},
        "state": "draft",
        "history": [{"state": "draft", "date": own(today), "by": wanted.requester}],
    }


def check(stored: Stored, catalog: Catalog, by: str, today: date) -> tuple[Request, bool]:
    """A request with the catalog's answer in it, and whether it was written anew.
    Raises RequestFileError where it is decided."""
    request = stored.request
    if request.state not in ("draft", "checked"):
        raise RequestFileError(
            f"{request.id} is {request.state}: the catalog's answer is part of its decision.",
            hint=f'connector-sdk catalog check "{request.system}" asks the catalog now; check-all compares the two',
        )
    found = ask(request, catalog)
    if request.state == "checked" and found == request.catalog_check:
        return request, False
    data = stored.document.data
    put(data, "catalogCheck", found.as_data())
    add_step(data, "checked", today, by, _summary(found))
    return written(stored), True


def _summary(found: CatalogCheck) -> str:
    names = found.connector or ", ".join(found.candidates[:3])
    gaps = f", without {', '.join(found.gaps)}" if found.gaps else ""
    gaps += f"; not known: {', '.join(found.unknown)}" if found.unknown else ""
    return f"{found.answer}{f': {names}' if names else ''}{gaps}"
