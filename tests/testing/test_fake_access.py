"""Credentials, limits, and inputs that a fake checks by itself."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from connector_sdk.testing.fake import ApiKey, Auth, Basic, Bearer, FakeApi, HandClock, JsonObject, OAuthTokens, Request


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def api(clock: HandClock) -> Iterator[FakeApi]:
    fake = FakeApi("acme", clock=clock, unauthorized="Failed to verify authentication")
    fake.error_body = lambda status, message, request: {"errors": [message]}
    fake.get("/open", auth=False)(lambda request: {"ok": True})
    fake.get("/me")(lambda request: {"ok": True})
    with fake:
        yield fake


@pytest.fixture
def client(api: FakeApi) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, trust_env=False) as client:
        yield client


# ---- credentials


@pytest.mark.parametrize(
    ("auth", "good", "bad"),
    [
        (Basic("key", "sécret"), httpx.BasicAuth("key", "sécret"), httpx.BasicAuth("key", "other")),
        (Bearer("t1", "t2"), {"Authorization": "Bearer t2"}, {"Authorization": "Bearer t3"}),
        (Bearer("t", scheme="Token"), {"Authorization": "Token t"}, {"Authorization": "Bearer t"}),
        (ApiKey("X-Acme-Key", "k"), {"x-acme-key": "k"}, {"x-acme-key": "K"}),
    ],
)
def test_good_credentials_pass_and_others_are_refused(
    api: FakeApi, client: httpx.Client, auth: Auth, good: Any, bad: Any
) -> None:
    api.auth = [auth]

    def get(path: str, how: Any = None) -> httpx.Response:
        return client.get(path, headers=how) if isinstance(how, dict) else client.get(path, auth=how)

    assert get("/me", good).status_code == 200
    for how in (bad, None):
        answer = get("/me", how)
        assert (answer.status_code, answer.json()) == (401, {"errors": ["Failed to verify authentication"]})
    assert get("/nothing").status_code == 401
    assert get("/open").status_code == 200


def test_any_of_several_ways_admits(api: FakeApi, client: httpx.Client) -> None:
    api.auth = [Basic("a", "b"), ApiKey("x-key", "k")]
    assert client.get("/me", auth=("a", "b")).status_code == 200
    assert client.get("/me", headers={"X-Key": "k"}).status_code == 200


def test_credentials_can_be_revoked_in_mid_run(api: FakeApi, client: httpx.Client) -> None:
    api.auth = [Bearer("t")]
    client.headers["Authorization"] = "Bearer t"
    api.revoke("token was revoked", times=1)
    first = client.get("/me")
    assert (first.status_code, first.json()) == (401, {"errors": ["token was revoked"]})
    assert client.get("/me").status_code == 200
    api.revoke()
    assert [client.get("/me").status_code for _ in range(3)] == [401, 401, 401]
    api.restore()
    assert client.get("/me").status_code == 200


def test_the_log_holds_no_secret(api: FakeApi, client: httpx.Client) -> None:
    api.auth = [ApiKey("X-Acme-Key", "a-secret")]
    client.get("/me", headers={"X-Acme-Key": "a-secret", "Authorization": "Bearer a-secret", "X-Other": "kept"})
    assert "a-secret" not in repr(list(api.requests))
    assert api.requests[0].headers["x-other"] == "kept"


class OAuth:
    def __init__(self, api: FakeApi, client: httpx.Client, **options: Any) -> None:
        self.tokens = OAuthTokens(api.now, client_id="id", client_secret="cs", refresh_token="r0", **options)
        self.client = client
        api.auth = [self.tokens]
        api.post("/oauth/token", auth=False)(self.tokens.endpoint)

    def ask(self, **form: str) -> httpx.Response:
        return self.client.post("/oauth/token", data=form, auth=("id", "cs"))

    def me(self, token: str) -> int:
        return self.client.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code


def test_access_tokens_expire_on_the_clock(api: FakeApi, client: httpx.Client, clock: HandClock) -> None:
    oauth = OAuth(api, client, life="10m")
    answer = oauth.ask(grant_type="client_credentials").json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    assert oauth.me(answer["access_token"]) == 200
    clock.advance("10m")
    assert oauth.me(answer["access_token"]) == 401
    renewed = oauth.ask(grant_type="refresh_token", refresh_token="r0").json()
    assert renewed["refresh_token"] == "r0"
    assert oauth.me(renewed["access_token"]) == 200
    oauth.tokens.expire()
    assert oauth.me(renewed["access_token"]) == 401
    assert oauth.me(oauth.tokens.give()) == 200
    assert oauth.tokens.given == 3


def test_rotating_refresh_tokens_are_good_once(api: FakeApi, client: httpx.Client) -> None:
    oauth = OAuth(api, client, rotating=True, tells_life=False)
    answer = oauth.ask(grant_type="refresh_token", refresh_token="r0").json()
    assert "expires_in" not in answer
    assert oauth.ask(grant_type="refresh_token", refresh_token="r0").json() == {"errors": ["invalid_grant"]}
    assert oauth.ask(grant_type="refresh_token", refresh_token=answer["refresh_token"]).status_code == 200
    assert oauth.ask(grant_type="password").status_code == 400
    assert client.post("/oauth/token", data={"grant_type": "client_credentials"}).status_code == 401


# ---- limits


def test_two_limits_hold_at_once_and_tell_when_to_come_back(
    api: FakeApi, client: httpx.Client, clock: HandClock
) -> None:
    second, day = api.limit(3, per="1s"), api.limit(5, per="1d", message="daily quota")
    assert [client.get("/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/me").headers["retry-after"] == "1"
    clock.advance(0.999)
    assert client.get("/me").status_code == 429
    clock.advance(0.001)
    assert [client.get("/me").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/me")
    assert (refused.headers["retry-after"], refused.json()) == ("86399", {"errors": ["daily quota"]})
    assert (second.refused, day.refused) == (3, 2)
    clock.advance(86_399)
    assert client.get("/me").status_code == 200


def test_the_window_slides(api: FakeApi, client: httpx.Client, clock: HandClock) -> None:
    api.limit(2, per="10s")
    statuses = []
    for _ in range(6):
        statuses.append(client.get("/me").status_code)
        clock.advance("4s")
    assert statuses == [200, 200, 429, 200, 200, 429]


def test_retry_after_may_be_a_date_or_missing(api: FakeApi, client: httpx.Client) -> None:
    limit = api.limit(1, per="1m", retry_after="date")
    client.get("/me")
    answer = client.get("/me")
    wait = parsedate_to_datetime(answer.headers["retry-after"]) - parsedate_to_datetime(answer.headers["date"])
    assert wait.total_seconds() == 60
    limit.retry_after = None
    assert "retry-after" not in client.get("/me").headers


def test_limits_can_be_switched_off_and_reset(api: FakeApi, client: httpx.Client) -> None:
    limit = api.limit(1, per="1d", status=403)
    assert [client.get("/me").status_code for _ in range(2)] == [200, 403]
    limit.reset()
    assert [client.get("/me").status_code for _ in range(2)] == [200, 403]
    api.limits_on = False
    assert [client.get("/me").status_code for _ in range(3)] == [200, 200, 200]


# ---- inputs


def test_inputs_are_read_or_answered_with_400(api: FakeApi, client: httpx.Client) -> None:
    @api.post("/inputs")
    def inputs(request: Request) -> JsonObject:
        return {
            "since": request.instant("since"),
            "epoch": request.instant("/filter/ts", None, form="s"),
            "day": str(request.day("/filter/day", None)),
            "size": request.integer("size", 10, least=1, most=100),
            "kind": request.choice("kind", ("a", "b"), "a"),
            "ids": request.texts("/filter/ids", None, most=2),
            "tags": request.texts("tags", []),
            "name": request.text("name", None),
            "all": request.flag("all"),
        }

    def post(query: str, body: Any = None) -> Any:
        return client.post(f"/inputs?{query}", json=body or {}).json()

    since = "since=2026-01-03T00:00:00%2B01:00"
    body = {"filter": {"ts": "1.5", "day": "2026-01-03", "ids": ["x"]}}
    assert post(f"{since}&size=7&kind=b&tags=u,v&tags=w&name=n&all=true", body) == {
        "since": 1_767_394_800_000_000,
        "epoch": 1_500_000,
        "day": "2026-01-03",
        "size": 7,
        "kind": "b",
        "ids": ["x"],
        "tags": ["u", "v", "w"],
        "name": "n",
        "all": True,
    }
    plain = post(since)
    assert (plain["size"], plain["kind"], plain["ids"], plain["tags"], plain["all"]) == (10, "a", None, [], False)
    for query, inner, told in (
        ("", {}, "since is required"),
        ("since=yesterday", {}, "since is not a valid date-time"),
        ("since=2026-01-03", {}, "since must be a date-time with an offset from UTC"),
        ("since=2026-01-03T00:00:00", {}, "since must be a date-time with an offset from UTC"),
        (f"{since}&size=0", {}, "size must be a whole number from 1 to 100"),
        (f"{since}&size=1e3", {}, "size must be a whole number from 1 to 100"),
        (f"{since}&kind=c", {}, "kind must be one of a, b"),
        (f"{since}&all=perhaps", {}, "all must be true or false"),
        (since, {"day": "03/01/2026"}, "filter.day is not a valid date, YYYY-MM-DD"),
        (since, {"ts": "noon"}, "filter.ts is not a valid date-time"),
        (since, {"ids": "x"}, "filter.ids must be a list of texts"),
        (since, {"ids": ["x", "y", "z"]}, "filter.ids holds 3 values, at most 2 are allowed"),
    ):
        assert post(query, {"filter": inner}) == {"errors": [told]}, query
    assert not api.errors
