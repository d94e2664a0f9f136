"""What is wrong with entries: their own files, against connectors, catalog and image, and against the merge base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from connector_sdk.catalog._files import parse, unread
from connector_sdk.catalog._findings import Finding, Severity
from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.entries._entry import Entry, entry_files, read_entry
from connector_sdk.catalog.entries._evidence import ImageFacts, image_problems, record_of
from connector_sdk.catalog.entries._facts import definition_hash, hosts_in
from connector_sdk.catalog.entries._generated import differences, intact
from connector_sdk.catalog.entries._lifecycle import lacking, transition_problem
from connector_sdk.catalog.entries._schema import schema_findings
from connector_sdk.catalog.entries._sync import WITHOUT_CODE, folder_of, made_now, report_file, version_of
from connector_sdk.catalog.known import load
from connector_sdk.errors import EntryError, SdkError, did_you_mean

__all__ = ["check_draft", "check_entries", "check_image"]

_OUT_THERE = ("registered", "deprecated")
_SHOWN = 5
_MADE_UP = (".example", ".test", ".invalid")


def check_entries(
    repository: Repository, base: str | None = None, *, names: Sequence[str] = (), run: bool = True
) -> list[Finding]:
    """All that is wrong with the entries of a repository, or with those of these names.

    ``base`` is a branch or commit: states and releases are compared with the merge base. Each connector is started, in
    its sandbox, to see whether its entry still says what it does; without ``run`` only its files are looked at.
    """
    commit = repository.merge_base(base) if base is not None else ""
    files = [path for path in entry_files(repository) if not names or path.stem in names]
    with ThreadPoolExecutor(4) as pool:
        checked = list(pool.map(lambda path: _File(repository, path, commit).findings(run), files))
    found = [finding for each in checked for finding in each]
    if not names:
        found += _without_entry(repository)
        if commit:
            found += _removed(repository, commit)
    return found


def check_draft(repository: Repository, draft: Path) -> list[Finding]:
    """What would be wrong with an entry if it were what this file says, which has its name and lies elsewhere. The
    connector is not started."""
    file = _File(repository, draft, "")
    file.shown = repository.relative(repository.entries / draft.name)
    return file.findings(run=False)


def check_image(repository: Repository, entry: Entry, image: ImageFacts) -> list[Finding]:
    """Whether the entry's digest is this image's, and its labels are those that were noted."""
    file = _File(repository, entry.path, "")
    noted = entry.generated.get("image")
    noted = noted if isinstance(noted, Mapping) else {}
    again = f"connector-sdk entry sync {entry.name} --image FILE notes what was built"
    wrong = image_problems(image, entry.name, version_of(folder_of(repository, entry)[0]))
    if noted.get("digest") != image.digest:
        wrong.append(f"the entry has the digest {noted.get('digest', 'none')}, the image {image.digest}")
    elif dict(noted.get("labels", {})) != dict(image.labels):
        wrong.append("the image has other labels than the entry notes")
    return [
        file.finding("entry-digest", f"{each[:1].upper()}{each[1:]}.", again, "generated", "image") for each in wrong
    ]


def _without_entry(repository: Repository) -> Iterator[Finding]:
    """Connectors that nobody answers for."""
    for folder in sorted(repository.connectors.glob("source-*/pyproject.toml")):
        name = folder.parent.name
        if not (repository.entries / f"{name}.yaml").is_file():
            yield Finding(
                "connector-without-entry",
                "error",
                f"{name} has no entry, so nobody answers for it.",
                "request it first: connector-sdk request new SYSTEM; an approved request has an entry",
                repository.relative(folder.parent),
            )


def _removed(repository: Repository, commit: str) -> Iterator[Finding]:
    """Entries that were there at the merge base and are not any more."""
    for name in repository.files_at(commit, repository.entries):
        path = repository.root / name
        if path.suffix != ".yaml" or path.parent != repository.entries or path.is_file():
            continue
        before = _state_at(repository, commit, path)
        if before in ("candidate", *_OUT_THERE):
            yield Finding(
                "entry-lifecycle",
                "error",
                f"The entry was {before} and is gone.",
                "keep it, with lifecycle retired: what people use has to be found",
                name,
            )


def _state_at(repository: Repository, commit: str, path: Path) -> str:
    before = _entry_at(repository, commit, path)
    return before.lifecycle if before is not None else ""


def _entry_at(repository: Repository, commit: str, path: Path) -> Entry | None:
    text = repository.at(commit, path)
    if text is None:
        return None
    try:
        document = parse(text, path, EntryError)
    except EntryError:
        return None  # what was no entry then is taken for new
    data = document.plain(EntryError)
    return Entry(path, data, document) if isinstance(data, dict) else None


class _File:
    """One entry's file, and all that can be found about it."""

    def __init__(self, repository: Repository, path: Path, commit: str) -> None:
        self.repository = repository
        self.path = path
        self.commit = commit
        self.shown = repository.relative(path)
        self.entry: Entry | None = None

    def finding(self, rule: str, message: str, hint: str, *where: str | int, severity: Severity = "error") -> Finding:
        line, column = self.entry.document.place(*where) if self.entry is not None and where else (0, 0)
        return Finding(rule, severity, message, hint, self.shown, line, column)

    def findings(self, run: bool) -> list[Finding]:
        try:
            self.entry = entry = read_entry(self.path)
        except EntryError as wrong:
            message, line = unread(wrong, self.path)
            return [Finding("entry-unreadable", "error", message, wrong.hint, self.shown, line)]
        found = list(schema_findings(entry, self.shown))
        if found:
            return found  # what follows would say the same in other words
        found += self._own(entry)
        found += self._history(entry)
        if entry.lifecycle in WITHOUT_CODE:
            return found
        try:
            folder, module = folder_of(self.repository, entry)
        except EntryError as wrong:
            return [*found, self.finding("entry-connector", wrong.message, wrong.hint, "spec", "code")]
        found += self._against_code(entry, folder, module)
        found += self._generated(entry, run)
        return found

    # ---- the file alone

    def _own(self, entry: Entry) -> Iterator[Finding]:
        if entry.name != self.path.stem:
            yield self.finding(
                "entry-name", f"The entry is called {entry.name}, its file {self.path.name}.",
                "one of the two names is wrong", "metadata", "name",
            )  # fmt: skip
        yield from self._overlap(entry)
        image = entry.image
        if image and (":" in image.rpartition("/")[2] or "@" in image or "." not in image.partition("/")[0]):
            yield self.finding(
                "entry-image", f"{image} is no name of an image alone.",
                "write registry and repository, without tag or digest, as in ghcr.io/acme/source-acme",
                "spec", "image", "repository",
            )  # fmt: skip
        elif image.startswith("ghcr.io/estuary/"):
            yield self.finding(
                "entry-image", "Images under ghcr.io/estuary/ are Estuary's own.",
                "name a registry of yours that lets everyone pull", "spec", "image", "repository",
            )  # fmt: skip
        if entry.request and not (self.repository.root / entry.request).is_file():
            yield self.finding(
                "entry-request", f"There is no {entry.request}.", "name the request that was approved",
                "metadata", "request",
            )  # fmt: skip
        yield from self._releases(entry)

    def _overlap(self, entry: Entry) -> Iterator[Finding]:
        known, overlap = {each.name for each in load().connectors}, entry.overlap
        if overlap is None and entry.name in known:
            yield self.finding(
                "entry-overlap", f"Estuary has a connector {entry.name}, and the entry does not say what it lacks.",
                "add spec.overlap with its gap, or use Estuary's", "spec",
            )  # fmt: skip
        elif overlap is not None and overlap.with_ not in known:
            yield self.finding(
                "entry-overlap", f"Estuary's catalog has no {overlap.with_!r}.", did_you_mean(overlap.with_, known),
                "spec", "overlap", "with",
            )  # fmt: skip

    def _releases(self, entry: Entry) -> Iterator[Finding]:
        seen: dict[str, int] = {}
        for number, each in enumerate(entry.releases):
            version = str(each.get("version"))
            if version in seen:
                yield self.finding("entry-releases", f"Version {version} was released twice.",
                                   "a new digest needs a new version", "releases", number)  # fmt: skip
            elif number and _major(version) != _major(str(entry.releases[number - 1].get("version"))):
                if not each.get("breaking"):
                    yield self.finding(
                        "entry-releases", f"Version {version} has a new major number and says nothing of what breaks.",
                        "add breaking with message and upgradeBy, or take a smaller step", "releases", number,
                    )  # fmt: skip
            elif each.get("breaking") and number:
                yield self.finding(
                    "entry-releases", f"Version {version} breaks something and has the old major number.",
                    "give it a new major number", "releases", number,
                )  # fmt: skip
            seen[version] = number

    # ---- against the merge base

    def _history(self, entry: Entry) -> Iterator[Finding]:
        if not self.commit:
            return
        before = _entry_at(self.repository, self.commit, self.path)
        problem = transition_problem(before.lifecycle if before is not None else "", entry.lifecycle)
        if problem:
            yield self.finding(
                "entry-lifecycle", f"{problem[:1].upper()}{problem[1:]}.", "docs/entries.md has the states",
                "metadata", "lifecycle",
            )  # fmt: skip
        if before is None or before.lifecycle not in _OUT_THERE:
            return
        now = {each.get("version"): each.get("digest") for each in entry.releases}
        for each in before.releases:
            if now.get(each.get("version")) != each.get("digest"):
                yield self.finding(
                    "entry-releases", f"Version {each.get('version')} was released with {each.get('digest')}, and the "
                    "entry does not say so any more.", "what was released stays as it was", "releases",
                )  # fmt: skip

    # ---- against the connector

    def _against_code(self, entry: Entry, folder: Path, module: str) -> Iterator[Finding]:
        licence = _licence(folder)
        if licence != entry.licence:
            yield self.finding(
                "entry-licence", f"The entry says {entry.licence}, pyproject.toml {licence or 'nothing'}.",
                "one of the two is wrong", "spec", "licence",
            )  # fmt: skip
        named: set[str] = set()
        for path, line, host in hosts_in(folder, module):
            if host in named or _covered(host, entry.hosts):
                continue
            named.add(host)
            place = self.repository.relative(path)
            if host.endswith(_MADE_UP):
                yield Finding(
                    "entry-host", "warning", f"The code names {host}, which is made up.",
                    "give it the vendor's address: this is what connector-sdk new wrote", place, line,
                )  # fmt: skip
            else:
                yield Finding(
                    "entry-host", "error", f"The code names {host}, which is not among the hosts of {self.shown}.",
                    "add it to spec.system.hosts, or leave it out of the code", place, line,
                )  # fmt: skip
        for each in entry.at("spec", "streams", "suggested") or ():
            if entry.generated and each not in entry.streams:
                yield self.finding(
                    "entry-streams", f"There is no stream {each!r} to suggest.", did_you_mean(each, entry.streams),
                    "spec", "streams", "suggested",
                )  # fmt: skip
        for each in lacking(entry, definition_hash(folder, module)):
            yield self.finding(
                "entry-lifecycle", f"It is {entry.lifecycle}, but {each}.",
                "docs/entries.md says what each state needs", "metadata", "lifecycle",
            )  # fmt: skip

    def _generated(self, entry: Entry, run: bool) -> Iterator[Finding]:
        part, again = entry.generated, f"connector-sdk entry sync {entry.name}"
        if not part:
            yield self.finding("entry-drift", "It has no generated part yet.", again, "generated")
            return
        if not intact(part):
            yield self.finding("entry-edited", "The generated part was edited by hand.", f"make it anew with {again}",
                               "generated")  # fmt: skip
        yield from self._evidence(entry)
        if not run:
            return
        try:
            now = made_now(self.repository, entry)
        except SdkError as wrong:
            yield self.finding("entry-connector", wrong.message, wrong.hint, "spec", "code")
            return
        differing = list(differences(part, now))
        if differing and intact(part):
            more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
            yield self.finding(
                "entry-drift", f"The connector has changed since: {', '.join(differing[:_SHOWN])}{more}.",
                f"make it anew with {again}, and commit it", "generated",
            )  # fmt: skip

    def _evidence(self, entry: Entry) -> Iterator[Finding]:
        image, proof = entry.at("generated", "image"), entry.at("generated", "conformance")
        if isinstance(image, Mapping):
            last = entry.releases[-1].get("digest") if entry.releases else None
            if last != image.get("digest"):
                yield self.finding(
                    "entry-digest", f"The last release is {last or 'missing'}, the image {image.get('digest')}.",
                    f"connector-sdk entry sync {entry.name} --image FILE notes what was built", "releases",
                )  # fmt: skip
        if isinstance(proof, Mapping):
            kept = report_file(self.repository, entry.name)
            if not kept.is_file() or _recorded(kept) != proof:
                yield self.finding(
                    "entry-report", f"{self.repository.relative(kept)} is not the report that the entry notes.",
                    f"connector-sdk entry sync {entry.name} --report FILE, or --prove", "generated", "conformance",
                )  # fmt: skip
            if proof.get("definitionHash") != entry.at("generated", "definitionHash"):
                yield self.finding(
                    "entry-report", "Its conformance was proved of an earlier definition.",
                    f"connector-sdk entry sync {entry.name} --prove", "generated", "conformance", severity="note",
                )  # fmt: skip


def _recorded(kept: Path) -> dict[str, Any]:
    try:
        return record_of(kept.read_bytes())
    except EntryError:
        return {}


def _licence(folder: Path) -> str:
    from connector_sdk.images import read_settings

    return read_settings(folder.name, "", folder).licence


def _covered(host: str, allowed: Sequence[str]) -> bool:
    return any(host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in allowed)


def _major(version: Any) -> str:
    return str(version).partition(".")[0]
