"""A kit for stateful fakes of vendors' APIs: real HTTP on 127.0.0.1, data that changes while it is read, faults.

A vendor is a page of Python::

    api = FakeApi("acme", auth=Bearer("a-made-up-token"))
    api.error_body = lambda status, message, request: {"errors": [message]}
    calls = api.collection("calls", key="/id", order="/started")
    pages = api.pager("offset", size=100, life="1d")
    api.limit(3, per="1s")

    @api.get("/v2/calls")
    def list_calls(request):
        since, until = request.instant("fromDateTime"), request.instant("toDateTime")
        page = pages.page(request, calls.select(between("/started", since, until)), at="cursor")
        return {"calls": page.records, "total": page.total, "cursor": page.next}

    with api:
        calls.put({"id": "1", "started": "2026-01-01T00:00:00Z"})
        api.fault(Fault.status(503), "GET /v2/calls", nth=2)
        read(api.url)  # what is tested
        assert api.requests.count("GET /v2/calls") == 3 and not api.errors
"""

from connector_sdk.testing.fake._api import ErrorBody, FakeApi
from connector_sdk.testing.fake._auth import ApiKey, Auth, Basic, Bearer, OAuthTokens
from connector_sdk.testing.fake._collection import Between, Collection, Filter, among, between, equals, on_days
from connector_sdk.testing.fake._faults import TRANSIENT, Chaos, Fault, Hold, Hook, Rule
from connector_sdk.testing.fake._limits import Limit
from connector_sdk.testing.fake._log import Exchange, RequestLog
from connector_sdk.testing.fake._madeup import MadeUp
from connector_sdk.testing.fake._paging import Page, Pager, next_link, numbered, offsets
from connector_sdk.testing.fake._request import Answer, Refuse, Request
from connector_sdk.testing.fake._routes import Handler
from connector_sdk.testing.fake._sandbox import Part, Sandbox, beside, load_sandbox
from connector_sdk.testing.fake._values import (
    Duration,
    Form,
    HandClock,
    JsonObject,
    day_of,
    day_start,
    instant_in,
    zoned_text,
)

__all__ = [
    "TRANSIENT",
    "Answer",
    "ApiKey",
    "Auth",
    "Basic",
    "Bearer",
    "Between",
    "Chaos",
    "Collection",
    "Duration",
    "ErrorBody",
    "Exchange",
    "FakeApi",
    "Fault",
    "Filter",
    "Form",
    "HandClock",
    "Handler",
    "Hold",
    "Hook",
    "JsonObject",
    "Limit",
    "MadeUp",
    "OAuthTokens",
    "Page",
    "Pager",
    "Part",
    "Refuse",
    "Request",
    "RequestLog",
    "Rule",
    "Sandbox",
    "among",
    "beside",
    "between",
    "day_of",
    "day_start",
    "equals",
    "instant_in",
    "load_sandbox",
    "next_link",
    "numbered",
    "offsets",
    "on_days",
    "zoned_text",
]

for _name in __all__:
    if getattr(globals()[_name], "__module__", "").startswith(__name__ + "._"):
        globals()[_name].__module__ = __name__
