"""What a new connector may be called, and the names in its code that follow from it."""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass
from importlib.util import find_spec

from connector_sdk.errors import CatalogUsageError, ScaffoldError

__all__ = ["Names", "check_module", "check_name", "check_title", "names_of", "title_of"]

_NAME = re.compile(r"source-[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 63  # a label of a host name, which is what registries and engines take everywhere
_TITLE = 60
_UNSAFE = re.compile(r"[\"\\`|<>{}*_\[\]\x00-\x1f\x7f]")  # would end a string, a cell or a tag that the title stands in
_RESERVED = {
    "source-name": "it stands for any name in the documentation",
    "source-connector": "it stands for any name in the documentation",
    "source-test": "Estuary has a connector of that name for its own tests",
    "source-hello-world": "Estuary has a connector of that name for its own tests",
}
_TAKEN = {"users", "items", "comments"}
"""Names that the new module has anyway."""


@dataclass(frozen=True)
class Names:
    """The connector's name, its module, the names of its definition and of its config class, its host's first part."""

    name: str
    module: str
    variable: str
    config: str
    host: str


def check_name(name: str) -> None:
    """Raises CatalogUsageError where a connector cannot be called so: it is ``source-`` and words of small letters and
    digits, joined by hyphens, and no name that is reserved."""
    if not _NAME.fullmatch(name):
        near = _nearest(name)
        raise CatalogUsageError(
            f"A connector cannot be called {name!r}: it is source- and words of small letters and digits, "
            "joined by hyphens.",
            hint=f"such as {near}" if near else "such as source-acme",
        )
    if len(name) > _LONGEST:
        raise CatalogUsageError(
            f"{name[:20]}... has {len(name)} characters; a connector's name has {_LONGEST} at most.",
            hint="take a shorter one",
        )
    if name in _RESERVED:
        raise CatalogUsageError(
            f"{name} is reserved: {_RESERVED[name]}.", hint="name it after the system that it reads, as in source-acme"
        )


def check_module(name: str) -> None:
    """Raises ScaffoldError where a package that is installed has the name that the new connector's would have."""
    module = name.replace("-", "_")
    if find_spec(module) is not None:
        raise ScaffoldError(
            f"A package {module} is installed here already, and Python could not tell the two apart.",
            hint="take another name, or uninstall the package",
        )


def check_title(title: str) -> None:
    """Raises CatalogUsageError where text cannot be a title: it is one line of 60 characters at most, of plain text."""
    if not title.strip() or title != title.strip() or len(title) > _TITLE or not title.isprintable():
        raise CatalogUsageError(
            f"{title[:80]!r} is no title: it is one line of {_TITLE} characters at most, without spaces around it.",
            hint="take the system's name as its vendor writes it",
        )
    if found := _UNSAFE.search(title):
        raise CatalogUsageError(
            f"The title {title!r} has {found[0]!r}, which means something else in code or in Markdown.",
            hint="write it with letters, digits and plain punctuation; README and definition may be edited later",
        )


def title_of(name: str) -> str:
    """A title made of a connector's name: ``Acme Crm`` of ``source-acme-crm``."""
    return " ".join(word.capitalize() for word in name.split("-")[1:])


def names_of(name: str) -> Names:
    """The names that follow from a connector's, each of which Python takes."""
    words = name.split("-")[1:]
    variable = "_".join(words)
    usable = variable.isidentifier() and not keyword.iskeyword(variable) and not keyword.issoftkeyword(variable)
    if not usable or variable in _TAKEN or hasattr(builtins, variable):
        variable = "connector"
    config = "".join(word.capitalize() for word in words) + "Config"
    if not config.isidentifier():
        config = f"Source{config}"
    return Names(name, name.replace("-", "_"), variable, config, "-".join(words))


def _nearest(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.lower())
    if words[:1] == ["source"]:
        words = words[1:]
    return "-".join(["source", *words]) if words else ""
