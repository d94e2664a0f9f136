"""What both protocols need of a connector: its config, its proof, its streams, and logs without a secret."""

from .logs import Logs, Prints, install
from .service import Service

__all__ = ["Logs", "Prints", "Service", "install"]
