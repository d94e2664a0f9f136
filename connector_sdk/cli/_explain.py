"""The pages of error codes."""

from __future__ import annotations

from importlib import resources

from connector_sdk.cli._output import console, print_json, table
from connector_sdk.cli._problems import UsageProblemError
from connector_sdk.errors import did_you_mean

__all__ = ["explain", "pages"]


def pages() -> dict[str, str]:
    """The page of every code, as Markdown."""
    folder = resources.files("connector_sdk") / "explanations"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".md")), key=lambda each: each.name)
    return {each.name.removesuffix(".md"): each.read_text("utf-8") for each in files}


def explain(code: str, json: bool) -> int:
    """Print the page of a code, or all codes."""
    known = pages()
    if not code:
        return _list(known, json)
    if code not in known:
        raise UsageProblemError(f"There is no error code {code!r}:", hint=did_you_mean(code, known))
    if json:
        print_json({"code": code, "title": _title(known[code]), "page": known[code]})
        return 0
    from rich.markdown import Markdown

    console().print(Markdown(known[code]))
    return 0


def _list(known: dict[str, str], json: bool) -> int:
    if json:
        print_json({"codes": {code: _title(page) for code, page in known.items()}})
        return 0
    rows = table("", "code", "what it means")
    for code, page in known.items():
        rows.add_row(code, _title(page))
    console().print(rows)
    return 0


def _title(page: str) -> str:
    """The sentence under the heading."""
    return page.split("\n\n")[1].replace("\n", " ")
