"""``Dockerfile.template``: filled in for a connector, and read by the builder that has no engine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connector_sdk.errors import ImageUsageError

__all__ = ["Recipe", "read_dockerfile", "render", "template_file"]

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_PAIR = re.compile(r'([\w.\-/]+)=("(?:[^"\\]|\\.)*"|\S*)\s*')
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


@dataclass
class Recipe:
    """What a Dockerfile says, of what a builder without an engine can do."""

    base: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    copies: list[tuple[str, str]] = field(default_factory=list)
    workdir: str = ""
    user: str = ""
    entrypoint: list[str] = field(default_factory=list)


def template_file() -> Path:
    """The template: beside this module in an installed SDK, at the root of its repository otherwise."""
    here = Path(__file__)
    installed = here.with_name("Dockerfile.template")
    return installed if installed.is_file() else here.parents[2] / "Dockerfile.template"


def render(template: str, values: Mapping[str, str]) -> str:
    """The Dockerfile: each ``{{name}}`` replaced, lines whose value is empty left out.

    Raises ImageUsageError for a name that is no value.
    """
    lines = []
    for number, line in enumerate(template.splitlines(), 1):
        names = [] if line.startswith("#") else _PLACE.findall(line)
        for name in names:
            if name not in values:
                raise ImageUsageError(f"Dockerfile.template, line {number}: {{{{{name}}}}} is not known.")
        if all(values[name] for name in names):
            lines.append(_PLACE.sub(lambda found: _quoted(values[found[1]]), line) if names else line)
    return "\n".join(lines) + "\n"


def read_dockerfile(text: str, args: Mapping[str, str] | None = None) -> Recipe:
    """What the Dockerfile says; ``args`` are build arguments. Raises ImageUsageError for what needs an engine."""
    recipe, known = Recipe(), dict(args or {})
    for number, line in _instructions(text):
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        match word.upper():
            case "ARG":
                name, _, value = rest.partition("=")
                known.setdefault(name, _plain(value))
            case "FROM":
                recipe.base = _VARIABLE.sub(lambda found: known.get(found[1] or found[2], ""), rest)
            case "LABEL":
                recipe.labels |= _pairs(rest, number)
            case "ENV":
                recipe.env |= _pairs(rest, number)
            case "COPY" if len(rest.split()) == 2 and not rest.startswith("-"):
                source, target = rest.split()
                recipe.copies.append((source, target))
            case "WORKDIR":
                recipe.workdir = rest
            case "USER":
                recipe.user = rest
            case "ENTRYPOINT":
                recipe.entrypoint = _command(rest, number)
            case _:
                raise ImageUsageError(
                    f"Dockerfile, line {number}: {line[:80]!r} needs an engine.",
                    hint="take --builder docker, or leave it out of Dockerfile.template",
                )
    return recipe


def _instructions(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    pending, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not pending):
            continue
        began = began if pending else number
        pending += line.strip().removesuffix("\\")
        if not line.rstrip().endswith("\\"):
            found.append((began, pending))
            pending = ""
    return found


def _pairs(text: str, number: int) -> dict[str, str]:
    found, place = {}, 0
    while place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None:
            raise ImageUsageError(f"Dockerfile, line {number}: {text[place:][:80]!r} is no name=value.")
        found[pair[1]] = _plain(pair[2])
        place = pair.end()
    return found


def _command(text: str, number: int) -> list[str]:
    try:
        command = json.loads(text)
    except ValueError:
        command = None
    if not isinstance(command, list) or not command or not all(isinstance(each, str) for each in command):
        raise ImageUsageError(
            f"Dockerfile, line {number}: ENTRYPOINT is no list of texts.", hint='write ENTRYPOINT ["python3", "..."]'
        )
    return command


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _quoted(text: str) -> str:
    """The text as it may stand between double quotes."""
    return re.sub(r'(["\\$])', r"\\\1", " ".join(text.split()))
