"""The locks of connectors: fresh, with hashes, and told when they are not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connector_sdk.errors import ImageLockError, ImageRefusedError, ImageUsageError
from connector_sdk.images import LOCK, inputs, locked, read_settings
from connector_sdk.images._lock import uv
from connector_sdk.images._sbom import bill_of_materials, check_licences
from connector_sdk.images._settings import Settings
from tests.images.conftest import ROOT

CONNECTORS = sorted(each.parent for each in (ROOT / "connectors").glob("*/pyproject.toml"))


def settings_of(folder: Path) -> Settings:
    return read_settings(folder.name, folder.name.replace("-", "_"), folder)


@pytest.mark.parametrize("folder", CONNECTORS, ids=[each.name for each in CONNECTORS])
def test_a_connectors_lock_answers_its_dependencies_with_hashes(folder: Path) -> None:
    text = locked(settings_of(folder))
    packages = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    assert packages
    assert text.count("--hash=sha256:") >= len(packages)
    assert "://" not in text  # of no package host in particular


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "source-hubspot"  # its login needs no extra of the SDK
    shutil.copytree(ROOT / "connectors" / folder.name, folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    return folder


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "pyproject.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_lock_that_is_missing_or_stale_is_told_with_the_command_that_helps(copy: Path) -> None:
    change(copy, '"estuary-connector-sdk"]', '"estuary-connector-sdk", "h11>=0.14"]')
    with pytest.raises(ImageLockError, match=r"made for other dependencies than it has now") as stale:
        locked(settings_of(copy))
    assert "connector-sdk lock" in stale.value.hint
    (copy / LOCK).unlink()
    with pytest.raises(ImageLockError, match=r"source-hubspot has no image\.lock"):
        locked(settings_of(copy))


def test_extras_of_the_sdk_bring_their_packages(copy: Path) -> None:
    plain = inputs(settings_of(copy))
    change(copy, '"estuary-connector-sdk"]', '"estuary-connector-sdk[jwt]"]')
    assert set(inputs(settings_of(copy))) - set(plain) == {"pyjwt[crypto]<3,>=2.8"}
    assert not any(each.startswith(("typer", "pytest", "uv")) for each in plain)


def test_a_dependency_that_is_none_is_told(copy: Path) -> None:
    change(copy, '"estuary-connector-sdk"]', '"estuary-connector-sdk", "not a requirement"]')
    with pytest.raises(ImageLockError, match="requires 'not a requirement', which is no requirement"):
        locked(settings_of(copy))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("bugdet = 40", "has 'bugdet', which is not known: did you mean 'budget'?"),
        ('budget = "40"', "budget cannot be '40'"),
        ("budget = 0", "budget is a number of megabytes above 0"),
        ('transport = "wget"', "transport is httpx or curl, not 'wget'"),
    ],
)
def test_a_table_that_makes_no_sense_is_told(copy: Path, table: str, said: str) -> None:
    with (copy / "pyproject.toml").open("a") as file:
        file.write(f"\n[tool.connector-sdk.image]\n{table}\n")
    with pytest.raises(ImageUsageError) as wrong:
        settings_of(copy)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Because x==1 has no usable wheels and you require x==1", "has no wheel for linux/amd64 and this Python"),
        ("Hash mismatch for `x==1`", "is not the one that was locked"),
        ("No space left on device (os error 28)", "The disk is full"),
        ("Request failed after 3 retries", "could not be had"),
    ],
)
def test_what_uv_says_becomes_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, said: str
) -> None:
    (tmp_path / "uv").write_text(f"#!/bin/sh\necho 'error: {words}' >&2\nexit 2\n")
    (tmp_path / "uv").chmod(0o755)
    monkeypatch.setattr("connector_sdk.images._lock._uv", lambda: str(tmp_path / "uv"))
    with pytest.raises(ImageLockError) as wrong:
        uv(["pip", "install"], "source-x")
    assert said in str(wrong.value)


def package(folder: Path, name: str, licence: str) -> Path:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{licence}\n")
    return folder


def test_a_licence_that_is_refused_is_told_unless_its_package_is_accepted(copy: Path, tmp_path: Path) -> None:
    folder = package(package(tmp_path / "app", "copyleft", "License-Expression: AGPL-3.0-only"), "silent", "Summary: x")
    settings = settings_of(copy)
    bill = bill_of_materials(settings, [folder])
    with pytest.raises(ImageRefusedError) as refused:
        check_licences(bill, settings)
    assert "copyleft 1.0: AGPL-3.0-only" in refused.value.message
    assert "silent 1.0: NOASSERTION" in refused.value.message
    with (copy / "pyproject.toml").open("a") as file:
        file.write('\n[tool.connector-sdk.image]\naccept = ["Copyleft", "silent"]\n')
    check_licences(bill, settings_of(copy))
