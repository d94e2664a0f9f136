"""Names of fields and classes turned into the words that people read."""

from __future__ import annotations

import re

__all__ = ["describe", "one_of", "sentence", "title_from"]

_KEPT = (
    "API AWS CRM CSV GCP HTTP HTTPS ID IDs IP JSON JWT OAuth OAuth2 PEM "
    "S3 SDK SQL SSH SSL SSO TLS UI URI URL URLs UTC UUID XML"
)
_SPECIAL = {word.lower(): word for word in _KEPT.split(" ")}
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+[0-9]*|[A-Z]+[0-9]*|[^\W_A-Z]+")


def title_from(name: str) -> str:
    """``access_key_id`` or ``AccessKeyID`` as ``Access key ID``."""
    words = _WORD.findall(name.replace("OAuth", "Oauth").replace("IDs", "Ids").replace("URLs", "Urls")) or [name]
    text = " ".join(_SPECIAL.get(word.lower(), word.lower()) for word in words)
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The first paragraph on one line, with a full stop."""
    line = " ".join(text.strip().split("\n\n")[0].split())
    return line if not line or line[-1] in ".!?" else line + "."


def describe(title: str) -> str:
    """The description of a field of which only the title is known: ``Access key`` gives ``The access key.``"""
    first, space, rest = title.partition(" ")
    plain = first[1:] == first[1:].lower() and len(first) > 1
    return sentence(f"The {first.lower() if plain else first}{space}{rest}")


def one_of(names: list[str]) -> str:
    """``one of "a", "b"``, or just ``"a"``."""
    quoted = ", ".join(f'"{name}"' for name in names)
    return quoted if len(names) == 1 else f"one of {quoted}"
