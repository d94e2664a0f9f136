"""PyAirbyte drives an executable: check, discover, two incremental reads into DuckDB with changes between, failures.

Arguments: the executable, a file with a config, a folder. What has to happen in the source meanwhile is asked for by a
line on stdout, and answered by a line on stdin with what the source then holds.
"""

import json
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import airbyte  # noqa: E402
from airbyte import exceptions  # noqa: E402

EXECUTABLE, CONFIG, FOLDER = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3])
STREAMS = ["calls", "users", "scorecard_definitions", "audit_logs"]
KEYS = {"calls": "id", "users": "id", "scorecard_definitions": "scorecardId", "audit_logs": None}
TITLES = {"calls": "title", "users": "firstName", "scorecard_definitions": "scorecardName"}
out = sys.stdout
sys.stdout = sys.stderr  # PyAirbyte draws progress


def ask(what):
    out.write(json.dumps({"ask": what}) + "\n")
    out.flush()
    return json.loads(sys.stdin.readline())


def source(config=CONFIG):
    return airbyte.get_source("source-gong", config=config, local_executable=EXECUTABLE)


def compare(cache, truth):
    counts = {}
    for stream in STREAMS:
        table = cache[stream].to_pandas()
        deleted = table["_ab_cdc_deleted_at"].notna() if "_ab_cdc_deleted_at" in table.columns else None
        rows = table if deleted is None else table[~deleted]
        counts[stream] = [len(rows), 0 if deleted is None else int(deleted.sum())]
        if KEYS[stream] is None:
            assert len(rows) == len(truth[stream]), (stream, len(rows), len(truth[stream]))
            continue
        found = dict(zip(rows[KEYS[stream].lower()].astype(str), rows[TITLES[stream].lower()], strict=True))
        expected = {str(key): row[TITLES[stream]] for key, row in truth[stream].items()}
        assert found == expected, (stream, set(found.items()) ^ set(expected.items()))
    return counts


src = source()
src.check()
assert set(STREAMS) <= set(src.get_available_streams())
assert src.discovered_catalog.streams
src.select_streams(STREAMS)
cache = airbyte.DuckDBCache(db_path=str(FOLDER / "judged.duckdb"))

first = src.read(cache=cache)
before = compare(cache, ask("truth"))
truth = ask("change")
second = source()
second.select_streams(STREAMS)
again = second.read(cache=cache)
after = compare(cache, truth)
assert again.processed_records < first.processed_records / 2, "the second read was no increment"
assert any(deleted for _, deleted in after.values()), "no deletion arrived"

wrong = json.loads(json.dumps(CONFIG))
wrong["credentials"]["access_key_secret"] = "a-wrong-secret"
try:
    source(wrong).check()
    raise SystemExit("a wrong secret passed check")
except exceptions.AirbyteConnectorCheckFailedError as told:
    assert "a-wrong-secret" not in str(told)
ask("break")
third = source()
third.select_streams(["trackers", "users"])
try:
    third.read(cache=airbyte.DuckDBCache(db_path=str(FOLDER / "broken.duckdb")))
    raise SystemExit("a failed stream passed for a good read")
except exceptions.AirbyteConnectorFailedError:
    pass
out.write(
    json.dumps({"done": f"{first.processed_records:,} records, then {again.processed_records:,}; {after}"}) + "\n"
)
out.flush()
