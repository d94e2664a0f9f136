"""Bases from a registry, and pushes to one, with and without a login."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from connector_sdk.errors import BaseImageError, RegistryError
from connector_sdk.images import Options, build, read_settings
from connector_sdk.images._base import base_from
from tests.images.conftest import GONG, Built, Layout, own_cache
from tests.images.registry import PASSWORD, USER, FakeRegistry

pytestmark = pytest.mark.usefixtures("no_engine")


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_CACHE", str(own_cache(tmp_path / "cache")))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))


def log_in(folder: Path, registry: FakeRegistry) -> None:
    (folder / "docker").mkdir()
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (folder / "docker" / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": login}}}))


def log_in_by_helper(folder: Path, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "docker").mkdir()
    (folder / "docker" / "config.json").write_text(json.dumps({"credHelpers": {registry.host: "made-up"}}))
    helper = folder / "docker" / "docker-credential-made-up"
    told = json.dumps({"ServerURL": registry.host, "Username": USER, "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\ngrep -q '^{registry.host}$' && echo '{told}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'docker'}:/usr/bin:/bin")


def push(registry: FakeRegistry, layout: Layout) -> Built:
    base = layout.serve(registry, "acme/python", "3")
    options = Options(f"{registry.host}/acme/source-gong:v1", "oci", base, push=True)
    return build(read_settings("source-gong", "source_gong", GONG), options)  # type: ignore[return-value]


def test_a_base_is_the_same_from_a_registry_a_layout_and_an_archive(
    registry: FakeRegistry, layout: Layout, tmp_path: Path
) -> None:
    served = base_from(layout.serve(registry, "acme/python", "3"))
    folder = base_from(str(layout.folder))
    archive = base_from(str(layout.archive(tmp_path / "base.tar")))
    assert served.config == folder.config == archive.config
    assert [each.diff_id for each in served.layers] == [each.diff_id for each in folder.layers]
    assert [each.blob.digest for each in served.layers] == [each.blob.digest for each in archive.layers]


def test_an_image_is_pushed_and_its_digest_told(registry: FakeRegistry, layout: Layout) -> None:
    layout.packed = True
    told = push(registry, layout)
    content, kind = registry.manifests["acme/source-gong", "v1"]
    assert registry.manifests["acme/source-gong", told.digest] == (content, kind)
    assert kind == "application/vnd.oci.image.manifest.v1+json"
    assert told.pushed
    assert not any("everyone" in each for each in told.notes)
    assert any(each.startswith("POST /v2/acme/source-gong/blobs/uploads/?mount=") for each in registry.requests)
    again = len(registry.requests)
    push(registry, layout)
    assert not any(each.startswith("PUT") and "/blobs/" in each for each in registry.requests[again:])


@pytest.mark.parametrize("by", ["file", "helper"])
def test_a_login_is_taken_from_where_docker_keeps_it(
    registry: FakeRegistry, layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    registry.private = True
    if by == "file":
        log_in(tmp_path, registry)
    else:
        log_in_by_helper(tmp_path, registry, monkeypatch)
    told = push(registry, layout)
    assert ("acme/source-gong", "v1") in registry.manifests
    assert any("Flow pulls anonymously" in each for each in told.notes)


def test_a_package_that_everyone_can_pull_is_no_cause_for_a_note(
    registry: FakeRegistry, layout: Layout, tmp_path: Path
) -> None:
    registry.private = registry.public_reads = True
    log_in(tmp_path, registry)
    assert not any("anonymously" in each for each in push(registry, layout).notes)


def test_a_registry_that_refuses_is_told_in_its_own_words(registry: FakeRegistry, layout: Layout) -> None:
    registry.private = registry.public_reads = True
    with pytest.raises(RegistryError, match=r"refuses acme/source-gong \(401\): authentication required"):
        push(registry, layout)
    assert ("acme/source-gong", "v1") not in registry.manifests
    registry.refuse = (403, "denied: no write access")
    with pytest.raises(RegistryError, match="denied: no write access"):
        push(registry, layout)


def test_a_base_that_is_not_known_or_damaged_is_told(registry: FakeRegistry, layout: Layout, tmp_path: Path) -> None:
    name = layout.serve(registry, "acme/python", "3")
    with pytest.raises(BaseImageError, match="is not known at"):
        base_from(f"{registry.host}/acme/python:4")
    registry.damage = True
    with pytest.raises(RegistryError, match="gave another blob than sha256:"):
        base_from(name)
    registry.damage = False
    assert base_from(name).layers
    blob = base_from(str(layout.folder)).layers[0].diff_id.removeprefix("sha256:")
    for each in (tmp_path / "cache").glob("compressed-*"):
        shutil.rmtree(each)
    (layout.folder / "blobs" / "sha256" / blob).write_bytes(b"another")
    with pytest.raises(BaseImageError, match="is damaged"):
        base_from(str(layout.folder))


def test_a_base_for_another_platform_is_refused(layout: Layout) -> None:
    layout.platform = {"architecture": "arm64", "os": "linux"}
    with pytest.raises(BaseImageError, match="has nothing for linux/amd64"):
        base_from(str(layout.write()))
