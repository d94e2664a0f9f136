"""The site's files: made, compared, written."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.known import Catalog
from connector_sdk.catalog.site._asked import read_asked
from connector_sdk.catalog.site._connector import connector
from connector_sdk.catalog.site._estuary import estuary
from connector_sdk.catalog.site._frame import Frame
from connector_sdk.catalog.site._ours import read_own
from connector_sdk.catalog.site._overview import overview
from connector_sdk.catalog.site._requests import request, requests
from connector_sdk.catalog.site._scene import ESTUARY, INDEX, REQUESTS, Scene
from connector_sdk.errors import CatalogUsageError

__all__ = ["build", "pages"]

_LIST = "site.json"
_MAKER = "connector-sdk catalog site"


def build(repository: Repository, catalog: Catalog, output: Path, *, today: date | None = None) -> list[Path]:
    """Write the site into a folder, and give its files. The same repository, catalog and day give the same bytes.

    Pages that an earlier site had and this one has not are removed. Raises CatalogUsageError where the folder cannot
    be written, or holds files that no site made; EntryError or RequestFileError where one of those files is not YAML.
    """
    made = pages(repository, catalog, today or datetime.now(tz=UTC).date())
    made[_LIST] = json.dumps({"made_by": _MAKER, "files": sorted(made)}, indent=1) + "\n"
    before = _before(output)
    try:
        for name in sorted(before - made.keys()):
            (output / name).unlink(missing_ok=True)
        for name, content in made.items():
            file = output / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode())
    except OSError as wrong:
        raise CatalogUsageError(f"{wrong.filename or output} cannot be written: {wrong.strerror}.") from None
    return [output / name for name in made]


def pages(repository: Repository, catalog: Catalog, today: date) -> dict[str, str]:
    """The pages of the site by their addresses."""
    scene = Scene(read_own(repository), read_asked(repository), catalog, today)
    frame = Frame(scene)
    made = {
        INDEX: frame.page(INDEX, "Connectors", overview(scene), INDEX),
        REQUESTS: frame.page(REQUESTS, "Requests", requests(scene), REQUESTS),
        ESTUARY: frame.page(ESTUARY, "Estuary's catalog", estuary(scene), ESTUARY),
    }
    for own in scene.own:
        place = scene.place(own)
        made[place] = frame.page(place, own.title, connector(scene, own), INDEX)
    for asked in scene.asked:
        place = scene.place(asked)
        made[place] = frame.page(place, f"{asked.system}, request {asked.id}", request(scene, asked), REQUESTS)
    return made


def _before(output: Path) -> set[str]:
    """What an earlier site left in the folder."""
    if output.exists() and not output.is_dir():
        raise CatalogUsageError(f"{output} is no folder.", hint="name a folder that is empty, or not there yet")
    listed = output / _LIST
    try:
        found = json.loads(listed.read_text("utf-8"))
        names = found["files"] if found["made_by"] == _MAKER else None
    except (OSError, ValueError, KeyError, TypeError):
        names = None
    if names is None:
        if output.is_dir() and any(output.iterdir()):
            raise CatalogUsageError(
                f"{output} holds files that no site made.", hint="name a folder that is empty, or not there yet"
            )
        return set()
    return {name for name in names if isinstance(name, str) and _inside(name)}


def _inside(name: str) -> bool:
    """Whether a listed file is one that a site may have made."""
    parts = PurePosixPath(name).parts
    return name.endswith(".html") and len(parts) <= 2 and ".." not in parts and not PurePosixPath(name).is_absolute()
