"""The Airbyte protocol: a small back end over the engine, beside ``flow``."""

from .command import AirbyteCommand
from .ending import die, told_of
from .logs import AirbyteLogs
from .stdout import Stdout

__all__ = ["AirbyteCommand", "AirbyteLogs", "Stdout", "die", "told_of"]
