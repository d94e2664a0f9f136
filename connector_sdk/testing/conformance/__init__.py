"""The conformance kit: what every connector has to prove, as named checks that are judged from outside.

``connector-sdk test CONNECTOR`` runs them all; in a connector's own tests three lines do::

    from connector_sdk.testing.conformance import conformance

    test_it_conforms = conformance(__file__)
"""

from connector_sdk.testing.conformance import (  # noqa: F401 - each module brings its checks
    _airbyte,
    _bindings,
    _captures,
    _config,
    _crashes,
    _documents,
    _protocol,
)
from connector_sdk.testing.conformance._check import CHECKS, Check, Failed, NotExercised, Outcome, check
from connector_sdk.testing.conformance._lab import Lab
from connector_sdk.testing.conformance._pytest import conformance
from connector_sdk.testing.conformance._report import as_html, as_junit
from connector_sdk.testing.conformance._run import Report, chosen, run, try_check
from connector_sdk.testing.conformance._subject import Subject
from connector_sdk.testing.conformance._world import Source, World

__all__ = [
    "CHECKS",
    "Check",
    "Failed",
    "Lab",
    "NotExercised",
    "Outcome",
    "Report",
    "Source",
    "Subject",
    "World",
    "as_html",
    "as_junit",
    "check",
    "chosen",
    "conformance",
    "run",
    "try_check",
]
