"""What an image weighs and how soon it speaks: ``python -m benchmarks.images``; docs/images.md has the tables.

Needs a container engine and the image's base in it (``CONNECTOR_BASE_IMAGE``). Medians of ten.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from connector_sdk.images import Built, Options, attached, build, read_settings
from connector_sdk.testing.fake import load_sandbox
from connector_sdk.testing.flow import Opened, Player

GONG = Path(__file__).parents[1] / "connectors" / "source-gong"
NAME = "connector-sdk-bench:gong"
TIMES = 10
# within the container, as Flow's own helper starts the connector for each request
WITHIN = """
import json, resource, statistics, subprocess, sys, time
def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
def once(argv):
    before, began = cpu(), time.perf_counter()
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b'{"spec":{}}\\n')
        process.stdin.close()
        process.stdout.read(1)
        first = time.perf_counter() - began
        process.stdout.read()
    return first, cpu() - before
found = {}
for name, argv in {"frozen": ["python3", "/app/start.py", "source_gong"],
                   "code": ["python3", "-m", "source_gong"]}.items():
    runs = [once(argv) for _ in range(int(sys.argv[1]))]
    found[name] = [statistics.median(each[place] for each in runs) for place in (0, 1)]
print(json.dumps(found))
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.images", description=__doc__)
    parser.add_argument("--builds", type=int, default=3, help="warm builds with each builder")
    told = parser.parse_args()
    base = os.environ["CONNECTOR_BASE_IMAGE"]
    cli = os.environ.get("DOCKER_CLI", "docker")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "base.tar"
        subprocess.run([cli, "save", "--output", str(archive), base], check=True)
        ways = {
            "docker": Options(NAME, "docker", base),
            "oci": Options(NAME, "oci", str(archive), output=Path(folder) / "gong.tar"),
        }
        built = {name: _warm(options, told.builds) for name, options in ways.items()}
        packed = (Path(folder) / "gong.tar").stat().st_size
    _sizes(built["docker"][0], packed)
    _builds({name: runs for name, (_, runs) in built.items()})
    _starts(cli)
    subprocess.run([cli, "image", "rm", "--force", NAME], check=True, capture_output=True)


def _warm(options: Options, times: int) -> tuple[Built, list[dict[str, float]]]:
    settings = read_settings("source-gong", "source_gong", GONG)
    built = build(settings, options)
    runs = []
    for _ in range(times):
        began = time.perf_counter()
        built = build(settings, options)
        runs.append({**built.seconds, "in all": time.perf_counter() - began})
    return built, runs


def _sizes(built: Built, packed: int) -> None:
    print("| part of the image's own layers | MB, unpacked |\n|---|---:|")
    for name, size in built.size.parts.items():
        print(f"| {name} | {size / 1e6:.2f} |")
    print(f"| **in all** | **{built.size.total / 1e6:.2f}** |\n")
    print(f"The whole archive, base included and compressed: {packed / 1e6:.1f} MB.\n")


def _builds(runs: dict[str, list[dict[str, float]]]) -> None:
    print(
        "| warm build | base | stage | build | check | name or write | in all, s |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    for name, each in runs.items():
        each = [{**one, "name": one.get("name", 0.0) + one.get("write", 0.0)} for one in each]
        phases = ("base", "stage", "build", "check", "name", "in all")
        row = [f"{statistics.median(one.get(phase, 0.0) for one in each):.2f}" for phase in phases]
        print(f"| {name} | {' | '.join(row)} |")
    print()


def _starts(cli: str) -> None:
    argv = [cli, "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--memory", "1g",
            "--entrypoint", "python3", NAME, "-c", WITHIN, str(TIMES)]  # fmt: skip
    within = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    print("| start | first protocol byte, s | CPU, s |\n|---|---:|---:|")
    print(f"| `spec`, frozen; from process start | {within['frozen'][0]:.3f} | {within['frozen'][1]:.3f} |")
    print(f"| `spec`, by the code; from process start | {within['code'][0]:.3f} | {within['code'][1]:.3f} |")
    whole = attached(NAME, network="none")
    print(f"| `spec`, frozen; from `docker run` | {_median(lambda: _spec(whole)):.3f} | |")
    with load_sandbox(GONG)() as vendor:
        player = Player(attached(NAME))
        capture = player.prepare(vendor.config(), streams=["workspaces"])

        def opened() -> None:
            with player.open(capture) as session:
                next(event for event in session if isinstance(event, Opened))

        print(f"| `opened`; from `docker run` | {_median(opened):.3f} | |")


def _spec(argv: list[str]) -> None:
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"spec":{}}\n')
        process.stdin.close()
        assert process.stdout.read(1)


def _median(once: Callable[[], None]) -> float:
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        once()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


if __name__ == "__main__":
    main()
