"""The whole catalog, laid out as the checkouts that it tells of, and made anew of them: nothing may get lost."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connector_sdk.catalog.known import raw
from connector_sdk.catalog.known.refresh import changes, refresh
from tests.catalog.known.conftest import DOCKERFILE, DOCS, Estuary, page

SITE = "https://docs.estuary.dev/reference/Connectors/"


@pytest.fixture
def whole(tmp_path: Path) -> Estuary:
    """All connectors that Estuary's CI builds or its documentation lists, by what the catalog says of each."""
    made = Estuary(tmp_path)
    entries = raw()["connectors"]
    go: list[str] = []
    python: list[str] = []
    airbyte: list[str] = []
    variants: dict[str, list[str]] = defaultdict(list)
    for each in entries:
        name, family, folder = each["name"], each["family"], each.get("code") and each["code"]["path"]
        if not folder:
            continue
        if each["versions_seen"]["VERSION_file"]:
            made.put(f"connectors/{folder}/VERSION", each["versions_seen"]["VERSION_file"])
        if each["published_by_ci"] is False:
            made.put(f"airbyte/{folder}/Dockerfile", "FROM scratch\n")
        elif name not in folder and not each["variant_of"]:
            airbyte.append(name)  # it is made of another one's folder
        elif each["variant_of"]:
            variants[folder].append(name)
        elif family == "airbyte-to-flow":
            airbyte.append(name)
            upstream = (each["upstream_image"] or "python/x:3").partition(":")
            recipe = DOCKERFILE.format(name="@", version=upstream[2], tag=each["tag"])
            base = upstream[0] if each["upstream_image"] else "python"
            made.put(f"airbyte/{folder}/Dockerfile", recipe.replace("airbyte/@", base, 1))
        elif str(family).startswith("estuary-cdk"):
            python.append(f"          - {{name: {name}, type: capture, version: {each['tag']}}}")
            made.put(f"connectors/{folder}/pyproject.toml", "")
            shim = "from estuary_cdk.shim_airbyte_cdk import CaptureShim\n" if family.endswith("shim") else ""
            made.put(f"connectors/{folder}/{name.replace('-', '_')}/__init__.py", shim)
        else:
            go.append(name)
            made.put(f"connectors/{folder}/{'Cargo.toml' if family == 'estuary-rust' else 'main.go'}", "")
    for base, names in variants.items():
        made.put(f"connectors/{base}/VARIANTS", "\n".join(names))
    head = "jobs:\n  build:\n    strategy:\n      matrix:\n        connector:\n"
    made.put("connectors/.github/workflows/ci.yaml", head + "".join(f"          - {each}\n" for each in go))
    made.put("connectors/.github/workflows/python.yaml", head + "\n".join(python) + "\n")
    made.put("airbyte/.github/workflows/connectors.yml", head + "".join(f"          - {each}\n" for each in airbyte))
    document(made, entries)
    return made


def document(made: Estuary, entries: list[dict[str, Any]]) -> None:
    """The pages and the two lists, in the older form."""
    lists = {"capture": "# Capture\n\n### Estuary connectors\n", "materialization": "# Materialization\n"}
    third = "\n### Third party connectors\n"
    for each in entries:
        if not each["docs_url"]:
            continue
        path = each["docs_url"].removeprefix(SITE).rstrip("/")
        out = " (deprecated)" if each["lifecycle"] == "deprecated" else ""
        file = f"{path}/{path.rpartition('/')[2]}" if path.endswith(("SQLServer", "MySQL", "PostgreSQL")) else path
        image = f"{each['name']}:{each['tag']}" if each["image"] else "none"
        if each["variant_of"] is None or not (made.connectors / DOCS / f"{file}.md").exists():
            made.put(f"connectors/{DOCS}/{file}.md", page(each["title"] + out, image))
        if each["listed_in_docs_index"] and each["image"]:
            tag = each["versions_seen"]["docs_index"]
            row = f"- {each['title']}{out}\n  - [Configuration](./{path.partition('/')[2]}.md)\n"
            row += f"  - Package - ghcr.io/estuary/{each['name']}:{tag}\n"
            if each["docs_group"] == "third-party":
                third += row
            else:
                lists[each["kind"]] += row
    for kind, text in lists.items():
        more = third if kind == "capture" else ""
        made.put(f"connectors/{DOCS}/{kind}-connectors/README.md", text + more)


def test_the_catalog_that_comes_along_is_made_again_as_it_is(whole: Estuary) -> None:
    before = raw()
    after = refresh(whole.connectors, whole.airbyte, before=before, today=date(2026, 12, 1))
    told = [each for each in changes(before, after) if (each.what, each.told) != ("details", "evidence")]
    assert [each.as_json() for each in told] == []
    assert after["counts"] == before["counts"]
    again = refresh(whole.connectors, whole.airbyte, before=after, today=date(2026, 12, 2))
    assert again == after


def _linked(row: re.Match[str]) -> str:
    return "" if "(deprecated)" in row[1] else f"- [{row[1]}]({row[2]})\n"


def test_the_newer_lists_which_leave_out_what_is_deprecated_lose_nothing_either(whole: Estuary) -> None:
    before = raw()
    for kind in ("capture", "materialization"):
        path = whole.connectors / DOCS / f"{kind}-connectors" / "README.md"
        older = r"- (.*)\n  - \[Configuration\]\((.*)\)\n  - Package - .*\n"
        rows = re.sub(
            older, lambda row: "" if "(deprecated)" in row[1] else f"- [{row[1]}]({row[2]})\n", path.read_text()
        )
        path.write_text(rows)
    after = refresh(whole.connectors, whole.airbyte, before=before)
    told = [each for each in changes(before, after) if (each.what, each.told) != ("details", "evidence")]
    assert {(each.what, each.told) for each in told} == {("details", "listed_in_docs_index, docs_group, evidence")}
    states = {each["name"]: each["lifecycle"] for each in before["connectors"]}
    assert {states[each.name] for each in told} == {"deprecated"}
    assert {each["name"]: each["lifecycle"] for each in after["connectors"]} == states
