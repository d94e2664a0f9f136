"""Names made comparable: case, punctuation and accents folded, words in their usual spelling; and slips of typing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["COMMON", "canonical", "fold", "is_slip", "words"]

COMMON = frozenset(
    {
        "ada",
        "alpaca",
        "braze",
        "front",
        "gladly",
        "harvest",
        "impact",
        "iterate",
        "looker",
        "monday",
        "navan",
        "notion",
        "outreach",
        "pinterest",
        "recharge",
        "sentry",
        "square",
        "test",
        "webhook",
        "sheets",
    }
)
"""Names that are words of English too: ``front office`` is not Front."""

_NOISE = frozenset(
    {
        "a",
        "an",
        "and",
        "api",
        "apis",
        "app",
        "cdc",
        "connector",
        "connectors",
        "database",
        "db",
        "for",
        "in",
        "integration",
        "of",
        "on",
        "the",
        "to",
    }
)
_PHRASES = (
    ("sql server", "sqlserver"),
    ("azure sql", "azure sqlserver"),
    ("mongodb atlas", "mongodb"),
    ("atlas mongodb", "mongodb"),
    ("google cloud sql", "googlecloudsql"),
    ("cloud sql", "googlecloudsql"),
    ("cloudsql", "googlecloudsql"),
    ("google cloud mysql", "googlecloudsql mysql"),
    ("google cloud postgres", "googlecloudsql postgres"),
    ("amazon aurora", "aurora"),
    ("amazon rds", "rds"),
)
_SAME = {
    "postgresql": "postgres",
    "postgre": "postgres",
    "pg": "postgres",
    "mssql": "sqlserver",
    "mongo": "mongodb",
    "cosmos": "cosmosdb",
    "timescale": "timescaledb",
    "aws": "amazon",
    "gcp": "google cloud",
}


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The letters and digits alone, in lower case: ``Hub-Spot`` is ``hubspot``."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(each for each in plain if each.isalnum() and not unicodedata.combining(each))


def words(text: str) -> tuple[str, ...]:
    """The words of a name, folded."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return tuple(filter(None, (fold(each) for each in re.split(r"[\W_]+", plain))))


@lru_cache(maxsize=8192)
def canonical(text: str) -> frozenset[str]:
    """The words of a name in their usual spelling, without those that say nothing: ``Amazon RDS for PostgreSQL`` is
    rds and postgres."""
    spelt = " ".join(_SAME.get(each, each) for each in words(text))
    for phrase, short in _PHRASES:
        spelt = re.sub(rf"\b{phrase}\b", short, spelt)
    found = frozenset(spelt.split())
    return found - _NOISE or found


def is_slip(wrong: str, right: str) -> bool:
    """Whether one folded name may be the other, mistyped: one slip in a name of at least four letters, two in one of at
    least eight. Shorter names, and those that are words of their own, have to be written as they are."""
    if len(right) < 4 or right in COMMON or wrong == right:
        return False
    if len(right) < 8:
        return wrong[:1] == right[:1] and _distance(wrong, right, 1) <= 1
    return _distance(wrong, right, 2) <= 2


def _distance(one: str, two: str, most: int) -> int:
    """How many letters are wrong, missing, too many or swapped; anything above ``most`` where there are more."""
    if abs(len(one) - len(two)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]
