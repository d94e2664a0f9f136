"""What proves a connector: a report of the conformance kit, and an image that was built; read from files."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector_sdk.catalog.entries._generated import sdk_version
from connector_sdk.errors import EntryError

__all__ = ["ImageFacts", "Proof", "file_digest", "image_problems", "proof_of", "read_image", "read_report", "record_of"]

_VERSION = "org.opencontainers.image.version"
_MOST = 64 << 20  # of a manifest or a config; whole layers are never read


@dataclass(frozen=True)
class Proof:
    """A conformance run: ``record`` is what the entry says of it, ``text`` the report that is kept beside it."""

    record: dict[str, Any]
    text: str


@dataclass(frozen=True)
class ImageFacts:
    """An image that was built: of which connector, where that is told, its digest and its labels."""

    connector: str
    digest: str
    labels: Mapping[str, str]

    @property
    def version(self) -> str:
        """The connector's version, as the image's label has it."""
        return self.labels.get(_VERSION, "")


def read_report(path: Path) -> dict[str, Any]:
    """What ``connector-sdk test CONNECTOR --json`` wrote. Raises EntryError for another file."""
    report = _json(path, "report of connector-sdk test --json")
    checks = report.get("checks")
    if not isinstance(report.get("connector"), str) or not isinstance(checks, list) or not checks:
        raise EntryError(
            f"{path} is no report of the conformance kit.", hint="connector-sdk test CONNECTOR --json > FILE writes one"
        )
    return report


def proof_of(name: str, report: Mapping[str, Any], definition: str, today: str) -> Proof:
    """A report as it is kept: without timings and conversations. Raises EntryError for one of another connector."""
    from connector_sdk.testing.conformance import chosen

    tested = str(report["connector"]).partition(" ")[0]  # "source-acme in IMAGE" of an image
    if tested != name:
        raise EntryError(f"The report is of {tested}, not of {name}.", hint=f"connector-sdk test connectors/{name}")
    checks = [
        {"check": each["check"], "group": each["group"], "status": each["status"], "told": each["told"]}
        for each in report["checks"]
    ]
    whole = {each.name for each in chosen()} <= {each["check"] for each in checks}
    kept = {"connector": report["connector"], "suite": f"connector-sdk {sdk_version()}", "date": today, "whole": whole,
            "definitionHash": definition, "checks": checks}  # fmt: skip
    text = json.dumps(kept, indent=1, ensure_ascii=False) + "\n"
    return Proof(record_of(text.encode()), text)


def record_of(kept: bytes) -> dict[str, Any]:
    """What an entry notes of the report that is kept beside it. Raises EntryError for another file."""
    try:
        told = json.loads(kept)
        statuses = [each["status"] for each in told["checks"]]
        counts = {status: statuses.count(status) for status in ("passed", "failed")}
        return {
            "suite": told["suite"],
            "date": told["date"],
            **counts,
            "notExercised": len(statuses) - sum(counts.values()),
            "total": len(statuses),
            "whole": told["whole"],
            "definitionHash": told["definitionHash"],
            "reportHash": file_digest(kept),
        }
    except (ValueError, LookupError, TypeError):
        raise EntryError("The report that is kept beside the entry is none.", hint="note another one") from None


def read_image(path: Path) -> ImageFacts:
    """What was built: from the output of ``connector-sdk build --json``, or from the archive itself.

    Raises EntryError for another file, and for an image without a digest.
    """
    if tarfile.is_tarfile(path) if path.is_file() else False:
        return _archive(path)
    told = _json(path, "output of connector-sdk build --json, nor an archive of an image")
    if not isinstance(told.get("image"), str) or not isinstance(told.get("labels"), dict):
        raise EntryError(
            f"{path} is no output of connector-sdk build --json.",
            hint="connector-sdk build CONNECTOR --builder oci --json > FILE writes one",
        )
    if not told.get("digest"):
        raise EntryError(
            f"{path} tells no digest: the image was not pushed, and an engine knows its digest only then.",
            hint="build it with --push, or with --builder oci",
        )
    labels = {str(name): str(value) for name, value in told["labels"].items()}
    return ImageFacts(str(told.get("connector", "")), str(told["digest"]), labels)


def image_problems(image: ImageFacts, name: str, version: str) -> list[str]:
    """What is wrong with an image that is to stand for a connector of this name and version; one sentence each."""
    labels = image.labels
    found = []
    whose = image.connector or labels.get("io.airbyte.name", "").rpartition("/")[2]
    if whose != name:
        found.append(f"the image is of {whose or 'no connector that it names'}, not of {name}")
    if image.version != version:
        found.append(f"the image is of version {image.version or 'none'}, pyproject.toml says {version}")
    for label, wanted in (("FLOW_RUNTIME_PROTOCOL", "capture"), ("FLOW_RUNTIME_CODEC", "json")):
        if labels.get(label) != wanted:
            found.append(f"its label {label} is {labels.get(label, 'missing')!r} and has to be {wanted!r}")
    if "dev.estuary.usage-rate" in labels:
        found.append("it has the label dev.estuary.usage-rate, with which Estuary refuses images that are not its own")
    return found


def file_digest(data: bytes) -> str:
    """The SHA-256 of bytes, as entries write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _json(path: Path, what: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as wrong:
        raise EntryError(f"{path} cannot be read: {wrong.strerror}.", hint=f"name the {what}") from None
    except ValueError:
        raise EntryError(f"{path} is no {what}: it is not JSON.") from None
    if not isinstance(found, dict):
        raise EntryError(f"{path} is no {what}: it holds no JSON object.")
    return found


def _archive(path: Path) -> ImageFacts:
    """Digest and labels of an OCI archive; the blobs that are read are what their names say."""
    try:
        with tarfile.open(path) as tar:
            members = {each.name.removeprefix("./"): each for each in tar.getmembers() if each.isfile()}

            def read(name: str) -> bytes:
                file = tar.extractfile(members[name])
                assert file is not None
                return file.read(_MOST)

            def blob(digest: str) -> Any:
                data = read(f"blobs/{digest.replace(':', '/')}")
                if file_digest(data) != digest:
                    raise EntryError(f"{path} is damaged: {digest} is another file.", hint="build it again")
                return json.loads(data)

            (found,) = json.loads(read("index.json"))["manifests"]
            config = blob(blob(found["digest"])["config"]["digest"])
    except (OSError, tarfile.TarError, LookupError, ValueError, TypeError):
        raise EntryError(
            f"{path} is no archive of one image with a digest.",
            hint="connector-sdk build CONNECTOR --builder oci --output FILE writes one; docker save may not",
        ) from None
    labels = {str(name): str(value) for name, value in (config.get("config", {}).get("Labels") or {}).items()}
    return ImageFacts("", str(found["digest"]), labels)
