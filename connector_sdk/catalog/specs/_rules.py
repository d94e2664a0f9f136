"""The rules of ``flow lint``, each with a sentence about what it finds."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["RULES"]

RULES: Mapping[str, str] = {
    "flow-yaml": "the file is no YAML, or cannot be read",
    "flow-shape": "it has not the shape of a specification",
    "flow-import": "an import that is no file, or goes in a circle",
    "flow-name": "a name without the tenant that it belongs to",
    "flow-duplicate": "a name, or a resource, that is there twice",
    "flow-removal": "delete: true or reset: true",
    "flow-image": "an image that Estuary does not have, or that stands in the wrong map",
    "flow-tag": "a tag that does not exist, or that says nothing",
    "flow-deprecated": "a connector that another one replaces",
    "flow-unregistered": "an image that the managed control plane refuses",
    "flow-local": "a local command where files are to be published",
    "flow-config": "a config that the connector does not take",
    "flow-resource": "a resource that the connector does not take",
    "flow-secret": "a secret that is not encrypted",
    "flow-variable": "${VARIABLE}, which Flow does not replace",
    "flow-placeholder": "a value that is to be filled in",
    "flow-schedule": "rows that come later than they should",
    "flow-collection": "source or destination inside of a collection",
    "flow-schema": "a schema that is none, or a file that is not there",
    "flow-key": "a key that is missing, unknown to the schema, optional or no scalar",
    "flow-target": "a target that is no collection",
    "flow-source": "a source that is no collection, or no capture",
    "flow-delta": "delta_updates of documents that change",
    "flow-unfilled": "a collection that no capture writes to",
    "flow-unread": "a collection that no materialization reads",
}
"""What each rule finds. Findings of a rule that is allowed become notes."""
