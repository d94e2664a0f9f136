"""The whole path, as a person walks it: from "is there a connector?" to the pack that Estuary gets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalog.requests.desk import DECIDES, Desk
from tests.images.conftest import Layout

pytestmark = pytest.mark.slow


class Walk:
    """The command, as a process in the desk's folder; what it says while it works is no answer."""

    def __init__(self, desk: Desk) -> None:
        self.root = desk.root

    def say(self, *args: str, code: int = 0) -> str:
        """The answer; an error's sentence where one is expected."""
        argv = [sys.executable, "-m", "connector_sdk.cli", *args]
        done = subprocess.run(argv, cwd=self.root, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout or done.stderr

    def keep(self, path: Path, *args: str) -> None:
        """The answer as JSON, in a file."""
        path.write_text(self.say(*args, "--json"), "utf-8")


def test_what_estuary_lacks_becomes_a_candidate(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    walk = Walk(desk)
    out = tmp_path_factory.mktemp("out")
    base = Layout(out / "base").write()

    said = walk.say("catalog", "check", "Zoom", code=6)
    assert "request-custom" in said and "connector-sdk request new Zoom" in said
    walk.say("request", "new", "Zoom", "--streams", "users", "--data", "confidential")
    assert "The catalog has no connector for it." in walk.say("request", "check", "zoom")
    walk.say("request", "decide", "zoom", "--approve", "--reason", "none is there", "--by", DECIDES,
                 "--owner", "data-team")  # fmt: skip
    desk.commit("approved, and begun")
    assert "clean" in walk.say("check-all", "--base", "HEAD~1")

    folder = "connectors/source-zoom"
    assert walk.say("preview", folder, "--sandbox", "--db", str(out / "zoom.duckdb")).rstrip().endswith("complete")
    assert "not ready to be candidate" in walk.say("request", "move", "zoom", "candidate", code=1)
    walk.keep(out / "report.json", "test", folder)
    checks = json.loads((out / "report.json").read_text("utf-8"))["checks"]
    # a small sandbox has no more to say than a pipe holds
    assert {each["check"] for each in checks if each["status"] != "passed"} <= {"a-blocked-reader-is-waited-for"}
    built = ("--builder", "oci", "--base", str(base), "--tag", "ghcr.io/acme/source-zoom:v0")
    walk.keep(out / "image.json", "build", folder, *built, "--output", str(out / "zoom.tar"))
    walk.say("entry", "sync", "source-zoom", "--report", str(out / "report.json"),
                 "--image", str(out / "image.json"))  # fmt: skip
    entry = desk.root / "catalog-entries" / "source-zoom.yaml"
    text = entry.read_text("utf-8")
    entry.write_text(
        text.replace("  code:\n", "  image: {repository: ghcr.io/acme/source-zoom}\n  code:\n", 1), "utf-8"
    )
    walk.say("request", "move", "zoom", "candidate")
    assert "lifecycle: candidate" in entry.read_text("utf-8")

    walk.say("entry", "pack", "source-zoom", "--output", str(out / "pack"))
    digest = json.loads((out / "image.json").read_text("utf-8"))["digest"]
    assert digest in (out / "pack" / "registration.json").read_text("utf-8")
    told = json.loads(walk.say("check-all", "--base", "main", "--json"))
    assert told["clean"] and told["findings"] == []
    assert "Zoom     candidate   data-team" in walk.say("request", "list")
