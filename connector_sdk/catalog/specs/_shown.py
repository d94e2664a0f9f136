"""What a finding may show of a text that may hold a secret, or be one: its place tells the rest."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["address", "file_name", "path_name", "plain_name", "variable_name"]

_FILE = re.compile(r"[\w./ -]+\.(?:ya?ml|json)", re.IGNORECASE)
_PATH = re.compile(r"[\w./ #$-]+")
_NAME = re.compile(r"[\w./-]+")
_VARIABLE = re.compile(r"\$\{[A-Z_][A-Z0-9_]*\}")
_HOST = re.compile(r"[A-Za-z0-9.-]+")


def address(url: str) -> str:
    """Of an address the scheme and the host: a login, a path and a query may let people in."""
    try:
        found = urlsplit(url)
        host, inside = found.hostname or "", "@" in found.path
    except ValueError:
        host, inside = "", True
    if inside or not _HOST.fullmatch(host):
        return "The address here"
    return f"{found.scheme}://{host}" + ("/..." if found.path.strip("/") or found.query else "")


def file_name(text: str) -> str:
    """The name of a file that should be there: of a name that is no YAML or JSON file's, only that it stands here."""
    return text if _FILE.fullmatch(text) else "of the name here"


def path_name(text: str) -> str:
    """The same where no secret stands by mistake: any path."""
    return text if _PATH.fullmatch(text) else "of the name here"


def plain_name(text: str) -> str:
    """A name of Flow's, or a connector's; nothing of what cannot be one."""
    return text if _NAME.fullmatch(text) else "named here"


def variable_name(text: str) -> str:
    """The variable in a text, where it is surely one: a password may begin with a dollar sign too."""
    found = _VARIABLE.search(text)
    return found[0] if found else "a variable"
