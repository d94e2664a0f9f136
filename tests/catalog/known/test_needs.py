"""What is needed of a connector, against what the catalog knows: yes, no, or not known."""

from __future__ import annotations

import pytest

from connector_sdk.catalog.known import Listed, ListedStream, Need, check, load, parse_need, parse_needs
from connector_sdk.catalog.known._needs import judge
from connector_sdk.errors import CatalogUsageError


@pytest.mark.parametrize(
    ("query", "need", "verdict", "told"),
    [
        ("Gong", "stream:calls", "met", ""),
        ("Gong", "stream:Call", "met", ""),
        ("Gong", "stream:scorecardDefinitions", "met", ""),
        ("Gong", "stream:transcripts", "gap", "source-gong has calls, scorecard_definitions, scorecards, users"),
        ("Slack", "stream:messages", "unknown", "channel_messages"),
        ("Slack", "stream:files", "unknown", "was not verified"),
        ("Zendesk Chat", "stream:chats", "unknown", "does not list the streams"),
        ("PostgreSQL", "stream:public.orders", "met", ""),
        ("Gong", "auth:api-key", "met", ""),
        ("Gong", "auth:oauth", "gap", "its form offers API Key"),
        ("HubSpot", "auth:oauth", "met", ""),
        ("HubSpot", "auth:private-app", "gap", "OAuth Credentials"),
        ("Asana", "auth:pat", "met", ""),
        ("Asana", "auth:saml", "gap", "OAuth Credentials, PAT Credentials"),
        ("PostgreSQL", "auth:iam", "met", ""),
        ("PostgreSQL", "auth:password", "met", ""),
        ("MySQL", "auth:password", "unknown", "does not tell the logins"),
        ("GitHub", "auth:token", "unknown", "does not tell the logins"),
        ("PostgreSQL", "deletes", "met", ""),
        ("MongoDB", "deletes:orders", "met", ""),
        ("source-postgres-batch", "deletes", "gap", "does not see what is deleted"),
        ("Slack", "deletes", "unknown", "polls in batches"),
        ("Gong", "deletes", "unknown", "does not tell which streams"),
        ("materialize-snowflake", "deletes", "unknown", "hardDelete"),
        ("MySQL", "freshness:PT30S", "met", ""),
        ("Slack", "freshness:5m", "unknown", "in batches"),
        ("Gong", "freshness:PT5M", "unknown", "how often"),
        ("materialize-snowflake", "freshness:PT1M", "unknown", "30 minutes by itself"),
        ("Gong", "volume:10 million a day", "unknown", "measure it"),
        ("Slack", "licence:MIT", "unknown", "Elastic License 2.0"),
        ("Gong", "licence:Apache-2.0", "unknown", "holds no licences"),
        ("Gong", "hosting:managed", "met", ""),
        ("Gong", "hosting:private", "unknown", "run elsewhere"),
        ("dekaf", "hosting:private", "unknown", "a part of Estuary's platform"),
    ],
)
def test_a_need_is_met_missing_or_not_known(query: str, need: str, verdict: str, told: str) -> None:
    answer = check(load(), query, needs=[parse_need(need)])
    found = "gap" if answer.gaps else "unknown" if answer.unknown else "met"
    assert found == verdict
    assert told in (answer.gaps or answer.unknown)[0].told if told else not (answer.gaps or answer.unknown)
    assert answer.answer == ("gap" if verdict == "gap" else "use-existing")


def test_a_gap_is_named_and_what_is_not_known_stands_beside_it() -> None:
    answer = check(load(), "Gong", needs=parse_needs("stream:calls, stream:transcripts, deletes, auth:oauth"))
    assert (answer.answer, answer.exit_code) == ("gap", 5)
    assert [(each.kind, each.what) for each in answer.gaps] == [("stream", "transcripts"), ("auth", "oauth")]
    assert [each.kind for each in answer.unknown] == ["deletes"]
    assert answer.why == "source-gong lacks the stream transcripts, the login oauth."


def test_what_took_the_place_of_another_may_have_a_gap_too() -> None:
    answer = check(load(), "source-hubspot", needs=[Need("stream", "quotes")])
    assert answer.answer == "gap"
    assert answer.why == (
        "source-hubspot is deprecated; source-hubspot-native took its place, but it lacks the stream quotes."
    )


def ours(**more: object) -> Listed:
    streams = (
        ListedStream("calls", ("/id",), deletes="", interval="PT5M"),
        ListedStream("transcripts", ("/id",), deletes="within 30 days", interval="PT1H"),
    )
    plain = {"name": "source-gong", "kind": "capture", "title": "Gong", "system": "gong", "ours": True}
    more = {"streams": streams, "licence": "Apache-2.0", "registered": False, "lifecycle": "candidate", **more}
    return Listed(**{**plain, **more})  # type: ignore[arg-type]


def test_one_of_ours_has_what_estuarys_lacks() -> None:
    catalog = load().with_ours([ours()])
    answer = check(catalog, "Gong", needs=[Need("stream", "transcripts")])
    assert answer.answer == "use-existing"
    assert answer.entry is not None
    assert answer.entry.ours
    assert answer.why == "Estuary's source-gong lacks the stream transcripts; our own source-gong has it."
    assert check(catalog, "Gong", needs=[Need("stream", "emails")]).answer == "gap"


def test_what_one_of_ours_perhaps_has_is_told_as_that() -> None:
    mine = ours(streams=(ListedStream("call_transcripts"),), lifecycle="building")
    answer = check(load().with_ours([mine]), "Gong", needs=[Need("stream", "transcripts")])
    assert answer.why == "Estuary's source-gong lacks the stream transcripts; our own source-gong may have it."
    assert answer.unknown[0].told.startswith("there is no stream of just this name, but call_transcripts")
    assert any("not finished, but building" in each for each in answer.notes)


@pytest.mark.parametrize(
    ("needs", "gaps", "unknown"),
    [
        ("deletes:transcripts", [], []),
        ("deletes:calls", ["not captured of calls"], []),
        ("deletes", ["not captured of calls"], []),
        ("stream:transcripts,deletes", [], []),
        ("freshness:PT1H", [], []),
        ("freshness:PT10M", ["by itself it reads transcripts every PT1H"], []),
        ("stream:calls,freshness:PT10M", [], []),
        ("licence:apache-2.0", [], []),
        ("licence:MIT", ["it is Apache-2.0"], []),
        ("hosting:managed", ["Estuary has not registered its image, so managed Estuary refuses it"], []),
        ("hosting:private", [], []),
        ("auth:oauth", [], ["the catalog does not tell the logins of source-gong"]),
    ],
)
def test_of_ours_the_entry_tells_more(needs: str, gaps: list[str], unknown: list[str]) -> None:
    found = judge(ours(), parse_needs(needs))
    assert [each.told for each in found.gaps] == gaps
    assert [each.told for each in found.unknown] == unknown


def test_what_an_entry_of_ours_does_not_tell_is_not_known() -> None:
    bare = ours(streams=(ListedStream("calls"),), licence=None)
    found = judge(bare, parse_needs("deletes,freshness:PT5M,licence:MIT"))
    assert not found.gaps
    assert [each.kind for each in found.unknown] == ["deletes", "freshness", "licence"]


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("stream:calls", Need("stream", "calls")),
        (" Stream : calls ", Need("stream", "calls")),
        ("deletes", Need("deletes")),
        ("license:MIT", Need("licence", "MIT")),
        ("freshness:1h", Need("freshness", "1h")),
        ("freshness:P1DT2H", Need("freshness", "P1DT2H")),
    ],
)
def test_a_need_as_it_is_written(text: str, need: Need) -> None:
    assert parse_need(text) == need


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("transcripts", "is no need", "stream:transcripts"),
        ("strean:calls", "is no need", "did you mean 'stream'?"),
        ("colour:red", "is no need", "write it as one of these"),
        ("stream:", "does not say which", "stream:calls"),
        ("freshness", "does not say which", "freshness:PT5M"),
        ("freshness:soon", "no duration", "PT5M"),
        ("freshness:P", "no duration", "PT5M"),
    ],
)
def test_what_is_no_need_is_refused_with_what_is_one(text: str, said: str, hint: str) -> None:
    with pytest.raises(CatalogUsageError, match=said) as wrong:
        parse_need(text)
    assert hint in wrong.value.hint


def test_needs_are_a_list_with_commas() -> None:
    assert parse_needs("stream:a,, stream:b ,stream:a") == (Need("stream", "a"), Need("stream", "b"))
    assert parse_needs("") == ()
