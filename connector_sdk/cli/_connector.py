"""Finding the connector that an argument names, and the config to run it with."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector_sdk.cli._problems import UsageProblemError
from connector_sdk.errors import did_you_mean

if TYPE_CHECKING:
    from connector_sdk.testing.airbyte import Player as AirbytePlayer
    from connector_sdk.testing.flow import Player

__all__ = ["Target", "config_problems", "discovered", "find_connector", "python_path", "read_config", "stream_names"]

_SDK = Path(__file__).resolve().parents[2]
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@dataclass(frozen=True)
class Target:
    """A connector to run: ``python -m module``, with ``folder`` on the path. ``name`` is how people call it."""

    name: str
    module: str
    folder: Path

    @property
    def sandbox_file(self) -> Path:
        """Where its sandbox is, if it has one."""
        return self.folder / "sandbox.py"

    def player(self, *, log_level: str = "info", once: bool = False, strict: bool = True) -> Player:
        """The runtime's side, to talk to it; ``once`` lets it end when it is caught up."""
        from connector_sdk.testing.flow import Player

        env = {"PYTHONPATH": python_path(self.folder), **({"CONNECTOR_RUN": "once"} if once else {})}
        argv = [sys.executable, "-m", self.module]
        return Player(argv, env=env, strict=strict, log_level=log_level, timeout=300.0)

    def airbyte_player(self) -> AirbytePlayer:
        """Airbyte's side, to talk to it; what breaks the protocol is collected."""
        from connector_sdk.testing.airbyte import Player

        env = {"PYTHONPATH": python_path(self.folder)}
        return Player([sys.executable, "-m", self.module], env=env, strict=False, timeout=300.0)


def python_path(folder: Path) -> str:
    """PYTHONPATH for a connector's process: its folder, this SDK, and what was there before."""
    return os.pathsep.join([str(folder), str(_SDK), *filter(None, [os.environ.get("PYTHONPATH", "")])])


def find_connector(text: str, *, sandbox_only: bool = False) -> Target:
    """The connector that CONNECTOR names: a folder that holds its package, or a module.

    With ``sandbox_only`` a folder may lack the package, as it does before the connector is written.
    """
    if text.startswith("image:"):
        raise UsageProblemError(
            f"{text} is an image: this command takes a connector's folder or module.",
            hint="images are tried with connector-sdk test image:REF --connector FOLDER",
        )
    path = Path(text)
    if path.is_dir() and sandbox_only and (path / "sandbox.py").is_file():
        return Target(path.resolve().name, "", path.resolve())
    if path.is_dir():
        return _in_folder(path.resolve())
    if _MODULE.fullmatch(text):
        sys.path.insert(0, str(Path.cwd()))
        try:
            found = importlib.util.find_spec(text.partition(".")[0])
        finally:
            sys.path.pop(0)
        if found is not None and found.origin:
            return Target(text.replace("_", "-"), text, Path(found.origin).resolve().parents[1])
    raise UsageProblemError(f"There is no connector {text!r}.", hint=_nearest(path))


def _in_folder(folder: Path) -> Target:
    if (folder / "__main__.py").is_file() and (folder / "__init__.py").is_file():
        return Target(folder.name.replace("_", "-"), folder.name, folder.parent)
    packages = sorted(each.parent.name for each in folder.glob("*/__main__.py"))
    expected = folder.name.replace("-", "_")
    if expected in packages or len(packages) == 1:
        return Target(folder.name, expected if expected in packages else packages[0], folder)
    found = f"several packages can be run: {', '.join(packages)}" if packages else "no package can be run"
    raise UsageProblemError(
        f"{folder} is not a connector's folder: {found}.", hint=f"it should hold {expected}/__main__.py"
    )


def _nearest(path: Path) -> str:
    parent = path.parent
    names = [each.name for each in parent.iterdir() if each.is_dir()] if parent.is_dir() else []
    visible = [name for name in names if not name.startswith((".", "_"))]
    return did_you_mean(path.name, visible) if visible else "CONNECTOR is a folder or a module name"


def read_config(path: Path) -> dict[str, Any]:
    """The config in a JSON file."""
    try:
        config = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageProblemError(f"The config {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        # the error names a place, never the text around it, which may hold a secret
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageProblemError(f"The config {path} is not JSON{place}.") from None
    if not isinstance(config, dict):
        raise UsageProblemError(f"The config {path} holds a JSON {type(config).__name__}, not an object.")
    return config


def config_problems(spec: dict[str, Any], config: dict[str, Any]) -> str:
    """What does not fit the connector's config schema, without any value; empty when all fits."""
    import jsonschema_rs

    from connector_sdk.testing.flow import problems

    return problems(jsonschema_rs.validator_for(spec["configSchema"], mask="the value", offline=True), config)


def discovered(player: Player, spec: dict[str, Any], config: dict[str, Any]) -> list[dict[str, Any]]:
    """The bindings that discovery finds. Raises UsageProblemError for a config that does not fit the spec."""
    found = player.discover(config)  # first, since the connector knows better words for what is wrong
    if misfit := config_problems(spec, config):
        raise UsageProblemError(
            f"The config does not fit: {misfit}.", hint="connector-sdk spec CONNECTOR shows the fields"
        )
    return found


def stream_names(text: str | None, known: list[str]) -> list[str] | None:
    """The names in ``--streams a,b``, each known; nothing where the option was not given."""
    if text is None:
        return None
    names = [each.strip() for each in text.split(",") if each.strip()]
    for name in names:
        if name not in known:
            raise UsageProblemError(f"There is no stream {name!r}:", hint=did_you_mean(name, known))
    if not names:
        raise UsageProblemError("--streams names no stream.", hint=f"there is {', '.join(known)}")
    return list(dict.fromkeys(names))
