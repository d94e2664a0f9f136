"""Estuary's catalog as data, and what it says of a system that somebody asks for.

::

    catalog = load()
    answer = check(catalog, "Gong", needs=[parse_need("stream:transcripts")])
    answer.answer, answer.exit_code   # "gap", 5

The data are a snapshot of two public repositories, not of Estuary's own tables: an entry means that a connector is
documented, or built by public CI. Our own entries take part with ``catalog.with_ours(read_ours(repository))``.
"""

from connector_sdk.catalog.known._answer import EXIT_CODES, KINDS, Answer, AnswerWord, kind_of
from connector_sdk.catalog.known._check import check
from connector_sdk.catalog.known._listed import Catalog, Detect, Kind, Listed, ListedStream, SpecFacts
from connector_sdk.catalog.known._load import SCHEMA_VERSION, load, raw
from connector_sdk.catalog.known._needs import GAP_KINDS, Gap, Judged, Need, judge, parse_need, parse_needs
from connector_sdk.catalog.known._ours import read_ours
from connector_sdk.catalog.known._search import Hit, nearest, search

__all__ = [
    "EXIT_CODES",
    "GAP_KINDS",
    "KINDS",
    "SCHEMA_VERSION",
    "Answer",
    "AnswerWord",
    "Catalog",
    "Detect",
    "Gap",
    "Hit",
    "Judged",
    "Kind",
    "Listed",
    "ListedStream",
    "Need",
    "SpecFacts",
    "check",
    "judge",
    "kind_of",
    "load",
    "nearest",
    "parse_need",
    "parse_needs",
    "raw",
    "read_ours",
    "search",
]
