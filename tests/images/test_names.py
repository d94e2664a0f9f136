"""Names of images, taken apart as engines and registries take them apart."""

from __future__ import annotations

import pytest

from connector_sdk.errors import ImageUsageError
from connector_sdk.images._reference import parse_reference

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "registry", "path", "tag", "origin"),
    [
        ("source-gong", "", "library/source-gong", "", "https://registry-1.docker.io"),
        ("acme/source-gong:v1", "", "acme/source-gong", "v1", "https://registry-1.docker.io"),
        ("docker.io/acme/x:1", "docker.io", "acme/x", "1", "https://registry-1.docker.io"),
        ("ghcr.io/acme/x:v1", "ghcr.io", "acme/x", "v1", "https://ghcr.io"),
        ("localhost/x:v1", "localhost", "x", "v1", "http://localhost"),
        ("127.0.0.1:5000/a/b/c:v1", "127.0.0.1:5000", "a/b/c", "v1", "http://127.0.0.1:5000"),
        ("127.evil.example/x:v1", "127.evil.example", "x", "v1", "https://127.evil.example"),
        (f"ghcr.io/acme/x@{DIGEST}", "ghcr.io", "acme/x", "", "https://ghcr.io"),
    ],
)
def test_a_name_is_taken_apart(text: str, registry: str, path: str, tag: str, origin: str) -> None:
    found = parse_reference(text)
    assert (found.registry, found.path, found.tag, found.origin) == (registry, path, tag, origin)
    assert str(found) == text


@pytest.mark.parametrize(
    "text", ["", "Acme/x", "acme/x:", "acme/x:a b", "ghcr.io/acme/x@sha256:12", "/x", "x/", "a//b", "x:1:2", "-x"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ImageUsageError, match="is no name of an image"):
        parse_reference(text)
