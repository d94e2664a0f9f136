"""airbyte-cdk's standard source tests over an executable, which the suite itself would only run in its own process."""

import os
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from airbyte_cdk.models import ConfiguredAirbyteCatalog
from airbyte_cdk.test import entrypoint_wrapper
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests import _assertions, connector_base, source_base

EXECUTABLE = os.environ["JUDGED_EXECUTABLE"]
ROOT = Path(os.environ["JUDGED_ROOT"])


def run_test_job(
    connector: Any, verb: str, *, connector_root: Path, test_scenario: Any = None, catalog: Any = None,
    inspect_output: Any = None,
) -> entrypoint_wrapper.EntrypointOutput:  # fmt: skip
    """What the suite's function of this name does, with a process of its own in place of a Python object."""
    scenario = test_scenario or ConnectorTestScenario()
    files = {}
    if verb != "spec":
        files["config"] = scenario.get_config_dict(empty_if_missing=True, connector_root=connector_root)
    if catalog is not None:
        files["catalog"] = asdict(catalog) if isinstance(catalog, ConfiguredAirbyteCatalog) else catalog
    with tempfile.TemporaryDirectory() as folder:
        arguments = [verb]
        for name, content in files.items():
            path = Path(folder) / f"{name}.json"
            path.write_bytes(orjson.dumps(content))
            arguments += [f"--{name}", str(path)]
        ran = subprocess.run([EXECUTABLE, *arguments], capture_output=True, text=True, check=False)
    lines = ran.stdout.splitlines()
    assert lines, ran.stderr
    output = entrypoint_wrapper.EntrypointOutput(messages=lines, command=arguments, stderr=ran.stderr)
    assert not [each for each in output.logs if not each.log.level], "a line was no message"
    if inspect_output:
        inspect_output(output)
    if verb == "check":
        assert ran.returncode == 0
        _assertions.assert_check_outcome(
            check_result=output, expected_outcome=scenario.expected_outcome, connector_name=connector_root.name
        )
        return output
    assert bool(ran.returncode) == bool(output.errors), f"exit {ran.returncode} with {len(output.errors)} errors"
    if output.errors and scenario.expected_outcome.expect_success():
        raise output.as_exception()
    if scenario.expected_outcome.expect_exception() and not output.errors:
        raise AssertionError("Expected exception but got none.")
    return output


source_base.run_test_job = connector_base.run_test_job = run_test_job


class TestSuite(source_base.SourceTestSuiteBase):
    connector = object()

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT

    @classmethod
    def create_connector(cls, scenario: Any) -> Any:
        return EXECUTABLE
