"""A readable table made of documents: one typed column for each top-level field."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

__all__ = ["Column", "columns_of", "quoted", "rebuild", "sample"]

_MOST_COLUMNS = 400
_SHOWN_COLUMNS = 6
_SHOWN_ROWS = 3
_INSTANT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)"
_DAY = r"\d{4}-\d\d-\d\d"


class Column:
    """A column: the ``field`` it is made of, its ``name``, its SQL ``type``, and whether it belongs to the key."""

    def __init__(self, field: str, name: str, type: str, is_key: bool) -> None:
        self.field = field
        self.name = name
        self.type = type
        self.is_key = is_key


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def columns_of(connection: Any, raw: str, key: Sequence[str]) -> list[Column]:
    """The columns for the documents in a raw table: the key first, ``_meta`` last, the others as they were met."""
    row = connection.execute(f"SELECT json_group_structure(doc) FROM {raw}").fetchone()
    structure = json.loads(row[0]) if row and row[0] else {}
    key_fields = [pointer.split("/")[1].replace("~1", "/").replace("~0", "~") for pointer in key]
    fields = [each for each in structure if each not in key_fields and each != "_meta"]
    ordered = [each for each in key_fields if each in structure and each != "_meta"] + fields[:_MOST_COLUMNS]
    if "_meta" in structure:
        ordered.append("_meta")
    found: list[Column] = []
    taken: set[str] = set()
    for field in ordered:
        name = field or "_"
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        found.append(Column(field, name, _simple(structure[field]), field in key_fields))
    _refine(connection, raw, found)
    return found


def rebuild(connection: Any, raw: str, name: str, columns: list[Column]) -> None:
    """Make the readable table anew from the raw one."""
    if columns:
        # one pass over each document; positions stand for fields, since a struct's names ignore case
        made = ", ".join(
            f"{_value(each, f's[{index}]')} AS {quoted(each.name)}" for index, each in enumerate(columns, 1)
        )
        paths = [_path(each.field) for each in columns]
        source = f"SELECT json_extract(doc, ?) AS s, number FROM {raw}"
        select, values = f"SELECT {made} FROM ({source}) ORDER BY number", [paths]
    else:
        select, values = f"SELECT key FROM {raw}", []
    connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS {select}", values)


def sample(connection: Any, name: str, columns: list[Column]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """A few rows, narrow enough for a screen: the key and the first simple columns that hold something."""
    simple = [each for each in columns if each.is_key] + [
        each for each in columns if not each.is_key and each.type != "JSON"
    ]
    shown = simple[:_SHOWN_COLUMNS] or columns[:1]
    if not shown:
        return [], []
    select = ", ".join(quoted(each.name) for each in shown)
    rows = connection.execute(f"SELECT {select} FROM {quoted(name)} LIMIT {_SHOWN_ROWS}").fetchall()
    return [each.name for each in shown], rows


def _simple(kind: Any) -> str:
    return kind if kind in ("BIGINT", "UBIGINT", "DOUBLE", "BOOLEAN", "VARCHAR") else "JSON"


def _refine(connection: Any, raw: str, columns: list[Column]) -> None:
    """Strings that are all instants or all days, and numbers that fit a smaller type, get that type."""
    asked = [each for each in columns if each.type in ("VARCHAR", "UBIGINT")]
    if not asked:
        return
    tests, paths = [], [_path(each.field) for each in asked]
    for index, each in enumerate(asked, 1):
        text = f"json_extract_string(s[{index}], '$')"
        if each.type == "UBIGINT":
            tests.append(f"CASE WHEN max(try_cast({text} AS UBIGINT)) <= 9223372036854775807 THEN 'BIGINT' END")
            continue
        tests.append(
            f"CASE WHEN count({text}) = 0 THEN NULL"
            f" WHEN bool_and(regexp_full_match({text}, '{_INSTANT}') AND try_cast({text} AS TIMESTAMPTZ) IS NOT NULL)"
            f" FILTER ({text} IS NOT NULL) THEN 'TIMESTAMP'"
            f" WHEN bool_and(regexp_full_match({text}, '{_DAY}') AND try_cast({text} AS DATE) IS NOT NULL)"
            f" FILTER ({text} IS NOT NULL) THEN 'DATE' END"
        )
    query = f"SELECT {', '.join(tests)} FROM (SELECT json_extract(doc, ?) AS s FROM {raw})"
    row = connection.execute(query, [paths]).fetchone()
    for column, better in zip(asked, row or (), strict=True):
        column.type = better or column.type


def _value(column: Column, value: str) -> str:
    if column.type == "JSON":
        return f"CASE WHEN json_type({value}) <> 'NULL' THEN {value} END"
    text = f"json_extract_string({value}, '$')"
    if column.type == "VARCHAR":
        return text
    if column.type == "TIMESTAMP":  # in UTC, whatever zone it was written in
        return f"timezone('UTC', try_cast({text} AS TIMESTAMPTZ))"
    return f"try_cast({text} AS {column.type})"


def _path(field: str) -> str:
    return "/" + field.replace("~", "~0").replace("/", "~1")
