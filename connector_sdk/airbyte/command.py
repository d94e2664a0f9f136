"""The commands of an Airbyte source: spec, check, discover, read; their flags, and their exit codes."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NoReturn

from connector_sdk.config import Config
from connector_sdk.declare import Connector
from connector_sdk.errors import SdkError, did_you_mean
from connector_sdk.serving import Service

from . import messages
from .dialect import spec_schema, stream_of
from .ending import told_of
from .inputs import configured_of, read_config, read_json, states_of
from .logs import AirbyteLogs
from .stdout import Stdout

__all__ = ["AirbyteCommand"]

_COMMANDS = ("spec", "check", "discover", "read")
_log = logging.getLogger("connector_sdk")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.__stderr__.write(f"{message}\n{self.format_usage()}")  # type: ignore[union-attr]
        sys.__stderr__.flush()  # type: ignore[union-attr]
        raise SystemExit(2)


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Raises SystemExit(2) for wrong usage, which is told on stderr."""
    common = _Parser(add_help=False)
    common.add_argument("--debug", action="store_true", help="log what is done in detail")
    parser = _Parser(prog="source", description="Speaks the Airbyte protocol; without arguments, Estuary Flow's.",
                     parents=[common])  # fmt: skip
    commands = parser.add_subparsers(dest="command", metavar="{spec,check,discover,read}", parser_class=_Parser)
    helps = {
        "spec": "tell what a config holds",
        "check": "try a config",
        "discover": "tell which streams there are",
        "read": "read streams",
    }
    for name in _COMMANDS:
        command = commands.add_parser(name, parents=[common], help=helps[name])
        if name != "spec":
            command.add_argument("--config", required=True, metavar="FILE", help="the config, as JSON")
        if name == "read":
            command.add_argument("--catalog", required=True, metavar="FILE", help="the configured catalog, as JSON")
            command.add_argument("--state", metavar="FILE", help="the STATE messages to go on from, as a JSON list")
    wrong = next((each for each in arguments if not each.startswith("-")), "")
    if wrong and wrong not in _COMMANDS:
        parser.error(f"{wrong!r} is no command: {did_you_mean(wrong, _COMMANDS)}")
    return parser.parse_args(list(arguments))


class AirbyteCommand:
    """One run of an Airbyte source."""

    def __init__(self, arguments: Sequence[str], stdout: Stdout, logs: AirbyteLogs) -> None:
        self._stdout = stdout
        self._logs = logs
        self._given = _arguments(arguments)
        if self._given.debug:
            logging.getLogger().setLevel(logging.DEBUG)

    def run(self, load: Callable[[], Connector]) -> int:  # type: ignore[type-arg]
        """Do what was asked, and tell how it went. The exit code."""
        try:
            service = Service(load(), self._logs.hide)
            code: int = getattr(self, f"_{self._given.command}")(service)
            return code
        except Exception as error:
            self.failed(error)
            return 1

    def failed(self, error: BaseException) -> None:
        """Tell why the process ends."""
        self._stdout.say(told_of(error, self._logs))

    def _spec(self, service: Service) -> int:
        connector = service.connector
        self._stdout.say(messages.spec(spec_schema(connector), connector.docs))
        return 0

    def _check(self, service: Service) -> int:
        problem = ""
        try:
            data = read_config(self._given.config)
            config = service.config(data)
            service.prove(config, self._keeping(service, config, data))
        except SdkError as error:
            problem = self._logs.clean(str(error))
        self._stdout.say(messages.connection_status(problem))
        return 0

    def _discover(self, service: Service) -> int:
        data = read_config(self._given.config)
        config = service.config(data)
        keep = self._keeping(service, config, data)
        service.prove(config, keep)
        found, lacking = service.found(config, keep)
        streams = {name: each for name, each in found.items() if name not in lacking}  # there is no way to show it off
        from .sampling import schemas_of

        how = {"keep": keep, "hide": self._logs.hide}
        schemas = schemas_of(service.connector, config, streams.values(), service.start(config), **how)
        self._stdout.say(messages.catalog([stream_of(each, schemas[name]) for name, each in streams.items()]))
        return 0

    def _read(self, service: Service) -> int:
        given = self._given
        data = read_config(given.config)
        config = service.config(data)
        keep = self._keeping(service, config, data)
        streams = service.offered(config, keep)
        configured = configured_of(read_json(given.catalog, "--catalog"), service.connector.title, streams)
        states = states_of(read_json(given.state, "--state") if given.state else None)
        from .control import Replaced
        from .read import Read

        login = service.rotating(config)
        replaced = None if login is None else Replaced(data, login)
        return Read(service, self._stdout, self._logs, configured, states).run(config, replaced)

    def _keeping(self, service: Service, config: Config, data: Any) -> Callable[[str], Awaitable[None]] | None:
        """What keeps the next refresh token, where they are good for one use."""
        login = service.rotating(config)
        if login is None:
            return None
        from .control import Replaced

        replaced = Replaced(data, login)

        async def keep(token: str) -> None:
            self._stdout.say(replaced.message(token))

        return keep
