"""``entry sync``: the generated part made anew, evidence noted, releases added; and how an entry begins."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import dump, parse, plain
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog._written import like
from connector_sdk.catalog.entries._blocks import with_block, write
from connector_sdk.catalog.entries._entry import API_VERSION, Entry, entry_named
from connector_sdk.catalog.entries._evidence import (
    ImageFacts,
    Proof,
    image_problems,
    proof_of,
    read_image,
    read_report,
    record_of,
)
from connector_sdk.catalog.entries._facts import definition_hash, facts_of, hosts_in
from connector_sdk.catalog.entries._generated import differences, generated_part, intact, sealed
from connector_sdk.errors import EntryError

__all__ = ["WITHOUT_CODE", "Synced", "begin", "folder_of", "made_now", "report_file", "sync", "version_of"]

REMARK = "connector-sdk entry sync writes this part; nobody edits it"
WITHOUT_CODE = ("requested", "approved", "retired")
"""States in which the connector may not be there."""
_FIXED = ("registered", "deprecated", "retired")  # what is out there keeps its digest


@dataclass(frozen=True)
class Synced:
    """What ``sync`` did, or, with ``check``, would do: the entry's file, and the places that differ."""

    path: Path
    differences: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return bool(self.differences)


def sync(
    repository: Repository,
    name: str,
    *,
    report: Path | None = None,
    prove: bool = False,
    image: Path | None = None,
    changes: Sequence[tuple[str, str]] = (),
    today: date | None = None,
    check: bool = False,
) -> Synced:
    """Make the generated part of an entry anew, from the connector as it is now.

    ``report`` is what ``connector-sdk test --json`` wrote, ``prove`` runs the kit here and now; ``image`` is what
    ``connector-sdk build --json`` wrote, or the archive. With an image a release is added, with ``changes`` as pairs of
    kind and text. With ``check`` nothing is written. Raises EntryError for an entry or a connector that is not there,
    evidence of another connector, and a digest that may not change any more.
    """
    entry = entry_named(repository, name)
    if entry.lifecycle in WITHOUT_CODE and not (repository.root / entry.code[0]).is_dir():
        return Synced(entry.path, ())
    folder, module = folder_of(repository, entry)
    day = (today or datetime.now(tz=UTC).date()).isoformat()
    definition = definition_hash(folder, module)
    # evidence that is none is refused before a connector is started, or proved for minutes
    found = read_image(image) if image is not None else None
    noted = {} if found is None else {"image": _image(found, name, folder, definition)}
    before = [dict(each) for each in entry.releases]
    releases = before if found is None else _released(entry, before, found, changes, day)
    proof = _proof(name, folder, module, report, prove, definition, day)
    if proof is not None:
        noted["conformance"] = proof.record
    part = {**made_now(repository, entry), **noted}
    part = sealed(_ordered(part))
    differing = list(differences(entry.generated, part)) or (["hash"] if entry.generated != part else [])
    if releases != before:
        differing.append("releases")
    if proof is not None and not _kept(report_file(repository, name), proof.text):
        differing.append("report")
    synced = Synced(entry.path, tuple(differing))
    if check or not synced.changed:
        return synced
    if proof is not None:
        write(report_file(repository, name), proof.text)
    stood, text = entry.path.read_bytes(), entry.path.read_text("utf-8")
    if "releases" in synced.differences:
        text = with_block(text, entry.document, "releases", releases)
        entry = _again(entry, text)
    text = with_block(text, entry.document, "generated", part, REMARK)
    write(entry.path, like(stood, text).decode("utf-8"))
    return synced


def begin(
    repository: Repository,
    name: str,
    *,
    title: str,
    owner: str,
    request: str = "",
    system: str = "",
    hosts: Sequence[str] = (),
    packages: Sequence[str] = (),
    aliases: Sequence[str] = (),
    description: str = "",
    classification: str = "",
    personal_data: bool = True,
    overlap: Mapping[str, Any] | None = None,
    licence: str = "Apache-2.0",
) -> Path:
    """Write the entry of a connector that begins, with lifecycle building, and sync it where its folder is there.

    ``request`` is the request's path in the repository, ``system`` the vendor's name, ``overlap`` the mapping of with,
    gap and until; personal data are taken for granted until somebody says otherwise. Without ``hosts`` those are taken
    that the code names. Gives the file's path. Raises EntryError where
    the entry is there already.
    """
    path = repository.entries / f"{name}.yaml"
    if path.exists():
        raise EntryError(f"{repository.relative(path)} is there already, and nothing is written over.")
    module = name.replace("-", "_")
    folder = repository.connectors / name
    spec: dict[str, Any] = {
        "kind": "capture",
        "system": {"vendor": system or title, "hosts": list(hosts) or _named(folder, module)},
    }
    if packages:
        spec["system"]["packages"] = list(packages)
    if overlap is not None:
        spec["overlap"] = plain(overlap, Path(f"{name}.yaml"), EntryError)
    spec |= {"support": {"level": "experimental"}, "licence": licence}
    if classification:
        spec["data"] = {"classification": classification, "personalData": personal_data}
    spec |= {"code": {"path": f"connectors/{name}", "entrypoint": module}, "estuary": {"registered": False}}
    metadata: dict[str, Any] = {
        "name": name,
        "title": title,
        "description": description or f"What {title} holds, captured into collections.",
        "owner": owner,
        "lifecycle": "building",
    }
    if request:
        metadata["request"] = request
    if aliases:
        metadata["aliases"] = list(aliases)
    write(path, dump({"apiVersion": API_VERSION, "kind": "Connector", "metadata": metadata, "spec": spec}))
    if folder.is_dir():
        try:
            sync(repository, name)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return path


def made_now(repository: Repository, entry: Entry) -> dict[str, Any]:
    """The generated part as it would be written now, with the evidence that the entry holds. Raises EntryError."""
    folder, module = folder_of(repository, entry)
    facts = facts_of(folder, module)
    if facts.name != entry.name:
        raise EntryError(
            f"The connector in {repository.relative(folder)} is called {facts.name}, its entry {entry.name}.",
            hint="one of the two names is wrong",
        )
    return generated_part(facts, folder, module, _evidence(repository, entry))


def folder_of(repository: Repository, entry: Entry) -> tuple[Path, str]:
    """The connector's folder and module. Raises EntryError where the entry names none that is there."""
    path, module = entry.code
    folder = repository.root / path
    named = path and module and ".." not in Path(path).parts
    if not named or not (folder / module / "__main__.py").is_file():
        raise EntryError(
            f"The entry {entry.name} names code that is not there: {path or '?'}/{module or '?'}/__main__.py.",
            hint="correct spec.code, or make the connector with connector-sdk new",
        )
    return folder, module


def _evidence(repository: Repository, entry: Entry) -> Mapping[str, Any]:
    """The evidence that goes on: what the entry notes or, where somebody edited that, what the kept report says."""
    if intact(entry.generated):
        return entry.generated
    kept = report_file(repository, entry.name)
    return {"conformance": record_of(kept.read_bytes())} if kept.is_file() else {}


def report_file(repository: Repository, name: str) -> Path:
    """Where the report of a connector's last proof is kept."""
    return repository.entries / "reports" / f"{name}.json"


def version_of(folder: Path) -> str:
    """The version in the connector's pyproject.toml."""
    from connector_sdk.images import read_settings

    return read_settings(folder.name, "", folder).version


def _proof(
    name: str, folder: Path, module: str, report: Path | None, prove: bool, definition: str, day: str
) -> Proof | None:
    if report is not None:
        return proof_of(name, read_report(report), definition, day)
    if not prove:
        return None
    from connector_sdk.testing.conformance import Subject, chosen, run

    subject = Subject(name, (sys.executable, "-m", module), folder, module)
    return proof_of(name, run(subject, chosen()).as_json(), definition, day)


def _image(found: ImageFacts, name: str, folder: Path, definition: str) -> dict[str, Any]:
    wrong = image_problems(found, name, version_of(folder))
    if wrong:
        raise EntryError(f"This image cannot stand for {name}: {'; '.join(wrong)}.", hint="build the connector again")
    labels = dict(sorted(found.labels.items()))
    return {"version": found.version, "digest": found.digest, "definitionHash": definition, "labels": labels}


def _released(
    entry: Entry, releases: list[dict[str, Any]], image: ImageFacts, changes: Sequence[tuple[str, str]], day: str
) -> list[dict[str, Any]]:
    """The releases with this image's. One that nobody can have yet is replaced by a newer build of its version."""
    release: dict[str, Any] = {"version": image.version, "date": day, "digest": image.digest}
    told = [{"kind": kind, "what": what} for kind, what in changes]
    before = releases[-1] if releases and releases[-1].get("version") == image.version else None
    if before is not None and before.get("digest") == image.digest:
        release = {**before}
    elif before is not None and entry.lifecycle in _FIXED:
        raise EntryError(
            f"Version {image.version} of {entry.name} was released with {before.get('digest')}; this image is "
            f"{image.digest}.",
            hint="give the connector a new version in pyproject.toml, and build it again",
        )
    elif before is not None:
        release = {**before, **release}
    if told:
        release["changes"] = [
            *release.get("changes", []),
            *(each for each in told if each not in release.get("changes", [])),
        ]
    return [*(releases[:-1] if before is not None else releases), release]


def _ordered(part: dict[str, Any]) -> dict[str, Any]:
    """Evidence last, as it is written first."""
    rest = {name: value for name, value in part.items() if name not in ("conformance", "image")}
    return {**rest, **{name: part[name] for name in ("conformance", "image") if name in part}}


def _kept(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _again(entry: Entry, text: str) -> Entry:
    return replace(entry, document=parse(text, entry.path, EntryError))


def _named(folder: Path, module: str) -> list[str]:
    return list(dict.fromkeys(host for _, _, host in hosts_in(folder, module)))
