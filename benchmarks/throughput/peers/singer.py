"""The job as a tap written with singer-sdk: ``singer.py URL``."""

import sys

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import JSONPathPaginator

BASE, PATH = sys.argv[1].rsplit("/", 1)
TEXT, INSTANT, FLAG, NUMBER = th.StringType, th.DateTimeType, th.BooleanType, th.NumberType
ANY = th.ObjectType(additional_properties=True)
FIELDS = {
    "id": TEXT, "createdAt": INSTANT, "updatedAt": INSTANT, "archived": FLAG, "properties": ANY, "associations": ANY,
    "tags": th.ArrayType(TEXT), "owner": ANY, "name": TEXT, "score": NUMBER, "active": FLAG, "ownerId": TEXT,
    "kind": TEXT, "v": NUMBER,
}  # fmt: skip


class Deals(RESTStream):
    name = "deals"
    path = "/" + PATH
    url_base = BASE
    primary_keys = ("id",)
    records_jsonpath = "$.results[*]"
    schema = th.PropertiesList(*(th.Property(name, kind) for name, kind in FIELDS.items())).to_dict()

    def get_new_paginator(self):
        return JSONPathPaginator("$.paging.next.after")

    def get_url_params(self, context, token):
        return {"limit": 250, **({"after": token} if token else {})}


class Deal(Tap):
    name = "tap-deals"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self):
        return [Deals(self)]


Deal(config={}).sync_all()
