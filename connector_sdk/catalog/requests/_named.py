"""Which request a person means: by its id, its number, its file or its system."""

from __future__ import annotations

import difflib
from pathlib import Path

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.requests._model import folded, slug
from connector_sdk.catalog.requests._store import FILE_NAME, Stored, files, load
from connector_sdk.errors import CatalogUsageError

__all__ = ["find"]

_NEAR = 3
_ALL = "connector-sdk request list --all shows all"


def find(repository: Repository, which: str) -> Stored:
    """The request that a person means.
    Raises CatalogUsageError where none or several are meant, RequestFileError where its file is no request."""
    known = [matched for path in files(repository) if (matched := FILE_NAME.fullmatch(path.name))]
    if not known:
        raise CatalogUsageError("There are no requests here.", hint="connector-sdk request new SYSTEM writes the first")
    name = Path(which).name
    exact = [each for each in known if name in (each[0], each[0].removesuffix(".yaml"), each["id"])]
    if len(exact) > 1:
        listed = " and ".join(each[0] for each in exact)
        raise CatalogUsageError(f"{which} is the number of {listed}.", hint="name the file that you mean")
    meant = exact or [
        each for each in known if folded(which) and folded(which) in (folded(each["slug"]), str(int(each["id"][5:])))
    ]
    if len(meant) > 1:
        apart = len({each["id"] for each in meant}) == len(meant)
        listed = " and ".join(each["id"] if apart else each[0] for each in meant)
        hint = "name one by its id" if apart else "name the file that you mean"
        raise CatalogUsageError(f"{which} is asked for by {listed}.", hint=hint)
    if not meant:
        names = dict.fromkeys(one for each in known for one in (each["id"], each["slug"]))
        near = difflib.get_close_matches(slug(name.removesuffix(".yaml")), names, _NEAR, 0.5)
        if not near:
            raise CatalogUsageError(f"There is no request {which!r}.", hint=_ALL)
        told = " or ".join(map(repr, near))
        raise CatalogUsageError(f"There is no request {which!r}:", hint=f"did you mean {told}? {_ALL}")
    return load(repository.requests / meant[0][0])
