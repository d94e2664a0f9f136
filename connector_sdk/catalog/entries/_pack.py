"""``entry pack``: what Estuary needs to register an image, in one folder."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.entries._checks import check_entries, check_image
from connector_sdk.catalog.entries._entry import Entry, entry_named
from connector_sdk.catalog.entries._evidence import ImageFacts
from connector_sdk.catalog.entries._facts import Facts, facts_of
from connector_sdk.catalog.entries._generated import differences, generated_part
from connector_sdk.catalog.entries._sync import folder_of, report_file
from connector_sdk.errors import EntryError

__all__ = ["pack"]

_STATES = ("candidate", "registered")


def pack(repository: Repository, name: str, output: Path, *, image: ImageFacts | None = None) -> list[Path]:
    """Write the registration pack of a candidate to a new folder; gives its files.

    It holds the text for Estuary's request form, the values that a registration takes, spec and discovery as the
    connector answers them now, the conformance report, and the entry. With an ``image`` its digest and labels have to
    be those of the entry. Raises EntryError where the entry is no candidate, where it has findings, and where the
    folder holds something.
    """
    entry = entry_named(repository, name)
    if entry.lifecycle not in _STATES:
        raise EntryError(
            f"{name} is {entry.lifecycle}; a pack is made of a candidate.",
            hint="prove it and build its image first: entry sync --prove --image FILE, then metadata.lifecycle",
        )
    if not entry.image:
        raise EntryError(
            f"{name} has no spec.image.repository, so nobody could pull its image.",
            hint="name the registry and repository that it was pushed to",
        )
    wrong = [each for each in check_entries(repository, names=[name], run=False) if each.severity == "error"]
    wrong += check_image(repository, entry, image) if image is not None else []
    if wrong:
        raise EntryError(
            f"{name} cannot be packed: {' '.join(each.message for each in wrong[:3])}",
            hint=wrong[0].hint or f"connector-sdk entry validate {name} tells all of it",
        )
    folder, module = folder_of(repository, entry)
    facts = facts_of(folder, module)
    if stale := list(differences(entry.generated, generated_part(facts, folder, module, entry.generated))):
        raise EntryError(
            f"{name} cannot be packed: its connector has changed since ({', '.join(stale[:3])}).",
            hint=f"connector-sdk entry sync {name}",
        )
    return _written(output, dict(_files(repository, entry, facts)))


def _files(repository: Repository, entry: Entry, facts: Facts) -> Iterator[tuple[str, str]]:
    values = _values(entry, facts)
    yield "README.md", _readme(entry, values)
    yield "request.md", _request(entry, values)
    yield "registration.json", _json(values)
    yield "spec.json", _json(facts.spec)
    yield "discovery.json", _json({"bindings": facts.bindings})
    yield "conformance.json", report_file(repository, entry.name).read_text("utf-8")
    yield "entry.yaml", entry.path.read_text("utf-8")


def _values(entry: Entry, facts: Facts) -> dict[str, Any]:
    """The fields of a registration, under the names that they have in Estuary's tables."""
    image = entry.generated["image"]
    links = {str(each["type"]): str(each["url"]) for each in entry.at("metadata", "links") or ()}
    tag = entry.at("spec", "estuary", "tag") or f"v{str(image['version']).partition('.')[0]}"
    return {
        "image_name": entry.image,
        "image_tag": tag,
        "digest": image["digest"],
        "reference": f"{entry.image}@{image['digest']}",
        "protocol": "capture",
        "title": {"en-US": entry.title},
        "short_description": {"en-US": entry.description},
        "external_url": links.get("api_reference", ""),
        "logo_url": {"en-US": entry.at("metadata", "icon")} if entry.at("metadata", "icon") else {},
        "documentation_url": facts.spec.get("documentationUrl", ""),
        "endpoint_spec_schema": "spec.json, configSchema",
        "resource_spec_schema": "spec.json, resourceConfigSchema",
        "resource_path_pointers": facts.spec["resourcePathPointers"],
        "oauth2": "oauth2" in facts.spec,
        "licence": entry.licence,
        "hosts": list(entry.hosts),
        "labels": image["labels"],
        "version": image["version"],
        "conformance": {
            name: entry.generated["conformance"][name]
            for name in ("suite", "date", "passed", "failed", "notExercised", "total")
        },
    }


def _request(entry: Entry, values: dict[str, Any]) -> str:
    """The text for the form "request a new connector" in estuary/connectors: system, type, details."""
    proof, streams = values["conformance"], entry.generated["streams"]
    lines = [
        f"# Register {entry.name}: {entry.title}",
        "",
        f"**System name**: {entry.vendor}",
        "",
        "**Type**: Capture",
        "",
        "**Details**",
        "",
        entry.description,
        "",
        f"The connector is written and proved; we ask to register the image `{values['reference']}`.",
        "",
        *_overlap(entry),
        f"- Licence: {entry.licence}",
        f"- It calls these hosts and no other: {', '.join(f'`{each}`' for each in entry.hosts)}",
        f"- Ways to log in: {', '.join(entry.generated['auth']) or 'none'}",
        f"- Conformance ({proof['suite']}, {proof['date']}): {proof['passed']} checks of {proof['total']} passed, "
        f"{proof['failed']} failed, {proof['notExercised']} had nothing to try",
        f"- Owner: {entry.owner}",
        "",
        "| stream | key | deletes |",
        "|---|---|---|",
        *(
            f"| `{each['name']}` | `{'`, `'.join(each['key'])}` | {each['deletes'] or 'not captured'} |"
            for each in streams
        ),
        "",
    ]
    return "\n".join(lines)


def _overlap(entry: Entry) -> Iterator[str]:
    overlap = entry.overlap
    if overlap is not None:
        yield f"Your catalog has `{overlap.with_}`. What it lacks, as far as we can see:"
        yield ""
        yield from (f"- {each.kind}: {each.what}" for each in overlap.gap)
        yield ""


def _readme(entry: Entry, values: dict[str, Any]) -> str:
    return f"""# Registration pack of {entry.name} {values["version"]}

| file | |
|---|---|
| `request.md` | text for Estuary's form for new connectors |
| `registration.json` | the values that a registration takes, with the image's digest and labels |
| `spec.json`, `discovery.json` | what the connector answers, the second one against its sandbox |
| `conformance.json` | what was tried, and what was seen |
| `entry.yaml` | the catalog entry that all of this was made of |

## What to do

1. See that everyone can pull the image, without a login: `docker pull {values["reference"]}`.
2. Open Estuary's form for new connectors, and paste `request.md`; attach the other files.
3. Note what Estuary answers in the request, as its reference. There is no registration of one's own: until Estuary has
   added `{values["image_name"]}`, its control plane refuses every spec that names the image.
4. When it is added, set `lifecycle: registered` and `spec.estuary` in the entry.

## Until then

- On your own machine: `connector-sdk preview`, or `flowctl preview` with the spec of `connector-sdk flow init`.
- On a stack that you run yourself: its install script takes `image_name` and `image_tag` of `registration.json`.
- Into a collection through the catalog's own `source-http-ingest`, by a runner of yours: at least once, and without
  checkpoints that Flow knows of.
"""


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _written(output: Path, files: dict[str, str]) -> list[Path]:
    """The folder with these files, or nothing of it."""
    if output.is_symlink() or (output.exists() and (not output.is_dir() or any(output.iterdir()))):
        raise EntryError(f"{output} holds something already, and nothing is written over.", hint="name a new folder")
    holder = ""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        holder = tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent)
        made = Path(holder) / "pack"
        made.mkdir()
        for name, text in files.items():
            (made / name).write_text(text, "utf-8")
        made.replace(output)
    except OSError as wrong:
        raise EntryError(f"{output} cannot be written: {wrong.strerror}.", hint="name another folder") from None
    finally:
        if holder:
            shutil.rmtree(holder, ignore_errors=True)
    return [output / name for name in files]
