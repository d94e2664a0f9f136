"""What licence a package has, as an SPDX expression, and whether it may go into an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from fnmatch import fnmatchcase

__all__ = ["UNKNOWN", "licence_of", "normal", "refused"]

UNKNOWN = "NOASSERTION"
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License (GPL)": "GPL-1.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 (LGPLv2)": "LGPL-2.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-2.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}
_WORDS = {"apache 2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0",
          "apache-2": "Apache-2.0", "bsd": "BSD-3-Clause", "bsd 3-clause": "BSD-3-Clause", "mit license": "MIT",
          "gpl": "GPL-1.0-or-later", "gplv2": "GPL-2.0-only", "gplv3": "GPL-3.0-only", "gpl v3": "GPL-3.0-only",
          "agpl": "AGPL-3.0-only", "agplv3": "AGPL-3.0-only", "lgpl": "LGPL-2.0-or-later"}  # fmt: skip


def licence_of(metadata: Message) -> str:
    """The SPDX expression of a package's METADATA: its expression, else its licence, else its classifiers."""
    told = metadata.get("License-Expression") or metadata.get("License") or ""
    if told and "\n" not in told and (found := normal(told)) != UNKNOWN:
        return found
    named = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier", ()) if each.startswith("License ::")]
    known = [_CLASSIFIERS.get(each, UNKNOWN) for each in named if each != "OSI Approved"]
    # several classifiers may mean all of them or any: the stricter reading
    return " AND ".join(sorted(set(known))) if known and UNKNOWN not in known else UNKNOWN


def normal(text: str) -> str:
    """The text as an SPDX expression, or NOASSERTION."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    text = _WORDS.get(text.strip().lower(), text.strip())
    for each in (text, re.sub(r"\s*/\s*", " OR ", text)):  # Rust's crates used to write MIT/Apache-2.0
        try:
            return str(canonicalize_license_expression(each))
        except InvalidLicenseExpression:
            continue
    return UNKNOWN


def refused(expression: str, patterns: Iterable[str]) -> bool:
    """Whether no reading of the expression is free of the refused licences (``MIT OR GPL-3.0-only`` has one)."""
    known = tuple(patterns)
    return not _accepts(iter([*re.findall(r"\(|\)|[^\s()]+", expression), ")"]), known)


def _accepts(words: Iterator[str], patterns: tuple[str, ...]) -> bool:
    alternatives, current = [], True
    for word in words:
        if word == ")":
            break
        if word == "(":
            current = _accepts(words, patterns) and current
        elif word == "OR":
            alternatives.append(current)
            current = True
        elif word == "WITH":
            next(words, "")  # an exception grants more; that the licence itself is refused stays so
        elif word != "AND":
            current = current and not any(fnmatchcase(word.rstrip("+"), each) for each in patterns)
    return any([*alternatives, current])
