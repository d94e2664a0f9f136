"""The Flow capture protocol: a small back end over the engine."""

from .logs import JsonLogs
from .server import FlowServer

__all__ = ["FlowServer", "JsonLogs"]
