"""The DuckDB file of a preview: a table per stream that a person can read."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import IO, Any

from connector_sdk.cli._preview._spool import Spool
from connector_sdk.cli._preview._table import columns_of, quoted, rebuild, sample
from connector_sdk.cli._problems import UsageProblemError
from connector_sdk.testing.flow import Capture, Captured, Checkpoint

__all__ = ["Store", "TableSummary"]

_SCHEMA = "_preview"
_ROWS_PER_LOAD = 50_000
_BYTES_PER_LOAD = 64_000_000
_OBJECT = 16_777_216


class TableSummary:
    """A stream's table: its ``name`` in the file, how many ``rows``, a few of them, and their ``columns``."""

    def __init__(self, name: str, rows: int, columns: list[str], few: list[tuple[Any, ...]]) -> None:
        self.name = name
        self.rows = rows
        self.columns = columns
        self.few = few


class Store:
    """Takes a capture's events and keeps, in a DuckDB file, what a reader of its collections would see.

    Committed documents only, the last write of a key wins, deletions delete. As they come they go to
    ``_preview.STREAM`` (key, document); ``finish`` makes a table with typed columns of each. ``fresh``: the streams of
    which the rows of an earlier preview are forgotten.
    """

    def __init__(self, path: Path, capture: Capture, *, fresh: Collection[str], jsonl: IO[bytes] | None = None) -> None:
        self.path = path
        self.continued = 0
        self._capture = capture
        self._folder = tempfile.TemporaryDirectory(prefix="preview-")
        folder = Path(self._folder.name)
        self._spools = [
            Spool(folder / f"{index}.jsonl", index, each.key, jsonl, each.name)
            for index, each in enumerate(capture.bindings)
        ]
        self._names = _table_names(capture.names())
        try:
            self._connection = _connected(path)
            self._prepare(fresh)
        except BaseException:
            self._folder.cleanup()
            raise

    def add(self, event: Captured) -> None:
        """A document arrived."""
        self._spools[event.binding].add(event.doc, event.line)

    def commit(self, event: Checkpoint) -> None:
        """A checkpoint arrived: what it covers is part of the tables."""
        for index in event.documents:
            self._spools[index].commit()

    @property
    def is_full(self) -> bool:
        """Whether so much is waiting that it should be loaded."""
        waiting = [(each.rows, each.size) for each in self._spools]
        return sum(rows for rows, _ in waiting) >= _ROWS_PER_LOAD or sum(size for _, size in waiting) >= _BYTES_PER_LOAD

    def counts(self, binding: int) -> tuple[int, int]:
        """Committed documents and committed deletions of a binding, in this run."""
        return self._spools[binding].documents, self._spools[binding].deletes

    def load(self) -> None:
        """Bring all that is committed into the file, in one transaction."""
        taken = [(spool, name) for spool, name in zip(self._spools, self._names, strict=True) if spool.take()]
        if not taken:
            return
        self._connection.execute("BEGIN")
        for spool, name in taken:
            self._load(spool, f"{_SCHEMA}.{quoted(name)}")
        self._connection.execute("COMMIT")
        for spool, _ in taken:
            spool.taken()

    def finish(self) -> list[TableSummary]:
        """Load the rest, make the readable tables, and tell what is in them."""
        for each in self._spools:
            each.rollback()
        self.load()
        found = []
        for binding, name in zip(self._capture.bindings, self._names, strict=True):
            raw = f"{_SCHEMA}.{quoted(name)}"
            columns = columns_of(self._connection, raw, binding.key)
            rebuild(self._connection, raw, name, columns)
            rows = self._connection.execute(f"SELECT count(*) FROM {raw}").fetchone()
            shown, few = sample(self._connection, name, columns)
            found.append(TableSummary(name, rows[0] if rows else 0, shown, few))
        return found

    def close(self) -> None:
        """Close the file and remove what was temporary."""
        for each in self._spools:
            each.close()
        self._connection.close()
        self._folder.cleanup()

    def _prepare(self, fresh: Collection[str]) -> None:
        run = self._connection.execute
        run(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
        ours = {
            row[0] for row in run("SELECT table_name FROM duckdb_tables() WHERE schema_name = ?", [_SCHEMA]).fetchall()
        }
        others = {row[0] for row in run("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchall()}
        for stream, name in zip(self._capture.names(), self._names, strict=True):
            if name in others and name not in ours:
                self._connection.close()
                raise UsageProblemError(
                    f"{self.path} has a table {name!r} that no preview made.", hint="give another file with --db"
                )
            if stream in fresh:
                run(f"DROP TABLE IF EXISTS {_SCHEMA}.{quoted(name)}")
            run(f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.{quoted(name)} (key VARCHAR, number BIGINT, doc JSON)")
            count = run(f"SELECT count(*) FROM {_SCHEMA}.{quoted(name)}").fetchone()
            self.continued += count[0] if count else 0

    def _load(self, spool: Spool, raw: str) -> None:
        run = self._connection.execute
        source = (
            "read_json(?, format='newline_delimited', maximum_object_size=?,"
            " columns={'k': 'VARCHAR', 'n': 'BIGINT', 'd': 'BOOLEAN', 'doc': 'JSON'})"
        )
        largest = max(_OBJECT, spool.largest + 1024)
        run(
            "CREATE OR REPLACE TEMP TABLE batch AS"
            f" SELECT k, arg_max(d, n) AS d, arg_max(doc, n) AS doc, max(n) AS n FROM {source} GROUP BY k",
            [str(spool.path), largest],
        )
        run(f"DELETE FROM {raw} AS old USING batch WHERE old.key = batch.k")
        last = run(f"SELECT coalesce(max(number), 0) FROM {raw}").fetchone()
        run(f"INSERT INTO {raw} SELECT k, n + ?, doc FROM batch WHERE NOT d ORDER BY n", [last[0] if last else 0])
        run("DROP TABLE batch")


def _connected(path: Path) -> Any:
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path))
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        hint = (
            "another process has it open" if re.search("lock", reason, re.IGNORECASE) else "give another file with --db"
        )
        raise UsageProblemError(f"{path} cannot be opened as a DuckDB file: {reason}", hint=hint) from None
    # its progress bar would be drawn over ours
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _table_names(names: Sequence[str]) -> list[str]:
    """Names that DuckDB tells apart: it compares them without regard to case."""
    taken: set[str] = set()
    found = []
    for name in names:
        free, number = name, 1
        while free.lower() in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free.lower())
        found.append(free)
    return found
