"""Every defect against every check: ``python -m tests.conformance.matrix`` writes the table of docs/conformance.md."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from connector_sdk.testing.conformance import chosen, run

from .defects import DEFECTS, shop

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
BEGIN, END = "<!-- matrix -->", "<!-- /matrix -->"


def rows(page: str) -> dict[str, list[str]]:
    """The table that a page holds: by defect, the checks that caught it."""
    table = page.partition(BEGIN)[2].partition(END)[0]
    return {
        defect: re.findall(r"`([a-z-]+)`", checks)
        for defect, checks in re.findall(r"^\| ([^|`]+?) \| (.*`.*) \|$", table, re.MULTILINE)
    }


def main() -> int:
    lines = [BEGIN, "| it ... | caught by |", "|---|---|"]
    missed = []
    for defect, due in DEFECTS.items():
        report = run(shop(defect), chosen())
        caught = [each.check for each in report.failed]
        print(f"{defect}: {', '.join(caught)}", file=sys.stderr, flush=True)
        if due not in caught:
            missed.append(defect)
        ordered = [due, *(each for each in caught if each != due)]
        lines.append(f"| {defect} | {', '.join(f'`{each}`' for each in ordered)} |")
    text = PAGE.read_text("utf-8")
    PAGE.write_text(
        text.partition(BEGIN)[0] + "\n".join(lines) + "\n" + END + text.partition(END)[2], "utf-8"
    )  # fmt: skip
    print(f"missed by the check that is there for it: {missed}" if missed else "all are caught", file=sys.stderr)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
