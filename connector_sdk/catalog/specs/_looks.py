"""What looks like a secret, by its name or by itself, where no schema tells; and what only sounds like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connector_sdk.catalog.specs._plain import Where

__all__ = ["carries_secret", "named_values", "sounds_secret"]

_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_EMPTY_WORDS = frozenset({"value", "values", "text", "string", "plain", "raw", "json", "base64", "b64", "pem", "sops"})
_SECRET = re.compile(
    r"(?:^|_)(?:passwords?|passwd|pwd|pass|passphrases?|passcodes?|secrets?|tokens?|credentials?|authorization|apikeys?"
    r"|(?:api|private|access|secret|client|account|application|encryption|signing|shared|master|hmac|auth|service_account)"
    r"_keys?)$"
)
_NO_SECRET = re.compile(r"(?:^|_)(?:max|min|num|count|limit|total|page|next|continuation|sync|public)_(?:tokens?|key)$")
_COUNTED = re.compile(r"tokens$")
_FILED = re.compile(r"(?:credentials?|keys?)$")
_FILE = re.compile(r"[\w./~ -]+\.(?:json|ya?ml|pem|p12|key|crt)")

_STANDS_IN = r"(?:<[^<>]*>|\*+|\$\{|\{|%7B|ENC\[)"
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_LOGIN_IN_URL = re.compile(
    rf"://[^\s:/?#@]*:(?!{_STANDS_IN})(?!\d+[/?#])[^\s?#]+@|https?://(?!{_STANDS_IN})[^\s:/?#@]+@", re.IGNORECASE
)
_ASKED = re.compile(rf"[?&#;]([\w.\-\[\]]+)=(?!{_STANDS_IN})([^\s&#;]+)")
_SIGNED = re.compile(r"(?:^|_)(?:key|sig|signature)$")
_ASSIGNED = re.compile(rf"(?:^|;|\s)\s*([A-Za-z]\w*(?: \w+){{0,2}})\s*=\s*(?!{_STANDS_IN})([^;\s]+)")
_HEADER = re.compile(r"(?:bearer|basic) +(?=\S*\d)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)


def sounds_secret(name: str, value: Any) -> bool:
    """Whether a value's name is that of a secret: ``password``, ``API-Token``, ``clientSecret``, and not ``token_url``.

    What is empty, true or false is none; nor is a number of tokens, or the name of a file of credentials.
    """
    if value in (None, "") or isinstance(value, bool | dict | list):
        return False
    snake = _snake(name)
    if not _SECRET.search(snake) or _NO_SECRET.search(snake):
        return False
    if isinstance(value, str):
        return not (_FILED.search(snake) and _FILE.fullmatch(value))
    return not _COUNTED.search(snake)


def _snake(name: str) -> str:
    words = [each.lower() for each in _HUMPS.split(name) if each]
    while len(words) > 1 and (words[-1] in _EMPTY_WORDS or words[-1].isdigit()):
        words.pop()
    return "_".join(words)


def carries_secret(value: Any) -> bool:
    """Whether a text has a secret in it, whatever it is called: a private key, an address with a login or a token, a
    connection string with a password, a header that logs in."""
    if not isinstance(value, str):
        return False
    if _PRIVATE_KEY.search(value) or _HEADER.fullmatch(value.strip()):
        return True
    if "://" in value:
        return bool(_LOGIN_IN_URL.search(value)) or any(_opens(*each) for each in _ASKED.findall(value))
    found = _ASSIGNED.match(value)
    return found is not None and any(sounds_secret(*each) for each in _ASSIGNED.findall(value))


def _opens(name: str, value: str) -> bool:
    return sounds_secret(name, value) or (len(value) >= 8 and _SIGNED.search(_snake(name)) is not None)


def named_values(data: Any, above: Where = (), name: str = "") -> Iterator[tuple[Where, str, Any]]:
    """Every scalar in a value, with its path and the name to judge it by: of an item that of its list, of ``value``
    that of what it belongs to, as in ``{name: Authorization, value: ...}``."""
    if isinstance(data, dict):
        own = next((data[each] for each in ("name", "key", "header") if isinstance(data.get(each), str)), name)
        for key, each in data.items():
            label = own if str(key).lower() in _EMPTY_WORDS else str(key)
            yield from named_values(each, (*above, key), label)
    elif isinstance(data, list):
        for index, each in enumerate(data):
            yield from named_values(each, (*above, index), name)
    else:
        yield above, name, data
