"""Ways to log in, and how they are renewed: once for all, before they run out, and never twice for one request."""

from __future__ import annotations

import asyncio
import base64
import logging
import sys
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from connector_sdk import (
    GET,
    ApiKey,
    Basic,
    Bearer,
    Credentials,
    JwtLogin,
    NextLink,
    OAuth2,
    OAuth2Login,
    On,
    Secret,
    SessionLogin,
)
from connector_sdk.declare import Limit
from connector_sdk.errors import CredentialsError, NotPerformedError, UnreachableError
from connector_sdk.http import Fill
from connector_sdk.testing.fake import Answer, Fault, OAuthTokens

LIST = GET("/i", records="/i")
CLIENT = {"client_id": "the-client", "client_secret": "the-clients-secret"}


def provider(source: Any, **options: Any) -> OAuth2:
    return OAuth2(source.api.url + "/authorize", source.api.url + "/oauth/token", **options)


def oauth(source: Any, *, life: Any = 3600, **options: Any) -> OAuthTokens:
    """Protects the source with tokens of a provider, and lets the client log in there."""
    told = options.pop("tells_life", True)
    rotating = options.get("rotates", False)
    first = "the-first-refresh-token"
    tokens = OAuthTokens(source.api.now, **CLIENT, refresh_token=first, life=life, rotating=rotating, tells_life=told)
    source.api.auth.append(tokens)
    source.api.post("/oauth/token", auth=False)(tokens.endpoint)
    source.api.get("/i")(lambda request: {"i": [{"id": 1}]})
    login = OAuth2Login(provider(source, **options), *CLIENT.values(), first)
    source.http = {"auth": login}
    return tokens


def ask(source: Any, *between: Any) -> None:
    """One page, then after each of these functions another one, all by one client."""

    async def work(client: Any) -> None:
        await client.page(LIST, Fill())
        for call in between:
            call()
            await client.page(LIST, Fill())

    source.run(work)


@pytest.mark.parametrize("auth, header, value", [
    (Basic("user", "pässword"), "authorization", "Basic " + base64.b64encode("user:pässword".encode()).decode()),
    (Bearer("t0ken"), "authorization", "Bearer t0ken"), (ApiKey("k3y", header="X-Api-Key"), "x-api-key", "k3y"),
])  # fmt: skip
def test_what_stays_as_it_is_is_sent(source: Any, auth: Any, header: str, value: str) -> None:
    source.api.get("/i")(lambda request: {"i": [{"got": request.headers.get(header)}]})
    source.http = {"auth": auth}
    assert source.records(LIST) == [{"got": value}]


def test_a_key_in_a_parameter_is_sent_once_even_where_a_link_holds_it(source: Any) -> None:
    seen: list[Any] = []

    def handler(request: Any) -> Any:
        seen.append(request.queries)
        return {"i": [{}], "next": "/i?key=k3y-of-mine&at=2" if len(seen) < 2 else None}

    source.api.get("/i")(handler)
    source.http = {"auth": ApiKey("k3y-of-mine", param="key")}
    pages = source.pages(GET("/i", records="/i", params={"a": "b c"}, pages=NextLink("/next")))
    assert pages[0].token == source.api.url + "/i?at=2"
    assert seen == [{"a": ["b c"], "key": ["k3y-of-mine"]}, {"at": ["2"], "key": ["k3y-of-mine"]}]


def test_a_secret_that_a_source_puts_into_its_links_is_not_kept_in_the_token(source: Any) -> None:
    secret = "token/of+mine"
    seen: list[Any] = []

    def handler(request: Any) -> Any:
        seen.append(request.query)
        return {"i": [{}], "next": "/i?access_token=token%2Fof%2Bmine&at=2" if len(seen) < 2 else None}

    source.api.get("/i")(handler)
    source.http = {"auth": Bearer(secret)}
    endpoint = GET("/i", records="/i", params={"access_token": secret, "a": 1}, pages=NextLink("/next"))
    assert source.pages(endpoint)[0].token == source.api.url + "/i?at=2"
    assert seen == [{"access_token": secret, "a": "1"}, {"at": "2", "access_token": secret}]


@pytest.mark.parametrize("options", [{}, {"client": "basic"}, {"grant": "client_credentials"},
                                     {"grant": "client_credentials", "client": "basic"}])  # fmt: skip
def test_a_token_is_asked_for_before_the_first_request(source: Any, options: Any) -> None:
    tokens = oauth(source, **options)
    ask(source, lambda: None, lambda: None)
    assert tokens.given == 1


@pytest.mark.parametrize("tells_life, renewed", [(True, 2), (False, 1)])
def test_a_token_is_renewed_after_three_quarters_of_its_life(source: Any, tells_life: bool, renewed: int) -> None:
    tokens = oauth(source, life=1000, tells_life=tells_life)
    ask(source, lambda: source.clock.advance(700), lambda: source.clock.advance(60))
    assert tokens.given == renewed
    assert 401 not in source.api.requests.statuses()


def test_a_token_that_is_refused_is_renewed_once_for_all_who_wait(source: Any) -> None:
    tokens = oauth(source)

    async def work(client: Any) -> None:
        await client.page(LIST, Fill())
        tokens.expire()
        await asyncio.gather(*(client.page(LIST, Fill()) for _ in range(12)))

    source.run(work)
    assert tokens.given == 2


def test_a_second_refusal_names_the_credentials_and_no_value(source: Any) -> None:
    oauth(source)
    source.api.revoke("revoked by the administrator")
    with pytest.raises(CredentialsError, match=r"401 .*revoked by the administrator") as caught:
        source.page(LIST)
    assert "secret" not in str(caught.value)
    assert source.api.requests.count("GET /i") == 2


def test_a_refusal_long_after_a_renewal_renews_again(source: Any) -> None:
    tokens = oauth(source, life=100_000)

    def refused(request: Any) -> None:
        tokens.expire()

    source.api.before("GET /i", refused, nth=1, times=1)
    source.api.fault(Fault.status(429, retry_after=3600), "GET /i", nth=2)
    source.api.before("GET /i", refused, nth=3, times=1)
    source.page(LIST)
    assert tokens.given == 3


def test_a_rule_can_say_that_credentials_ran_out(source: Any) -> None:
    tokens = oauth(source)
    answers = [Answer({"error": "INVALID_SESSION"}, 400), {"i": []}]
    source.api.get("/j")(lambda request: answers.pop(0))
    source.http["error"] = "/error"
    source.page(GET("/j", records="/i", on=[On(400, error="INVALID_SESSION").refresh()]))
    assert tokens.given == 2


def test_a_rotated_refresh_token_is_kept_before_anything_is_done_with_it(source: Any) -> None:
    tokens = oauth(source, rotates=True)
    kept: list[tuple[str, int]] = []

    async def keep(token: str) -> None:
        kept.append((token, source.api.requests.count("GET /i")))

    source.options = {"keep": keep}
    ask(source, tokens.expire)
    assert [token for token, _ in kept][-1] == tokens.refresh_token
    assert [before for _, before in kept] == [0, 2]  # the second after the refusal, before the repeated request
    source.options = {"keep": keep, "kept": tokens.refresh_token}
    ask(source)
    assert tokens.given == 3


def test_a_refresh_token_that_could_not_be_kept_is_kept_at_the_next_try(source: Any) -> None:
    tokens = oauth(source, rotates=True)
    tries: list[str] = []

    async def keep(token: str) -> None:
        tries.append(token)
        if len(tries) == 1:
            raise OSError("no place")

    async def work(client: Any) -> None:
        with pytest.raises(OSError, match="no place"):
            await client.page(LIST, Fill())
        await client.page(LIST, Fill())

    source.options = {"keep": keep}
    source.run(work)
    assert tries[1] == tries[0]
    assert tries[-1] == tokens.refresh_token


def test_one_who_stops_does_not_stop_the_renewal_of_a_rotating_token(source: Any) -> None:
    tokens = oauth(source, rotates=True)
    kept: list[str] = []

    async def keep(token: str) -> None:
        kept.append(token)

    async def work(client: Any) -> None:
        with source.api.hold("POST /oauth/token") as hold:
            task = asyncio.create_task(client.page(LIST, Fill()))
            await asyncio.to_thread(hold.wait)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await client.page(LIST, Fill())

    source.options = {"keep": keep}
    source.run(work)
    assert kept == [tokens.refresh_token]


def test_without_a_place_to_keep_it_a_rotated_token_is_warned_about(source: Any, caplog: Any) -> None:
    oauth(source, rotates=True)
    with caplog.at_level(logging.WARNING):
        ask(source)
    assert "nothing here can keep it" in caplog.text
    assert "refresh-" not in caplog.text


def test_a_dead_refresh_token_is_told_with_what_to_do(source: Any) -> None:
    tokens = oauth(source)
    tokens.refresh_token = "another"
    source.api.error_body = lambda status, message, request: {"error": message, "error_description": "it is revoked"}
    with pytest.raises(CredentialsError, match=r"invalid_grant: it is revoked\)\. Log in again"):
        source.page(LIST)


def test_an_answer_without_a_token_is_a_refusal(source: Any) -> None:
    source.api.post("/oauth/token")(lambda request: {"ok": False, "error": "bad_client_secret"})
    source.http = {"auth": OAuth2Login(provider(source), *CLIENT.values(), "r")}
    with pytest.raises(CredentialsError, match="200 OK: bad_client_secret"):
        source.page(LIST)


def test_a_provider_that_is_down_is_asked_again(source: Any) -> None:
    oauth(source)
    source.api.fault(Fault.status(503), "POST /oauth/token", times=2)
    source.page(LIST)
    assert source.api.requests.count("POST /oauth/token") == 3


def test_a_token_that_still_lives_is_used_while_the_provider_is_down(source: Any) -> None:
    oauth(source, life=4000)
    source.options = {"patience": 100.0}
    down = lambda: source.api.fault(Fault.status(500), "POST /oauth/token", times=None)  # noqa: E731
    with pytest.raises(UnreachableError, match=r"the login for .* kept failing|The login for .* kept failing"):
        ask(source, lambda: (down(), source.clock.advance(3100)), lambda: source.clock.advance(900))
    assert source.api.requests.count("GET /i") == 2


def test_the_grant_with_a_password_and_the_client_in_json(source: Any) -> None:
    seen: list[Any] = []

    def endpoint(request: Any) -> Any:
        seen.append(request.json)
        return {"access_token": "access-by-password", "expires_in": "3600", "token_type": "bearer"}

    source.api.post("/oauth/token")(endpoint)
    source.api.get("/i")(lambda request: {"i": [{"got": request.headers["authorization"]}]})
    made = provider(source, grant="password", client="json", params={"audience": "them"})
    source.http = {"auth": OAuth2Login(made, *CLIENT.values(), user="me", password=Secret("pass-of-mine"))}
    assert source.records(LIST) == [{"got": "Bearer access-by-password"}]
    assert seen == [
        {"grant_type": "password", "audience": "them", "username": "me", "password": "pass-of-mine", **CLIENT}
    ]


def test_requests_go_to_the_host_that_the_login_names(source: Any, raw: Any) -> None:
    body = b'{"i":[{"id":7}]}'
    there = raw(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
    source.api.post("/oauth/token")(
        lambda request: {"access_token": "access-for-a-customer", "api_base_url": there.url}
    )
    login = OAuth2Login(provider(source, base_url="/api_base_url"), *CLIENT.values(), "r")
    source.http = {"auth": login, "base_url": source.api.url + "/v2"}
    assert source.records(LIST) == [{"id": 7}]
    assert there.requests[0].startswith(b"GET /v2/i ")
    assert b"access-for-a-customer" in there.requests[0]


def test_tokens_are_hidden_from_logs_and_errors(source: Any) -> None:
    tokens = oauth(source, rotates=True)
    hidden: set[str] = set()
    source.options = {"hide": hidden.update}
    source.api.get("/j")(lambda request: source.refuse(400, "why " + request.headers["authorization"]))
    with pytest.raises(Exception, match=r"why Bearer \*\*\*"):
        source.page(GET("/j", records=""))
    assert tokens.refresh_token in hidden
    assert any(text.startswith("access-") for text in hidden)


# ---- a login by POST


def session(source: Any, **options: Any) -> list[Any]:
    seen: list[Any] = []

    def login(request: Any) -> Any:
        sent = dict(parse_qsl(request.body.decode())) if options.get("form") else request.json
        seen.append(sent)
        if sent.get("password") != "session-password":
            return source.refuse(401, "wrong password")
        return Answer(
            {"data": {"token": f"session-{len(seen)}"}}, headers={"Set-Cookie": f"sid=cookie-{len(seen)}; Path=/"}
        )

    def listing(request: Any) -> Any:
        seen.append(request.headers.get("x-session") or request.headers.get("cookie"))
        if request.query.get("n") == "refuse" and len(seen) < 4:
            return source.refuse(401, "run out")
        return {"i": [{"id": 1}]}

    source.api.post("/login")(login)
    source.api.get("/i")(listing)
    fields = {"user": "me", "password": Secret("session-password")}
    source.http = {"auth": SessionLogin("/login", fields, header="X-Session", prefix="", **options)}
    return seen


@pytest.mark.parametrize("options, carried", [
    ({"token": "/data/token"}, "session-1"), ({"token": "/data/token", "form": True}, "session-1"),
    ({}, "sid=cookie-1"),
])  # fmt: skip
def test_a_login_gives_a_token_or_cookies(source: Any, options: Any, carried: str) -> None:
    seen = session(source, **options)
    ask(source, lambda: None)
    assert seen == [{"user": "me", "password": "session-password"}, carried, carried]


def test_a_session_that_ran_out_is_begun_again(source: Any) -> None:
    seen = session(source, token="/data/token", lives=1000)
    assert source.records(GET("/i", records="/i", params={"n": "refuse"})) == [{"id": 1}]
    assert [each for each in seen if isinstance(each, str)] == ["session-1", "session-3"]
    ask(source, lambda: source.clock.advance(800))
    assert len([each for each in seen if not isinstance(each, str)]) == 4


def test_a_wrong_password_is_told_without_it(source: Any) -> None:
    session(source, token="/data/token")
    source.http["auth"] = SessionLogin("/login", {"password": Secret("wrong-password")}, token="/data/token")
    with pytest.raises(CredentialsError, match=r"401 Unauthorized: wrong password") as caught:
        source.page(LIST)
    assert "wrong-password" not in str(caught.value)


def test_the_title_of_the_credentials_is_what_errors_call_them(source: Any) -> None:
    class AccessKey(Credentials, title="Access key"):
        key: Secret

        def auth(self) -> Bearer:
            return Bearer(self.key)

    source.api.get("/i")(lambda request: source.refuse(401, "no"))
    source.http = {"auth": AccessKey(key=Secret("some-access-key"))}
    with pytest.raises(CredentialsError, match="The source refused the credentials 'Access key'"):
        source.page(LIST)


# ---- signed tokens

SHARED = "shared-secret-of-32-bytes-at-least"
UNTIMED = {"verify_exp": False, "verify_iat": False}  # the tests' clock is not the library's

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def test_a_signed_token_is_sent_and_signed_again_in_time(source: Any) -> None:
    seen: list[str] = []

    def listing(request: Any) -> Any:
        seen.append(request.headers["authorization"].removeprefix("Bearer "))
        return {"i": []}

    source.api.get("/i")(listing)
    source.http = {"auth": JwtLogin(Secret(PEM), {"iss": "me", "aud": "them"}, headers={"kid": "k1"}, lives=1000)}
    ask(source, lambda: source.clock.advance(700), lambda: source.clock.advance(100))
    assert seen[0] == seen[1] != seen[2]
    claims = jwt.decode(seen[2], KEY.public_key(), algorithms=["RS256"], audience="them", options=UNTIMED)
    now = source.clock.now() // 1_000_000
    assert claims == {"iss": "me", "aud": "them", "iat": now, "exp": now + 1000}
    assert jwt.get_unverified_header(seen[2])["kid"] == "k1"


def test_a_signed_token_is_changed_for_an_access_token(source: Any) -> None:
    def endpoint(request: Any) -> Any:
        form = dict(parse_qsl(request.body.decode()))
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assertion, to = form["assertion"], source.api.url + "/token"
        claims = jwt.decode(assertion, SHARED, algorithms=["HS256"], audience=to, options=UNTIMED)
        return {"access_token": "for-" + claims["sub"], "expires_in": 3600}

    source.api.post("/token")(endpoint)
    source.api.get("/i")(lambda request: {"i": [{"got": request.headers["authorization"]}]})
    auth = JwtLogin(SHARED, {"sub": "service"}, algorithm="HS256", token=source.api.url + "/token")
    source.http = {"auth": auth}
    assert source.records(LIST) == [{"got": "Bearer for-service"}]


def test_a_key_that_does_not_fit_is_told_without_it(source: Any) -> None:
    source.http = {"auth": JwtLogin("-----BEGIN PRIVATE KEY-----\nno-such-key", {})}
    with pytest.raises(CredentialsError, match="cannot sign: the key does not fit RS256") as caught:
        source.page(LIST)
    assert "no-such-key" not in str(caught.value)


def test_without_the_library_the_extra_is_named(source: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    source.http = {"auth": JwtLogin(PEM, {})}
    with pytest.raises(NotPerformedError, match=r"estuary-connector-sdk\[jwt\]"):
        source.page(LIST)


def test_a_login_does_not_count_against_the_sources_limits(source: Any) -> None:
    oauth(source)
    source.http["limits"] = [Limit(1, per="1h")]
    source.page(LIST)
    assert source.clock.slept == 0


# ---- the table of grants and of where the client's id and secret go


@pytest.mark.parametrize("client", ["form", "basic", "json"])
@pytest.mark.parametrize("grant", ["refresh_token", "client_credentials", "password"])
def test_what_is_sent_to_a_token_endpoint(source: Any, client: Any, grant: Any) -> None:
    seen: list[Any] = []

    def endpoint(request: Any) -> Any:
        kind = request.headers["content-type"]
        assert kind == ("application/json" if client == "json" else "application/x-www-form-urlencoded")
        sent = request.json if client == "json" else dict(parse_qsl(request.body.decode()))
        seen.append((sent, request.headers.get("authorization")))
        return {"access_token": "made-up-access", "expires_in": "3600"}

    source.api.post("/oauth/token")(endpoint)
    source.api.get("/i")(lambda request: {"i": [{"got": request.headers["authorization"]}]})
    told = provider(source, grant=grant, client=client, params={"scope": "read"})
    login = OAuth2Login(told, "id-1", "s e+cret", "refresh-1", user="me", password="pass-word")
    source.http = {"auth": login}
    assert source.records(LIST) == [{"got": "Bearer made-up-access"}]
    own = {
        "refresh_token": {"refresh_token": "refresh-1"},
        "client_credentials": {},
        "password": {"username": "me", "password": "pass-word"},
    }[grant]
    pair = {} if client == "basic" else {"client_id": "id-1", "client_secret": "s e+cret"}
    basic = "Basic " + base64.b64encode(b"id-1:s e+cret").decode() if client == "basic" else None
    assert seen == [({"grant_type": grant, "scope": "read", **own, **pair}, basic)]


@pytest.mark.parametrize("algorithm", ["RS256", "HS256", "ES256"])
def test_every_usual_signature(source: Any, algorithm: str) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    pem = curve.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    private, public = {"RS256": (PEM, KEY.public_key()), "HS256": (SHARED, SHARED), "ES256": (pem, curve.public_key())}[
        algorithm
    ]
    seen: list[str] = []
    source.api.get("/i")(lambda request: seen.append(request.headers["authorization"][7:]) or {"i": []})
    source.http = {"auth": JwtLogin(Secret(private), {"iss": "me"}, algorithm=algorithm)}
    source.page(LIST)
    claims = jwt.decode(seen[0], public, algorithms=[algorithm], options=UNTIMED)
    assert claims["iss"] == "me"
    assert claims["exp"] - claims["iat"] == 300


def test_credentials_that_cannot_be_renewed_are_refused_at_once(source: Any) -> None:
    source.http = {"auth": Bearer("made-up-and-dead")}
    source.api.get("/i")(lambda request: source.refuse(401, "who are you?"))
    with pytest.raises(CredentialsError, match="The source refused the token"):
        source.page(LIST)
    assert source.api.requests.count("GET /i") == 1
    assert source.clock.slept == 0


@pytest.mark.parametrize("lives", [1, 0])
def test_a_token_that_lives_for_no_time_at_all_is_still_used(source: Any, lives: int) -> None:
    tokens = oauth(source, life=lives)
    source.api.auth.clear()
    ask(source, lambda: None, lambda: None)
    assert tokens.given <= 3


@pytest.mark.parametrize("scheme, sent", [(None, "bot access"), ("Bearer", "Bearer access")])
def test_the_scheme_is_the_token_type_unless_the_author_says_otherwise(
    source: Any, scheme: str | None, sent: str
) -> None:
    seen: list[str] = []
    source.api.post("/oauth/token", auth=False)(lambda request: {"access_token": "access", "token_type": "bot"})
    source.api.get("/i")(lambda request: seen.append(request.headers["authorization"]) or {"i": []})
    source.http = {"auth": OAuth2Login(provider(source, scheme=scheme), *CLIENT.values(), "refresh")}
    source.page(LIST)
    assert seen == [sent]
