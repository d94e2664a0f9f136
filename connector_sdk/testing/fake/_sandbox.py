"""What a connector's ``sandbox.py`` offers, to the command and to tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from connector_sdk.testing.fake._api import FakeApi
from connector_sdk.testing.fake._values import JsonObject

__all__ = ["Part", "Sandbox", "beside", "load_sandbox"]


@dataclass(frozen=True)
class Part:
    """Streams of a source that are proved together, on a sandbox of their own.

    ``streams``: their names; without any, all that are on by default. ``changes``: the kinds of change that
    ``sandbox.tick`` makes meanwhile, where not all of them are promised to be found; ``options``: what ``sandbox()`` is
    given; ``restless``: those of the streams that are new at every reading, such as counts up to now. A ``sandbox.py``
    may hold several in ``PARTS``; without it there is one.
    """

    name: str = "all"
    streams: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    restless: tuple[str, ...] = ()


@runtime_checkable
class Sandbox(Protocol):
    """A vendor's API in one process: what ``sandbox(port=..., clock=...)`` in a connector's ``sandbox.py`` returns."""

    @property
    def api(self) -> FakeApi:
        """The server, for faults, limits, holds and the request log."""
        ...

    @property
    def url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:40123``."""
        ...

    def start(self) -> Any:
        """Listen; gives the sandbox itself."""
        ...

    def stop(self) -> None:
        """Close every connection; nothing is left running."""
        ...

    def config(self) -> JsonObject:
        """A connector config that fits it, ``advanced.base_url`` included."""
        ...

    def truth(self, stream: str) -> dict[Any, JsonObject]:
        """What a perfect capture of the stream would hold now: records as the API shows them, by key."""
        ...

    def __enter__(self) -> Any: ...

    def __exit__(self, *exc: object) -> None: ...


def load_sandbox(folder: str | Path) -> Callable[..., Sandbox]:
    """The ``sandbox`` function of a connector's folder. Raises FileNotFoundError where there is no ``sandbox.py``."""
    module = beside(Path(folder).resolve() / "sandbox.py", "sandbox")
    made: Callable[..., Sandbox] = module.sandbox
    return made


def beside(file: str | Path, name: str) -> ModuleType:
    """The module ``name.py`` in the folder of ``file``, under a name of its own: a sandbox may be several files."""
    path = Path(file).resolve().with_name(f"{name}.py")
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}")
    unique = f"_sandbox_of_{sha256(str(path.parent).encode()).hexdigest()[:12]}_{name}"
    if unique in sys.modules:
        return sys.modules[unique]
    spec = spec_from_file_location(unique, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[unique] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique]
        raise
    return module
