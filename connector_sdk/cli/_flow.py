"""What ``flow init`` and ``flow lint`` do and print."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from connector_sdk.cli._connector import Target, discovered, find_connector
from connector_sdk.cli._output import line, print_json
from connector_sdk.cli._problems import UsageProblemError
from connector_sdk.cli._sandbox import config_for
from connector_sdk.errors import CatalogUsageError, did_you_mean

if TYPE_CHECKING:
    from connector_sdk.catalog._findings import Finding
    from connector_sdk.catalog._repository import Repository
    from connector_sdk.catalog.known import Listed
    from connector_sdk.catalog.specs import Done, Wanted

__all__ = ["Choices", "init", "lint"]


@dataclass(frozen=True)
class Choices:
    """The options of ``flow init``, as they were typed."""

    connector: str
    image: str
    prefix: str
    sandbox: bool
    config: Path | None
    to: str
    output: Path
    check: bool
    root: Path | None
    json: bool


def init(choices: Choices) -> int:
    """Write the files, and tell what was written, what changed, and what to do next."""
    from connector_sdk.catalog import specs
    from connector_sdk.catalog.known import load

    repository = _repository(choices.root, choices.output)
    wanted = _wanted(choices, repository)
    done = specs.init(
        wanted,
        choices.output.resolve(),
        prefix=choices.prefix,
        to=_names(choices.to),
        catalog=load(),
        check=choices.check,
    )
    commands = _after_init(choices, wanted, done, wanted.official or _registered(wanted, repository))
    if choices.json:
        print_json(
            {
                "connector": wanted.name,
                "capture": done.capture,
                "written": [_shown(each) for each in done.written],
                "unchanged": [_shown(each) for each in done.unchanged],
                "told": done.told,
                "next": commands,
            }
        )
    else:
        _show_init(choices, wanted, done, commands)
    return 1 if choices.check and done.written else 0


def _wanted(choices: Choices, repository: Repository | None) -> Wanted:
    """What is to be written: a connector of ours is asked, one of Estuary's is looked up."""
    from connector_sdk.catalog.specs import from_catalog

    listed = _of_estuary(choices.connector)
    if listed is None:
        return _ours(choices, repository)
    if choices.sandbox or choices.config is not None:
        raise UsageProblemError(
            f"{listed.name} is Estuary's: it is not run here, so there is nothing to connect to.",
            hint="leave --sandbox and --config out; or name the folder of a connector of yours",
        )
    if listed.kind != "capture":
        raise UsageProblemError(
            f"{listed.name} is a materialization.",
            hint=f"flow init CONNECTOR --to {listed.name.removeprefix('materialize-')} adds it to a capture",
        )
    if listed.replaced_by:
        raise UsageProblemError(f"{listed.name} is {listed.lifecycle}.", hint=f"use {listed.replaced_by}")
    given = choices.image or (choices.connector.removeprefix("image:") if "/" in choices.connector else "")
    return from_catalog(listed, given)


def _of_estuary(text: str) -> Listed | None:
    """The connector of Estuary's catalog that is named; None where it is one of ours. Raises UsageProblemError."""
    from connector_sdk.catalog.known import load
    from connector_sdk.catalog.specs._facts import image_parts

    folder = Path(text)
    if any(folder.glob("*/__main__.py")) or (folder / "__main__.py").is_file():
        return None  # a folder without a package is one that flow init made for a config
    catalog = load()
    image, tag = image_parts(text.removeprefix("image:"))
    listed = catalog.get(image) or catalog.by_image(image)
    if listed is None and (tag or text.startswith("image:")):
        raise UsageProblemError(
            f"{text} is no image of Estuary's catalog.",
            hint="for one of yours name its folder, and the image with --image",
        )
    if listed is None and "-" in image and not folder.is_dir() and "/" not in text:
        near = did_you_mean(image, [each.name for each in catalog.connectors])
        if near.startswith("did you mean"):
            raise UsageProblemError(f"There is no connector {text!r}, here or in Estuary's catalog.", hint=near)
    return listed


def _ours(choices: Choices, repository: Repository | None) -> Wanted:
    from connector_sdk.catalog.specs import from_answers

    target = find_connector(choices.connector)
    with config_for(target, choices.sandbox, choices.config) as settings:
        player = target.player()
        spec = player.spec()
        found = discovered(player, spec, settings)
    return from_answers(
        target.name,
        spec,
        found,
        image=choices.image,
        first=_image(target, repository),
        command=["python", "-m", target.module],
        env=_env(target, repository),
        docs=f"connector-sdk spec {choices.connector}",
    )


def _registered(wanted: Wanted, repository: Repository | None) -> bool:
    from connector_sdk.catalog.specs import Known

    own = Known(repository, None).ours.get(wanted.name)
    return own is not None and own.registered


def _image(target: Target, repository: Repository | None) -> str:
    """The image that our entry of the connector names; what its entry lacks is to be filled in."""
    from connector_sdk.catalog.specs import Known

    own = Known(repository, None).ours.get(target.name)
    if own is None or not own.image:
        return ""
    return f"{own.image}:{own.tag}" if own.tag else f"<{own.image}:TAG>"


def _env(target: Target, repository: Repository | None) -> dict[str, str]:
    """Where the connector's package is, as seen from the repository's root, so that no machine's paths are written."""
    if repository is None or not target.folder.is_relative_to(repository.root):
        return {}
    return {"PYTHONPATH": repository.relative(target.folder) or "."}


def _after_init(choices: Choices, wanted: Wanted, done: Done, registered: bool) -> list[str]:
    """The commands that come next; flowctl's are told, since it is not here."""
    flow = _shown(choices.output.resolve() / "flow.yaml")
    steps = [f"flowctl preview --source {_shown(done.local)}"] if done.local is not None else []
    if not wanted.streams:
        steps.append(f"flowctl raw discover --source {flow}")
    steps.append(f"connector-sdk flow lint --publish {flow}")
    if not registered:
        steps.append(f"connector-sdk entry pack {wanted.name} --output FOLDER  # for Estuary, to register the image")
    return [*steps, *_flowctl([flow], registered)]


def _flowctl(files: Sequence[str], registered: bool = True) -> list[str]:
    """What flowctl does with files: a local one can only be tried."""
    told = "" if registered else "  # refused until Estuary has registered the image"
    steps = []
    for each in files:
        if each.endswith((".local.flow.yaml", ".local.flow.yml")):
            steps.append(f"flowctl preview --source {each}")
        else:
            steps += [f"flowctl catalog {step} --source {each}{told}" for step in ("test", "publish")]
    return steps


def _show_init(choices: Choices, wanted: Wanted, done: Done, commands: list[str]) -> None:
    word = "would write" if choices.check else "wrote"
    kind = "Estuary's connector" if wanted.official else "your connector"
    lines = [f"{done.capture}: {wanted.title}, by {kind} {wanted.name}"]
    lines += [f"  {word} {each}" for each in _gathered(done.written)]
    if not done.written:
        lines.append(f"  nothing changed in {len(done.unchanged)} files")
    lines += [f"  note: {each}" for each in done.told]
    if not wanted.streams:
        lines.append("  note: its streams are not in the catalog; flowctl raw discover fills the bindings")
    elif wanted.official:
        lines.append("  note: streams and keys are the catalog's; flowctl raw discover tells the account's own")
    lines += ["next (flowctl is not part of this; nothing of it was run):", *(f"  {each}" for each in commands)]
    sys.stdout.write("\n".join(lines) + "\n")


def _gathered(paths: Sequence[Path]) -> list[str]:
    """The files, schemas of one folder as one line."""
    schemas: dict[Path, int] = {}
    named = []
    for each in paths:
        if each.name.endswith(".schema.yaml"):
            schemas[each.parent] = schemas.get(each.parent, 0) + 1
        else:
            named.append(_shown(each))
    return named + [f"{_shown(each)}/*.schema.yaml ({count})" for each, count in schemas.items()]


def lint(files: Sequence[Path], publish: bool, allow: str, latency: str, root: Path | None, json: bool) -> int:
    """Check the files, and tell what was found, each thing with its place."""
    from connector_sdk.catalog import specs
    from connector_sdk.catalog._findings import worst
    from connector_sdk.catalog.known import load

    allowed, promised = _rules(allow), _seconds(latency)
    chosen = _files(files)
    repository = _repository(root, chosen[0].parent)
    found: list[Finding] = []
    for path in chosen:
        each = specs.lint(path, repository, load(), publish=publish, allow=allowed, latency=promised)
        found += [one for one in each if one not in found]
    names = [_shown(path.resolve()) for path in chosen]
    counts = {kind: sum(each.severity == kind for each in found) for kind in ("error", "warning", "note")}
    failed = worst(found) == "error"
    refused = any(each.rule == "flow-unregistered" for each in found)
    after = [] if failed else _flowctl(names, not refused)
    if json:
        print_json({"files": names, "findings": [each.as_json() for each in found], **counts, "next": after})
    else:
        _show_lint(found, names, counts, after)
    return 1 if failed else 0


def _files(files: Sequence[Path]) -> list[Path]:
    from connector_sdk.catalog.specs import flow_files

    chosen: list[Path] = []
    for each in files or [Path()]:
        inside = flow_files(each) if each.is_dir() else [each]
        if not inside:
            raise UsageProblemError(
                f"There is no flow.yaml in {each.resolve()}.", hint="flow init writes one; or name a file"
            )
        chosen += [path for path in inside if path not in chosen]
    return chosen


def _rules(text: str) -> list[str]:
    from connector_sdk.catalog.specs import RULES

    names = _names(text)
    for each in names:
        if each not in RULES:
            raise UsageProblemError(f"There is no rule {each!r}.", hint=did_you_mean(each, RULES))
    return names


def _seconds(text: str) -> int:
    from connector_sdk.catalog.specs import seconds

    try:
        return seconds(text) if text else 0
    except ValueError as wrong:
        raise UsageProblemError(f"--latency: {wrong}.") from None


def _show_lint(found: Sequence[Finding], names: Sequence[str], counts: dict[str, int], after: Sequence[str]) -> None:
    lines: list[str] = []
    for each in found:
        lines.append(line(f"{each.place}: {each.severity}: {each.message} [{each.rule}]"))
        lines += [f"  {line(each.hint)}"] if each.hint else []
    told = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items() if count)
    files = names[0] if len(names) == 1 else f"{len(names)} files"
    lines.append(f"{files}: {told or 'nothing found'}")
    if after:
        lines += ["next (flowctl is not part of this; nothing of it was run):", *(f"  {each}" for each in after)]
    sys.stdout.write("\n".join(lines) + "\n")


def _repository(root: Path | None, near: Path) -> Repository | None:
    """The repository that was named, or the one around the files; None where there is none."""
    from connector_sdk.catalog._repository import Repository

    if root is not None:
        return replace(Repository.find(root), root=root.resolve())
    try:
        return Repository.find(next(each for each in (near.resolve(), *near.resolve().parents) if each.is_dir()))
    except CatalogUsageError:
        return None


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))


def _shown(path: Path) -> str:
    here = Path.cwd().resolve()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
