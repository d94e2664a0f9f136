"""Licences: found in a package's metadata, and refused where no reading of them is allowed."""

from __future__ import annotations

import email

import pytest

from connector_sdk.images._licences import UNKNOWN, licence_of, normal, refused
from connector_sdk.images._settings import REFUSED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("License-Expression: LGPL-2.1-only OR MIT", "LGPL-2.1-only OR MIT"),
        ("License: BSD-3-Clause\nClassifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
        ("License: Apache 2.0", "Apache-2.0"),
        ("License: see the file\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: Permission is hereby granted\n to all\nClassifier: License :: OSI Approved", UNKNOWN),
        ("Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
        ("Summary: none at all", UNKNOWN),
    ],
)
def test_a_licence_is_found_where_packages_write_it(text: str, expected: str) -> None:
    assert licence_of(email.message_from_string(text)) == expected


def test_the_slash_of_old_crates_is_a_choice() -> None:
    assert normal("MIT/Apache-2.0") == "MIT OR Apache-2.0"


@pytest.mark.parametrize(
    ("expression", "is_refused"),
    [
        ("MIT", False),
        ("GPL-3.0-only", True),
        ("MIT OR GPL-3.0-only", False),
        ("MIT AND GPL-3.0-or-later", True),
        ("LGPL-2.1-or-later", False),
        ("AGPL-3.0-only OR SSPL-1.0", True),
        ("MPL-2.0 AND (Apache-2.0 OR GPL-2.0-only)", False),
        ("(MIT AND GPL-2.0-only) OR (BUSL-1.1 AND MIT)", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("GPL-2.0+", True),
        (UNKNOWN, True),
    ],
)
def test_a_licence_is_refused_where_no_reading_is_free_of_it(expression: str, is_refused: bool) -> None:
    assert refused(expression, REFUSED) is is_refused
