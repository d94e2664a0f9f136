"""Connectors of one's own: their configs are checked whole, by the connector itself or by its entry."""

import shutil
from pathlib import Path

import pytest

from tests.catalog.specs.conftest import SEALED, SOPS

ACME = Path(__file__).parents[2] / "testing" / "toys" / "source-acme"
ENTRY = """\
apiVersion: connector-catalog/v1
kind: Connector
metadata: {name: source-acme}
spec:
  image: {repository: ghcr.io/team/acme-capture}
  estuary: {registered: %s}
"""
GENERATED = """\
generated:
  configSchema:
    type: object
    required: [token]
    properties:
      token: {type: string, secret: true}
      limit: {type: integer}
      nested: {anyOf: [{type: object, properties: {key: {type: string, airbyte_secret: true}}}]}
  resourceSchema: {type: object, required: [name], properties: {name: {type: string}}}
  resourcePathPointers: [/name]
"""


@pytest.fixture
def acme(files):
    shutil.copytree(ACME, files.root / "connectors" / "source-acme")
    return files


def capture(config, image="ghcr.io/team/source-acme:v1", resource="{name: tickets}"):
    return (
        f"captures:\n  t/acme/c:\n    endpoint:\n      connector:\n        image: {image}\n        config: {config}\n"
        f"    bindings:\n      - resource: {resource}\n        target: t/acme/tickets\n"
        "collections:\n  t/acme/tickets:  # not materialized: tried first\n"
        "    schema: {required: [id], properties: {id: {type: string}}}\n    key: [/id]\n"
    )


GOOD = f"{{{SOPS}, credentials: {{credentials_title: API Key, api_key_sops: '{SEALED}'}}}}"


@pytest.mark.parametrize(
    ("config", "resource", "message", "hint"),
    [
        ("{}", "{name: tickets}", "source-acme: The config lacks credentials", "connector-sdk spec"),
        ("{credentials: {credentials_title: API Key}}", "{name: a}", "credentials lacks api_key", ""),
        ("{credentials: {credentials_title: OAuth, api_key: '<key>'}}", "{name: a}", "credentials_title", ""),
        (GOOD.replace("}}", "}, count: many}"), "{name: a}", "count is text; it has to be a whole number", ""),
        (GOOD.replace("}}", "}, cuont: 3}"), "{name: a}", "source-acme knows no cuont", "did you mean 'count'?"),
        (GOOD, "{interval: PT5M}", "the resource lacks name", ""),
        (GOOD, "{name: 7}", "name is a whole number; it has to be text", ""),
    ],
)
def test_a_config_is_held_against_the_connectors_own_schema(acme, config, resource, message, hint):
    found = acme.of(capture(config, resource=resource))
    wrong = [each for each in found if each.rule in ("flow-config", "flow-resource")]
    assert message in wrong[0].message
    assert hint in wrong[0].hint
    assert {each.severity for each in wrong} == {"error"}


def test_what_fits_is_silent_but_for_the_registration(acme):
    (found,) = acme.of(capture(GOOD))
    assert (found.rule, found.line) == ("flow-unregistered", 5)
    assert "the managed control plane refuses to publish it" in found.message


def test_a_secret_in_plain_text(acme):
    found = acme.of(capture("{credentials: {credentials_title: API Key, api_key: abc}}"))
    assert [each.rule for each in found] == ["flow-unregistered", "flow-secret"]


def test_placeholders_and_encrypted_values_are_not_judged(acme):
    found = acme.of(capture("{credentials: {credentials_title: API Key, api_key_sops: <key>}, count: <count>}"))
    assert {each.rule for each in found} == {"flow-unregistered", "flow-placeholder"}


@pytest.mark.parametrize("image", ["ghcr.io/team/source-acme:latest", "ghcr.io/team/source-acme"])
def test_our_images_are_pinned(acme, image):
    (found,) = [each for each in acme.of(capture(GOOD, image)) if each.rule == "flow-tag"]
    assert found.severity == "error"


def test_the_local_command_is_checked_as_the_image_is(acme):
    local = "captures:\n  t/acme/c:\n    endpoint:\n      local:\n        command: [python, -m, source_acme]\n"
    found = acme.of(f"{local}        config: {{cuont: 1}}\n    bindings: []\n")
    assert [each.message for each in found] == [
        "source-acme: The config lacks credentials.",
        "source-acme knows no cuont in its config.",
    ]


def test_an_entry_names_the_image_and_whether_it_is_registered(acme):
    acme.write("catalog-entries/source-acme.yaml", ENTRY % "true")
    assert acme.of(capture(GOOD, "ghcr.io/team/acme-capture:v1"), publish=True) == []
    acme.write("catalog-entries/source-acme.yaml", ENTRY % "false")
    found = acme.of(capture(GOOD, "ghcr.io/team/acme-capture:v1"), publish=True)
    assert [(each.rule, each.severity) for each in found] == [("flow-unregistered", "error")]


def test_the_generated_part_of_an_entry_is_enough(files):
    files.write("catalog-entries/source-acme.yaml", ENTRY % "true" + GENERATED)
    found = files.of(capture("{tokn: a, limit: x, nested: {key: s}}", "ghcr.io/team/acme-capture:v1", "{nme: a}"))
    assert sorted((each.rule, each.message.partition(": ")[2] or each.message) for each in found) == [
        ("flow-config", "The config lacks token."),
        ("flow-config", "limit is text; it has to be a whole number."),
        ("flow-config", "source-acme knows no tokn in its config."),
        ("flow-resource", "the resource lacks name."),
        ("flow-secret", "nested.key is a secret in plain text."),
    ]


def test_a_connector_that_cannot_be_asked_is_told_and_the_rest_is_checked(acme):
    package = acme.root / "connectors" / "source-acme" / "source_acme"
    (package / "__init__.py").write_text("raise RuntimeError('no')\n")
    found = acme.of(capture("{a: '${B}'}"))
    assert [each.rule for each in found] == ["flow-unregistered", "flow-config", "flow-variable"]
    assert "could not be asked for its spec" in found[1].message
    assert found[1].severity == "warning"


def test_an_entry_that_is_broken_is_not_lints_business(acme):
    acme.write("catalog-entries/broken.yaml", "a: [\n")
    assert [each.rule for each in acme.of(capture(GOOD))] == ["flow-unregistered"]
