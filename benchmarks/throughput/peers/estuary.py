"""The job as a source written with estuary-cdk, in the idioms that its own connectors use.

    MODE=typed   the page is validated by pydantic, and models are yielded
    MODE=dicts   json.loads, and plain dicts are yielded

There is only a backfill, so the process ends with it. ``DELAY=0`` leaves out the time that its rate limiter sleeps
before every request, which begins at a second and shrinks with each success: it is most of the time of a fast API.
"""

import asyncio
import functools
import json
import os
from datetime import UTC, datetime

from estuary_cdk.capture import BaseCaptureConnector, Request, common
from estuary_cdk.capture.common import BaseDocument, ConnectorState, ResourceConfig, ResourceState
from estuary_cdk.flow import ConnectorSpec
from pydantic import AwareDatetime, BaseModel

TYPED = os.environ["MODE"] == "typed"


class Config(BaseModel):
    base_url: str


class Deal(BaseDocument, extra="allow"):
    id: str
    updatedAt: AwareDatetime


class After(BaseModel, extra="allow"):
    after: str


class Paging(BaseModel, extra="allow"):
    next: After


class Page(BaseModel, extra="allow"):
    results: list[Deal]
    paging: Paging | None = None


async def fetch_page(http, url, log, page, cutoff):
    params = {"limit": "250", **({"after": page} if page else {})}
    body = await http.request(log, url, params=params)
    if TYPED:
        result = Page.model_validate_json(body)
        for deal in result.results:
            yield deal
        if result.paging:
            yield result.paging.next.after
    else:
        result = json.loads(body)
        for deal in result["results"]:
            yield deal
        if "paging" in result:
            yield result["paging"]["next"]["after"]


State = ConnectorState[ResourceState]


class Source(BaseCaptureConnector[Config, ResourceConfig, State]):
    def request_class(self):
        return Request[Config, ResourceConfig, State]

    async def spec(self, log, _):
        return ConnectorSpec(
            configSchema=Config.model_json_schema(),
            documentationUrl="",
            resourceConfigSchema=ResourceConfig.model_json_schema(),
            resourcePathPointers=["/name"],
        )

    async def discover(self, log, discover):
        raise NotImplementedError

    async def validate(self, log, validate):
        raise NotImplementedError

    async def open(self, log, open):
        if os.environ.get("DELAY") == "0":
            self.rate_limiter.delay = 0.0
        url = open.capture.config.base_url

        def begin(binding, index, state, task, all_bindings):
            fetch = functools.partial(fetch_page, self, url)
            common.open_binding(binding, index, state, task, fetch_page=fetch)

        deals = common.Resource(
            name="deals",
            key=["/id"],
            model=Deal,
            open=begin,
            initial_state=ResourceState(backfill=ResourceState.Backfill(cutoff=datetime.now(tz=UTC), next_page=None)),
            initial_config=ResourceConfig(name="deals"),
            schema_inference=True,
        )
        return common.open(open, common.resolve_bindings(open.capture.bindings, [deals]))


asyncio.run(Source().serve())
