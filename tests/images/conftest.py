"""A base image made up in a folder, a registry, and the command run where no engine is."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.images import Options, build, read_settings
from connector_sdk.images._cache import cache_folder
from tests.images.registry import FakeRegistry

ROOT = Path(__file__).parents[2]
GONG = ROOT / "connectors" / "source-gong"
SCREEN = 40


class Layout:
    """An OCI layout with one small layer, as a base image is one. Its attributes count when it is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = {"architecture": "amd64", "os": "linux"}
        self.packed = False
        self.config: dict[str, Any] = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C"], "Cmd": ["python3"]}

    def blob(self, data: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / "blobs" / "sha256" / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    def write(self) -> Path:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            entry = tarfile.TarInfo("etc/base")
            entry.size = 4
            tar.addfile(entry, io.BytesIO(b"base"))
        layer = packed.getvalue()
        diff_id = f"sha256:{hashlib.sha256(layer).hexdigest()}"
        data = gzip.compress(layer, mtime=0) if self.packed else layer
        image = {**self.platform, "config": self.config, "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
        kinds = "application/vnd.oci.image."
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{kinds}manifest.v1+json",
            "config": {"mediaType": f"{kinds}config.v1+json", **self.blob(json.dumps(image).encode())},
            "layers": [{"mediaType": f"{kinds}layer.v1.tar{'+gzip' * self.packed}", **self.blob(data)}],
        }
        found = {"mediaType": f"{kinds}manifest.v1+json", **self.blob(json.dumps(manifest).encode())}
        index = {"schemaVersion": 2, "manifests": [{**found, "platform": self.platform}]}
        (self.folder / "index.json").write_text(json.dumps(index))
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        return self.folder

    def archive(self, path: Path) -> Path:
        with tarfile.open(path, "w") as tar:
            tar.add(self.write(), arcname=".")
        return path

    def serve(self, registry: FakeRegistry, name: str, tag: str) -> str:
        """The same image in a registry."""
        index = json.loads((self.write() / "index.json").read_text())
        for path in (self.folder / "blobs" / "sha256").iterdir():
            registry.blobs[f"sha256:{path.name}"] = path.read_bytes()
            registry.homes.add((name, f"sha256:{path.name}"))
        manifest = index["manifests"][0]["digest"]
        registry.manifests[name, manifest] = registry.blobs[manifest], index["manifests"][0]["mediaType"]
        registry.manifests[name, tag] = json.dumps(index).encode(), "application/vnd.oci.image.index.v1+json"
        return f"{registry.host}/{name}:{tag}"


def own_cache(folder: Path) -> Path:
    """A cache where nothing was fetched and nothing is at work; what is made of this machine's files is shared."""
    folder.mkdir()
    for kind in ("packages", "code", "layers"):
        (folder / kind).symlink_to(cache_folder(kind))
    return folder


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "base")


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with FakeRegistry() as it:
        yield it


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CLI", "no-such-engine")


class Built:
    """Gong, built without an engine: the archive, what was told of it, and its files as they lie in the image."""

    def __init__(self, folder: Path) -> None:
        base = Layout(folder / "base").write()
        self.path = folder / "gong.tar"
        options = Options("ghcr.io/acme/source-gong:v1", "oci", str(base), output=self.path)
        self.told = build(read_settings("source-gong", "source_gong", GONG), options)
        self.entries: dict[str, bytes] = {}
        with tarfile.open(self.path) as tar:
            for each in tar:
                if each.isfile():
                    self.entries[each.name] = tar.extractfile(each).read()  # type: ignore[union-attr]
        self.root = folder / "root"
        self.members: list[tarfile.TarInfo] = []
        for name in json.loads(self.entries["manifest.json"])[0]["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(self.entries[name])) as layer:
                self.members += layer.getmembers()
                layer.extractall(self.root, filter="tar")

    def json(self, name: str) -> Any:
        return json.loads(self.entries[name])

    def blob(self, digest: str) -> Any:
        return self.json(f"blobs/{digest.replace(':', '/')}")


@pytest.fixture(scope="session")
def gong(tmp_path_factory: pytest.TempPathFactory) -> Built:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_CLI", "no-such-engine")
        return Built(tmp_path_factory.mktemp("gong"))


class Shell:
    """The command as a user types it, in a folder of its own with a cache of its own for what builds make."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "DOCKER_CLI": "no-such-engine", "DOCKER_CONFIG": str(folder / "docker")}
        self.argv = [sys.executable, "-W", "error", "-m", "connector_sdk.cli"]

    def start(self, *args: str, **how: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.argv, *args], cwd=self.folder, env=self.env, text=True, stdout=-1, stderr=-1, **how
        )

    def run(self, *args: str, code: int = 0, timeout: float = 120, **how: Any) -> str:
        """All that was said; checked for what no answer may be."""
        process = self.start(*args, **how)
        out, err = process.communicate(timeout=timeout)
        said = out + err
        assert process.returncode == code, said
        assert "Traceback" not in said
        if code:
            assert "error: " in err, said
            assert len([line for line in err.splitlines() if not line.endswith(" ...")]) <= SCREEN, said
        return said

    def work_left(self) -> list[str]:
        """What builds of this shell left behind, beside the cache itself."""
        cache = Path(self.env.get("CONNECTOR_CACHE", "/nowhere"))
        return [str(each) for each in cache.rglob("*") if each.parent.name == "work" or each.name.startswith(".")]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)
