"""Preview, run for real against toy connectors."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
TOYS = ROOT / "tests" / "testing" / "toys"
ACME = TOYS / "source-acme"
GOOD = {"credentials": {"credentials_title": "API Key", "api_key": "made-up-key"}}
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "CONNECTOR_WARM": "0"}


def command(*args):
    return [sys.executable, "-W", "error", "-m", "connector_sdk.cli", "preview", *map(str, args)]


def preview(*args, cwd):
    done = subprocess.run(command(*args), capture_output=True, text=True, cwd=cwd, env=ENV, timeout=60)
    assert "Traceback" not in done.stderr
    assert "ResourceWarning" not in done.stderr
    return done


def report(*args, cwd):
    return json.loads(preview(*args, "--json", cwd=cwd).stdout)


def config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**GOOD, **changes}))
    return path


def rows(path, query):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def broken(folder, rule):
    package = folder / "source-broken" / "source_broken"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(
        f"import sys\nsys.path.insert(0, {str(TOYS)!r})\nfrom broken import BROKEN\nBROKEN[{rule!r}]().serve()\n"
    )
    return package.parent


def test_a_capture_from_the_sandbox_is_complete(tmp_path):
    done = preview(ACME, "--sandbox", "--db", "deep/acme.duckdb", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.rstrip().endswith("\ncomplete")
    counts = {
        line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.startswith((" tick", " peop"))
    }
    assert counts["tickets"] == ["12", "1", "3", "3", "1", "11"]
    assert counts["people"] == ["3", "0", "1", "4", "0", "3"]
    assert "Ticket 0" in done.stdout
    assert '"tickets.v0"' in done.stdout
    assert "made-up-key" not in done.stdout + done.stderr
    query = done.stdout.split("to look at them:\n")[1].splitlines()[0].strip()
    shown = subprocess.run(query, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Ticket 4" in shown.stdout


def test_tables_are_typed_and_hold_what_a_collection_holds(tmp_path):
    preview(ACME, "--sandbox", "--db", "acme.duckdb", cwd=tmp_path)
    described = rows(tmp_path / "acme.duckdb", "select column_name, column_type from (describe tickets)")
    assert described == [
        ("id", "BIGINT"),
        ("subject", "VARCHAR"),
        ("opened", "TIMESTAMP"),
        ("tags", "JSON"),
        ("score", "DOUBLE"),
        ("closed", "BOOLEAN"),
        ("_meta", "JSON"),
    ]
    assert rows(tmp_path / "acme.duckdb", "select id from tickets where id < 5") == [(0,), (1,), (2,), (4,)]


def test_streams_that_are_off_by_default_are_named_and_taken_when_they_are_chosen(tmp_path):
    done = preview(ACME, "--sandbox", cwd=tmp_path)
    assert "\noff by default: rows; to take them, name them: --streams rows\n" in done.stdout
    assert report(ACME, "--sandbox", cwd=tmp_path)["off"] == ["rows"]
    chosen = report(ACME, "--sandbox", "--streams", "people,rows", cwd=tmp_path)
    assert [each["name"] for each in chosen["bindings"]] == ["people", "rows"]
    assert chosen["off"] == []


def test_json_is_one_object_and_documents_can_be_written_too(tmp_path):
    found = report(ACME, "--sandbox", "--streams", "people", "--jsonl", "docs.jsonl", cwd=tmp_path)
    assert found["verdict"] == "complete"
    assert found["db"] == "preview/source-acme.duckdb"
    assert (tmp_path / found["db"]).exists()
    (binding,) = found["bindings"]
    assert (binding["name"], binding["documents"], binding["rows"]) == ("people", 3, 3)
    assert (binding["at"], binding["status"]) == ("2026-01-05T00:00:00Z", "caught up")
    lines = [json.loads(line) for line in (tmp_path / "docs.jsonl").read_text().splitlines()]
    assert lines[2] == {"stream": "people", "doc": {"email": "zoë@example.test", "_meta": {"op": "u"}}}


def test_documents_can_go_to_stdout(tmp_path):
    done = preview(ACME, "--sandbox", "--streams", "people", "--jsonl", "-", cwd=tmp_path)
    assert [json.loads(line)["stream"] for line in done.stdout.splitlines()] == ["people"] * 3
    assert done.stderr.rstrip().endswith("complete")
    done = preview(ACME, "--sandbox", "--jsonl", "-", "--json", cwd=tmp_path)
    assert done.returncode == 2


def test_a_rerun_with_state_goes_on_in_the_same_file(tmp_path):
    first = report(
        ACME, "--config", config(tmp_path, count=7), "--db", "a.duckdb", "--state", "s/state.json", cwd=tmp_path
    )
    assert json.loads((tmp_path / "s" / "state.json").read_text()) == first["state"]
    again = report(
        ACME, "--config", config(tmp_path, count=7), "--db", "a.duckdb", "--state", "s/state.json", cwd=tmp_path
    )
    assert [(each["documents"], each["rows"]) for each in again["bindings"]] == [(0, 6), (0, 3)]
    more = report(
        ACME, "--config", config(tmp_path, count=12), "--db", "a.duckdb", "--state", "s/state.json", cwd=tmp_path
    )
    assert [(each["documents"], each["deletes"], each["rows"]) for each in more["bindings"]] == [(4, 1, 10), (0, 0, 3)]
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["state.json"]


def test_a_rerun_without_state_starts_over(tmp_path):
    preview(ACME, "--config", config(tmp_path, count=9), "--db", "a.duckdb", cwd=tmp_path)
    found = report(ACME, "--config", config(tmp_path, count=2), "--db", "a.duckdb", cwd=tmp_path)
    assert found["bindings"][0]["rows"] == 2


def interrupted(folder, *args, mark):
    """What a preview says that is interrupted as soon as the file ``mark`` is there."""
    argv = command(*args, "--json")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=ENV) as process:
        while not mark.exists():
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert b"Traceback" not in err
    assert process.returncode == 1
    return json.loads(out), err.decode()


def test_an_interrupt_keeps_what_was_committed_and_a_rerun_completes_it(tmp_path):
    mark, stay = tmp_path / "mark", tmp_path / "stay"
    stay.touch()  # the connector stays where it is after three pages of two
    slow = config(tmp_path, count=60, page=2, mark=str(mark), stay=str(stay))
    args = (ACME, "--config", slow, "--db", "a.duckdb", "--state", "state.json", "--streams", "tickets")
    found, _ = interrupted(tmp_path, *args, mark=mark)
    assert found["verdict"] == "partial"
    assert found["state"]["bindingStateV1"]["tickets.v0"]["done"] == 6
    assert json.loads((tmp_path / "state.json").read_text()) == found["state"]
    assert found["bindings"][0]["rows"] == 6
    stay.unlink()
    rest = report(*args, cwd=tmp_path)
    assert (rest["verdict"], rest["bindings"][0]["rows"]) == ("complete", 59)
    assert rest["bindings"][0]["documents"] == 60 - 6


def test_an_interrupt_before_the_session_ends_with_one_sentence(tmp_path):
    mark = tmp_path / "mark"
    slow = config(tmp_path, asked=str(mark))
    found, err = interrupted(tmp_path, ACME, "--config", slow, "--db", "a.duckdb", mark=mark)
    assert found == {"error": {"message": "Interrupted."}}
    assert err == "error: Interrupted.\n"
    assert not (tmp_path / "a.duckdb").exists()


def test_a_connector_that_fails_midway_is_partial(tmp_path):
    path = config(tmp_path, fail="Acme is closed for today.")
    done = preview(ACME, "--config", path, "--db", "a.duckdb", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.rstrip().endswith("\npartial: Acme is closed for today.")
    assert "error: Acme is closed for today." in done.stderr


@pytest.mark.parametrize("rule", ["document-invalid", "checkpoint-foreign", "secret", "line-not-json"])
def test_a_connector_that_breaks_the_protocol_fails(tmp_path, rule):
    found = report(broken(tmp_path, rule), "--config", config(tmp_path), "--streams", "tickets", cwd=tmp_path)
    assert found["verdict"] == "failed"
    assert f"[{rule}]" in found["violations"][0]
    assert "made-up-key" not in json.dumps(found["violations"])


def test_documents_without_a_checkpoint_are_told_and_not_kept(tmp_path):
    found = report(broken(tmp_path, "documents-uncommitted"), "--config", config(tmp_path, count=3), cwd=tmp_path)
    assert found["verdict"] == "failed"
    assert found["bindings"][0]["documents"] == 3
    assert found["bindings"][0]["note"] == "1 documents were not committed"


def test_a_state_file_that_is_no_json_is_wrong_usage(tmp_path):
    for text, said in (("{", "is not JSON"), ("[]", "not an object")):
        (tmp_path / "state.json").write_text(text)
        done = preview(ACME, "--sandbox", "--state", "state.json", cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr


def test_a_file_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "text.duckdb").write_text("not a database at all" * 100)
    done = preview(ACME, "--sandbox", "--db", "text.duckdb", cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot be opened as a DuckDB file" in done.stderr
    with duckdb.connect(str(tmp_path / "mine.duckdb")) as connection:
        connection.execute("create table tickets as select 42 as answer")
    done = preview(ACME, "--sandbox", "--db", "mine.duckdb", cwd=tmp_path)
    assert done.returncode == 2
    assert "that no preview made" in done.stderr
    assert rows(tmp_path / "mine.duckdb", "from tickets") == [(42,)]


def test_progress_is_drawn_on_a_terminal(tmp_path):
    ours, theirs = pty.openpty()
    argv = command(ACME, "--config", config(tmp_path, count=30, page=2, pace=0.03))
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=theirs, cwd=tmp_path, env={**ENV, "TERM": "xterm", "COLUMNS": "120"}
    ) as process:
        os.close(theirs)
        drawn = b""
        try:
            while chunk := os.read(ours, 1 << 16):
                drawn += chunk
        except OSError:  # how a terminal says that the other side is gone
            pass
        os.close(ours)
        assert process.stdout.read().rstrip().endswith(b"complete")
    assert process.returncode == 0
    assert b"per second" in drawn
    assert b"backfilling" in drawn


def test_many_documents_take_little_time(tmp_path):
    began = time.monotonic()
    found = report(ACME, "--config", config(tmp_path, count=60_000, page=500), "--streams", "tickets", cwd=tmp_path)
    assert found["bindings"][0]["rows"] == 59_999
    assert time.monotonic() - began < 30


PLAIN = """
from connector_sdk import GET, Config, Connector, Credentials, Http, ROW_ID, Bearer, Secret, Snapshot, Stream

class Token(Credentials, title="Token"):
    token: Secret
    def auth(self):
        return Bearer(self.token)

class PlainConfig(Config):
    credentials: Token

plain = Connector(
    name="source-plain", title="Plain", config=PlainConfig,
    http=lambda config: Http("https://plain.test", auth=config.credentials),
    streams=[
        Stream("things", key="/id", read=GET("/things", records="/items"), sync=Snapshot()),
        Stream("lines", key=ROW_ID, read=GET("/lines", records="/items"), sync=Snapshot()),
    ],
)
"""
SANDBOX = """
from connector_sdk.testing.fake import Bearer, FakeApi

def sandbox(port=0, clock=None):
    api = FakeApi("plain", port=port, clock=clock, auth=Bearer("made-up-token"))
    api.get("/things")(lambda request: {"items": [{"id": n, "name": f"thing {n}"} for n in range(5)]})
    api.get("/lines")(lambda request: {"items": [{"text": f"line {n}"} for n in range(3)]})
    api.config = lambda: {"credentials": {"token": "made-up-token"}, "advanced": {"base_url": api.url}}
    return api
"""


def plain(folder):
    package = folder / "source-plain" / "source_plain"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(PLAIN)
    (package / "__main__.py").write_text("from connector_sdk.process import main\nmain('source_plain')\n")
    (package.parent / "sandbox.py").write_text(SANDBOX)
    return package.parent


def test_a_preview_through_airbytes_protocol_goes_on_from_its_states(tmp_path):
    how = (plain(tmp_path), "--sandbox", "--protocol", "airbyte", "--db", "a.duckdb", "--state", "state.json")
    first = report(*how, cwd=tmp_path)
    assert first["verdict"] == "complete"
    assert {each["name"]: each["rows"] for each in first["bindings"]} == {"things": 5, "lines": 3}
    assert [each["checkpoints"] for each in first["bindings"]] == [1, 1]
    states = json.loads((tmp_path / "state.json").read_text())
    assert [each["stream"]["stream_descriptor"]["name"] for each in states] == ["things"]  # lines are read in full
    again = report(*how, cwd=tmp_path)
    assert [(each["documents"], each["rows"]) for each in again["bindings"]] == [(0, 5), (3, 3)]
    assert len(rows(tmp_path / "a.duckdb", "select id, name from things")) == 5


def test_a_preview_through_airbytes_protocol_says_what_is_wrong(tmp_path):
    folder = plain(tmp_path)
    path = tmp_path / "config.json"
    path.write_text("{}")
    refused = preview(folder, "--config", path, "--protocol", "airbyte", "--json", cwd=tmp_path)
    assert refused.returncode == 2
    assert "credentials is missing" in json.loads(refused.stdout)["error"]["message"]
    assert json.loads(refused.stdout)["error"]["code"] == "config"
    (tmp_path / "state.json").write_text("{}")
    flows = preview(folder, "--sandbox", "--state", "state.json", "--protocol", "airbyte", cwd=tmp_path)
    assert (flows.returncode, "list of STATE messages" in flows.stderr) == (2, True)
    unknown = preview(folder, "--sandbox", "--protocol", "singer", cwd=tmp_path)
    assert (unknown.returncode, "flow or airbyte" in unknown.stderr) == (2, True)
    interval = preview(folder, "--sandbox", "--protocol", "airbyte", "--interval", "PT1H", cwd=tmp_path)
    assert (interval.returncode, "--interval" in interval.stderr) == (2, True)
