"""docs/requests.md says what the code does."""

from __future__ import annotations

from pathlib import Path

from connector_sdk.catalog._files import parse as parse_yaml
from connector_sdk.catalog.checks import QUESTIONS
from connector_sdk.catalog.known import GAP_KINDS
from connector_sdk.catalog.requests import STATES, problems
from connector_sdk.catalog.requests._model import parse
from connector_sdk.catalog.requests._schema import misfits, schema

PAGE = (Path(__file__).parents[3] / "docs" / "requests.md").read_text("utf-8")


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first column is called so."""
    lines = PAGE.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {heading} |")) + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_table_of_states_is_that_of_the_code() -> None:
    told = {
        row[0].strip("`"): (row[1], tuple(each.strip("` ") for each in row[2].split(",") if each))
        for row in _rows("state")
    }
    assert told == {name: (state.means, state.then) for name, state in STATES.items()}


def test_the_questions_are_those_that_are_answered() -> None:
    assert [row[0] for row in _rows("question")] == [each.text for each in QUESTIONS]


def test_every_kind_of_gap_is_named() -> None:
    for kind in GAP_KINDS:
        assert f"`{kind}" in PAGE


def test_the_example_is_a_request_and_has_every_field_but_those_of_one_case() -> None:
    text = PAGE.partition("```yaml\n")[2].partition("```")[0]
    data = parse_yaml(text, Path("requests/2026-001-zoom.yaml")).plain()
    assert misfits(data) == []
    assert problems(None, parse(data, Path("requests/2026-001-zoom.yaml"))) == []
    assert set(schema()["properties"]) == set(data)
