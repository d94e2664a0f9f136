"""Dockerfile.template: builds anywhere, says what Flow and Airbyte read, and is read back as it was filled in."""

from __future__ import annotations

import re

import pytest

from connector_sdk.errors import ImageUsageError
from connector_sdk.images._dockerfile import read_dockerfile, render, template_file

TEMPLATE = template_file().read_text("utf-8")
VALUES = dict.fromkeys(re.findall(r"\{\{(\w+)\}\}", TEMPLATE), "x")


def test_it_needs_no_feature_that_some_builder_lacks() -> None:
    lines = [line for line in TEMPLATE.splitlines() if line and not line.startswith("#")]
    assert not TEMPLATE.startswith("# syntax")
    assert {line.split()[0] for line in lines} == {
        "ARG", "FROM", "LABEL", "ENV", "COPY", "WORKDIR", "USER", "ENTRYPOINT",
    }  # fmt: skip
    assert not any("--" in line or "<<" in line for line in lines)
    assert not any("usage-rate" in line for line in lines)


def test_a_line_without_a_value_is_left_out_and_others_are_quoted() -> None:
    text = render(TEMPLATE, {**VALUES, "title": 'Says "hi" for $5\\now\nand then', "airbyte": "", "vendor": ""})
    recipe = read_dockerfile(text)
    assert recipe.labels["org.opencontainers.image.title"] == 'Says "hi" for $5\\now and then'
    assert "io.airbyte.name" not in recipe.labels
    assert "org.opencontainers.image.vendor" not in recipe.labels
    assert recipe.labels["FLOW_RUNTIME_PROTOCOL"] == "capture"
    assert recipe.labels["FLOW_RUNTIME_CODEC"] == "json"


def test_a_filled_in_template_is_read_back() -> None:
    recipe = read_dockerfile(render(TEMPLATE, {**VALUES, "base": "python:3.11", "module": "source_x"}))
    assert recipe.base == "python:3.11"
    assert recipe.entrypoint == ["python3", "/app/start.py", "source_x"]
    assert recipe.user == "65532:65532"
    assert recipe.workdir == "/app"
    assert recipe.copies == [("packages/", "/app/"), ("sdk/", "/app/"), ("connector/", "/app/")]
    assert recipe.env["HOME"] == "/tmp"


def test_build_arguments_and_continued_lines() -> None:
    text = 'ARG BASE=a:1\nFROM ${BASE}\nLABEL one="1" \\\n  two=2\n'
    assert read_dockerfile(text).base == "a:1"
    assert read_dockerfile(text, {"BASE": "b:2"}).base == "b:2"
    assert read_dockerfile(text).labels == {"one": "1", "two": "2"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("RUN pip install x", "line 2: 'RUN pip install x' needs an engine"),
        ("COPY --link a b", "needs an engine"),
        ("ENTRYPOINT python3 x", "ENTRYPOINT is no list of texts"),
        ("LABEL =x", "is no name=value"),
    ],
)
def test_what_the_builder_without_an_engine_cannot_do_is_told(line: str, said: str) -> None:
    with pytest.raises(ImageUsageError, match=re.escape(said)):
        read_dockerfile(f"FROM x\n{line}\n")


def test_a_place_that_is_no_value_is_told() -> None:
    with pytest.raises(ImageUsageError, match=r"line 1: \{\{nothing\}\} is not known"):
        render("LABEL a={{nothing}}", VALUES)
