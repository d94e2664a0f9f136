"""The job as a source written with airbyte-cdk: ``airbyte.py URL``.

MODE=manifest   declared in a manifest
MODE=python     a Python HttpStream
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, ConnectorSpecification
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
from airbyte_cdk.sources.streams.http import HttpStream

BASE, PATH = sys.argv[1].rsplit("/", 1)
TEXT = {"type": "string"}
SCHEMA = {"type": "object", "additionalProperties": True, "properties": {"id": TEXT, "updatedAt": TEXT}}
CATALOG = {
    "streams": [
        {
            "stream": {"name": "deals", "json_schema": SCHEMA, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
    ]
}


def option(name):
    return {"type": "RequestOption", "inject_into": "request_parameter", "field_name": name}


PAGINATOR = {
    "type": "DefaultPaginator",
    "page_token_option": option("after"),
    "page_size_option": option("limit"),
    "pagination_strategy": {
        "type": "CursorPagination",
        "page_size": 250,
        "cursor_value": "{{ response.get('paging', {}).get('next', {}).get('after') }}",
        "stop_condition": "{{ not response.get('paging') }}",
    },
}
RETRIEVER = {
    "type": "SimpleRetriever",
    "requester": {"type": "HttpRequester", "url_base": BASE, "path": "/" + PATH, "http_method": "GET"},
    "record_selector": {
        "type": "RecordSelector",
        "extractor": {"type": "DpathExtractor", "field_path": ["results"]},
    },
    "paginator": PAGINATOR,
}
MANIFEST = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["deals"]},
    "streams": [
        {
            "type": "DeclarativeStream",
            "name": "deals",
            "primary_key": ["id"],
            "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
            "retriever": RETRIEVER,
        }
    ],
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
}


class Deals(HttpStream):
    url_base = BASE + "/"
    primary_key = "id"
    name = "deals"

    def path(self, **_):
        return PATH

    def get_json_schema(self):
        return SCHEMA

    def next_page_token(self, response):
        paging = response.json().get("paging")
        return {"after": paging["next"]["after"]} if paging else None

    def request_params(self, stream_state=None, stream_slice=None, next_page_token=None):
        return {"limit": 250, **(next_page_token or {})}

    def parse_response(self, response, **_):
        yield from response.json()["results"]


class Source(AbstractSource):
    def check_connection(self, logger, config):
        return True, None

    def streams(self, config):
        return [Deals()]

    def spec(self, *_):
        return ConnectorSpecification(connectionSpecification={"type": "object", "properties": {}})


with tempfile.TemporaryDirectory() as place:
    files = {"config": {}, "catalog": CATALOG, "manifest": MANIFEST}
    at = {name: str(Path(place) / f"{name}.json") for name in files}
    for name, content in files.items():
        Path(at[name]).write_text(json.dumps(content))
    if os.environ["MODE"] == "manifest":
        catalog = ConfiguredAirbyteCatalogSerializer.load(CATALOG)
        source = YamlDeclarativeSource(path_to_yaml=at["manifest"], catalog=catalog, config={}, state=None)
    else:
        source = Source()
    launch(source, ["read", "--config", at["config"], "--catalog", at["catalog"]])
