"""Credentials by an author's own functions: logins in several steps, and requests that are signed one by one."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from connector_sdk import GET, POST, CustomAuth, Outgoing, Post, Secret
from connector_sdk.errors import CredentialsError, DefinitionError, SourceError
from connector_sdk.http import Fill
from connector_sdk.testing.fake import Answer, Fault

LIST = GET("/i", records="/i")
SECRET = "a-made-up-signing-secret"


def signature(request: Outgoing) -> Mapping[str, str]:
    stamp = str(request.now // 1_000_000)
    text = "\n".join((request.method, request.url, stamp)).encode() + b"\n" + request.body
    return {"X-Stamp": stamp, "X-Signature": hmac.digest(SECRET.encode(), text, "sha256").hex()}


def checking(source: Any) -> list[Any]:
    """``/i`` takes requests with a signature of this instant only; the stamps it got."""
    stamps: list[Any] = []

    def handler(request: Any) -> Any:
        stamps.append(request.headers["x-stamp"])
        url = source.api.url + request.path + ("?" + urlencode(request.query) if request.query else "")
        sent = Outgoing(request.method, url, {}, request.body, int(request.headers["x-stamp"]) * 1_000_000)
        assert signature(sent)["X-Signature"] == request.headers["x-signature"]
        assert int(request.headers["x-stamp"]) == source.clock.now() // 1_000_000
        return {"i": [{"id": 1}]}

    source.api.get("/i")(handler)
    source.api.post("/i")(handler)
    source.http = {"auth": CustomAuth(sign=signature)}
    return stamps


@pytest.mark.parametrize("endpoint", [
    LIST, GET("/i", params={"a": "b c", "z": 1}, records="/i"), POST("/i", json={"a": [1]}, records="/i"),
])  # fmt: skip
def test_every_request_is_signed_as_it_leaves(source: Any, endpoint: Any) -> None:
    checking(source)
    assert source.records(endpoint) == [{"id": 1}]


def test_a_repeated_request_is_signed_anew(source: Any) -> None:
    stamps = checking(source)
    source.api.fault(Fault.status(429, retry_after=100), "GET /i")
    source.page(LIST)
    assert len(stamps) == 1
    assert int(stamps[0]) >= source.clock.now() // 1_000_000 - 1
    assert source.clock.slept >= 100


def test_a_login_in_two_steps_is_renewed_once_for_all_in_time_and_when_refused(source: Any) -> None:
    logins: list[Any] = []
    good: list[str] = []

    def nonce(request: Any) -> Any:
        return {"nonce": f"n{len(logins)}"}

    def login(request: Any) -> Any:
        logins.append((dict(parse_qsl(request.body.decode())), request.headers.get("x-app")))
        good[:] = [f"made-up-token-{len(logins)}"]
        return {"deep": {"token": good[0]}}

    def listing(request: Any) -> Any:
        if request.headers.get("x-token") not in good:
            source.refuse(401, "who are you?")
        return {"i": []}

    source.api.post("/nonce")(nonce)
    source.api.post("/login")(login)
    source.api.get("/i")(listing)

    async def enter(post: Post) -> Mapping[str, str]:
        found = await post("/nonce", json={"user": "me"})
        given = await post("/login", form={"nonce": found["nonce"]}, headers={"X-App": "sdk"})
        return {"X-Token": given["deep"]["token"]}

    hidden: set[str] = set()
    source.http = {"auth": CustomAuth(login=enter, lives=1000)}
    source.options = {"hide": hidden.update}

    async def work(client: Any) -> None:
        await asyncio.gather(*(client.page(LIST, Fill()) for _ in range(5)))
        assert len(logins) == 1
        source.clock.advance(760)
        await client.page(LIST, Fill())
        assert len(logins) == 2
        good.clear()
        await asyncio.gather(*(client.page(LIST, Fill()) for _ in range(5)))

    source.run(work)
    assert len(logins) == 3
    assert logins[0] == ({"nonce": "n0"}, "sdk")
    assert "made-up-token-1" in hidden


def test_a_login_that_is_refused_is_told(source: Any) -> None:
    source.api.post("/login")(lambda request: source.refuse(403, "no such user"))

    async def enter(post: Post) -> Mapping[str, str]:
        return {"X": (await post("/login", json={"p": SECRET}))["t"]}

    source.http = {"auth": CustomAuth(login=enter)}
    with pytest.raises(CredentialsError, match=r"403 Forbidden: no such user") as caught:
        source.page(LIST)
    assert SECRET not in str(caught.value)


def test_a_mistake_in_the_functions_is_told_as_the_authors(source: Any) -> None:
    source.api.post("/login")(lambda request: {"other": 1})

    async def enter(post: Post) -> Mapping[str, str]:
        return {"X": (await post("/login"))["token"]}

    source.http = {"auth": CustomAuth(login=enter)}
    with pytest.raises(SourceError, match=r"enter \(http/test_custom_auth\.py, line \d+\) failed: KeyError: 'token'"):
        source.page(LIST)
    source.http = {"auth": CustomAuth(sign=lambda request: {}[request.method])}
    with pytest.raises(SourceError, match=r"line \d+\) failed: KeyError: 'GET'"):
        source.page(LIST)


def test_an_answer_to_a_login_that_is_no_json_is_told(source: Any) -> None:
    source.api.post("/login")(lambda request: Answer(b"<html>", content_type="text/html"))

    async def enter(post: Post) -> Mapping[str, str]:
        return {"X": (await post("/login"))["token"]}

    source.http = {"auth": CustomAuth(login=enter)}
    with pytest.raises(CredentialsError, match="no JSON"):
        source.page(LIST)


def test_a_custom_way_that_does_nothing_is_refused() -> None:
    with pytest.raises(DefinitionError, match="does nothing"):
        CustomAuth()


def test_the_example_of_the_page_signs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "http.md").read_text("utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (example,) = (each for each in examples if "CustomAuth" in each)
    names: dict[str, Any] = {"CustomAuth": CustomAuth, "Outgoing": Outgoing, "Mapping": Mapping, "hmac": hmac}
    exec(compile(example, "docs/http.md", "exec"), names)
    auth = names["auth"](SimpleNamespace(secret=Secret(SECRET)))
    given = auth.sign(Outgoing("GET", "https://api.example.com/i", {}, b"", 1_768_464_000_000_000))
    assert given["X-Stamp"] == "1768464000"
    assert len(given["X-Signature"]) == 64


# ---- AWS Signature Version 4, in the author's own twenty lines


def aws(key: str, secret: str, region: str, service: str) -> CustomAuth:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""

    def sign(request: Outgoing) -> Mapping[str, str]:
        at, url = f"{datetime.fromtimestamp(request.now / 1e6, UTC):%Y%m%dT%H%M%SZ}", urlsplit(request.url)
        host = url.netloc
        query = "&".join(sorted(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}"
                                for n, v in parse_qsl(url.query, keep_blank_values=True)))  # fmt: skip
        body = hashlib.sha256(request.body).hexdigest()
        canonical = "\n".join((request.method, url.path or "/", query, f"host:{host}", f"x-amz-date:{at}", "",
                               "host;x-amz-date", body))  # fmt: skip
        scope = f"{at[:8]}/{region}/{service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signing = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            signing = hmac.digest(signing, part.encode(), "sha256")
        found = hmac.digest(signing, text.encode(), "sha256").hex()
        given = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders=host;x-amz-date, Signature={found}"
        return {"X-Amz-Date": at, "Authorization": given}

    return CustomAuth(sign=sign)


@pytest.mark.parametrize("url, signature", [  # of Amazon's own test suite
    ("https://example.amazonaws.com/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("https://example.amazonaws.com/?Param2=value2&Param1=value1",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
])  # fmt: skip
def test_a_signature_of_aws_is_one_function(url: str, signature: str) -> None:
    auth = aws("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
    now = int(datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp()) * 1_000_000
    assert auth.sign is not None
    assert auth.sign(Outgoing("GET", url, {}, b"", now))["Authorization"].endswith(f"Signature={signature}")
