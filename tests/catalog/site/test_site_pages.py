"""The site's pages without a browser: links, escaping, what may be fetched, what they tell."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from connector_sdk.catalog._repository import Repository
from connector_sdk.catalog.known import load
from connector_sdk.catalog.requests import STATES
from connector_sdk.catalog.site._build import pages
from connector_sdk.catalog.site._words import CLOSED, OPEN
from tests.catalog.site.example import HOSTILE, OTHER, OWNER, TODAY, entry, example, hostile, request, write
from tests.catalog.site.looked import Looked, look

DAY = date.fromisoformat(TODAY)


def made(repository: Repository, today: date = DAY) -> dict[str, Looked]:
    return {place: look(page) for place, page in pages(repository, load(), today).items()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Looked]:
    return made(example(tmp_path_factory.mktemp("example")))


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Looked]:
    return made(hostile(tmp_path_factory.mktemp("hostile")))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Looked]:
    return made(Repository(tmp_path_factory.mktemp("empty")))


@pytest.fixture(params=["site", "spoiled", "empty"])
def any_site(request: pytest.FixtureRequest) -> dict[str, Looked]:
    found: dict[str, Looked] = request.getfixturevalue(request.param)
    return found


def test_every_page_is_whole_and_its_ids_are_its_own(any_site: dict[str, Looked]) -> None:
    for place, page in any_site.items():
        assert not page.wrong, place
        assert len(set(page.ids)) == len(page.ids), place
        assert [name for name, _ in page.elements].count("h1") == 1, place
        assert page.all("html")[0]["lang"] == "en"
        assert all(" " not in each for each in page.ids), place


def test_headings_skip_no_level(any_site: dict[str, Looked]) -> None:
    for place, page in any_site.items():
        levels = [int(name[1]) for name, _ in page.elements if re.fullmatch("h[1-6]", name)]
        assert levels[0] == 1, place
        assert all(after - before <= 1 for before, after in pairwise(levels)), place


def test_every_link_leads_somewhere(any_site: dict[str, Looked]) -> None:
    for place, page in any_site.items():
        for href in page.links:
            parts = urlsplit(href)
            if parts.scheme:
                assert parts.scheme in ("http", "https"), href
                continue
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(parts.path)))
                if parts.path
                else place
            )
            assert target in any_site, f"{place} links to {href}"
            assert not parts.fragment or parts.fragment in any_site[target].ids, f"{place} links to {href}"


def test_every_row_of_the_search_leads_somewhere(any_site: dict[str, Looked]) -> None:
    for row in index(any_site):
        target, _, anchor = row[3].partition("#")
        assert target in any_site
        assert not anchor or anchor in any_site[target].ids


def test_what_labels_and_controls_is_on_the_page(any_site: dict[str, Looked]) -> None:
    for place, page in any_site.items():
        ids = set(page.ids)
        for _, attributes in page.elements:
            named = {attributes[key] for key in ("aria-labelledby", "aria-controls", "for") if key in attributes}
            assert named <= ids, place


def test_nothing_is_fetched_and_the_policy_forbids_it(any_site: dict[str, Looked]) -> None:
    for place, page in any_site.items():
        assert not [each for each in page.elements if {"src", "srcset", "action", "style"} & each[1].keys()], place
        assert [each["href"][:5] for each in page.all("link")] == ["data:"]
        assert not {"img", "iframe", "object", "embed", "form", "base", "svg"} & {name for name, _ in page.elements}
        (style,) = page.within["style"]
        assert "@import" not in style
        assert "url(" not in style
        policy = next(
            each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy.startswith("default-src 'none'; ")
        for content in (style, page.within["script"][1]):
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy


def index(site: dict[str, Looked]) -> list[list[object]]:
    first, *others = [page.within["script"][0] for page in site.values()]
    assert all(each == first for each in others)
    rows: list[list[object]] = json.loads(first)
    return rows


# hostile texts


def test_a_hostile_text_stays_text(spoiled: dict[str, Looked]) -> None:
    for place, page in spoiled.items():
        assert [each.get("type") for each in page.all("script")] == ["application/json", None], place
        for name, attributes in page.elements:
            assert not [key for key in attributes if key.startswith("on")], (place, name)
        assert not [href for href in page.links if href.lower().startswith("javascript")], place
        assert "<script>alert(1)</script>" in page.text or place == "estuary.html"


def test_a_hostile_text_turns_nothing_around_and_holds_no_control(spoiled: dict[str, Looked]) -> None:
    for page in spoiled.values():
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1f]", page.text)


def test_the_search_holds_a_hostile_text_as_it_is(tmp_path: Path) -> None:
    place, page = next(iter(pages(hostile(tmp_path), load(), DAY).items()))
    data = page.partition('id="search-index">')[2].partition("</script>")[0]
    assert place == "index.html"
    assert not set("<>&") & set(data)
    assert HOSTILE.split("\u202e")[0] in json.loads(data)[0][1]


def test_only_addresses_of_the_web_become_links(spoiled: dict[str, Looked]) -> None:
    links = spoiled["connectors/source-bad.html"].links
    assert "https://fine.example/a?b=c&d=\"e'" in links
    assert not [each for each in links if "broken" in each or "alert" in each]


def test_a_file_with_an_odd_name_has_a_page_with_a_plain_one(spoiled: dict[str, Looked]) -> None:
    (place,) = [each for each in spoiled if each.startswith("requests/")]
    assert re.fullmatch(r"requests/[a-z0-9-]+\.html", place)


# what the pages tell


def row_of(site: dict[str, Looked], place: str, name: str) -> str:
    """The text of a table's row, from a name up to the next row's."""
    return site[place].text.partition(name)[2][:400]


def test_the_overview_tells_of_each_connector_of_ours(site: dict[str, Looked]) -> None:
    gong = row_of(site, "index.html", "source-gong")
    for told in (
        "candidate",
        OWNER,
        "8 streams",
        "/metaData/id",
        "5 exact within re-read",
        "3 at the next snapshot",
        "7 of 8",
        "44 of 44 passed",
    ):
        assert told in gong
    assert "source-hubspot-native" in row_of(site, "index.html", "1 of 44 failed")
    assert "41 of 44 passed 3 not exercised of an older definition" in row_of(site, "index.html", "source-slack")
    assert any(len(each.get("title", "")) == 71 for each in site["index.html"].all("code"))  # a digest


def test_the_overview_counts_both_catalogs_and_what_is_open(site: dict[str, Looked]) -> None:
    text = site["index.html"].text
    assert "7 of ours" in text
    assert f"{len(load().theirs)} of Estuary's" in text
    assert "7 open requests 4 closed".replace(" ", "") in text.replace(" ", "")


def test_an_overlap_is_due_on_its_day_and_no_earlier(tmp_path: Path) -> None:
    repository = example(tmp_path)
    late, early = made(repository, date(2026, 11, 1)), made(repository, date(2026, 10, 31))
    assert "look again, due 2026-10-31" in late["index.html"].text
    assert "was due on 2026-10-31" in late["connectors/source-gong.html"].text
    assert "look again, due" not in early["index.html"].text
    assert "due on 2026-10-31" in early["connectors/source-gong.html"].text


def test_a_connector_beside_estuarys_without_a_named_gap_is_told(site: dict[str, Looked]) -> None:
    assert "no gap is named" in row_of(site, "index.html", "source-asana")
    assert "Estuary has source-asana as well" in site["connectors/source-asana.html"].text


def test_a_connectors_streams_are_compared_with_estuarys(site: dict[str, Looked]) -> None:
    text = site["connectors/source-gong.html"].text
    assert "Only here calls_extensive, call_transcripts".replace(" ", "") in text.replace(" ", "")
    assert "In bothcalls, users, scorecard_definitions" in text
    assert "Only therescorecards" in text


def test_a_connectors_page_says_how_it_can_be_run(site: dict[str, Looked]) -> None:
    assert "connector-sdk preview connectors/source-gong --sandbox" in site["connectors/source-gong.html"].text
    assert "connector-sdk flow init connectors/source-linear" in site["connectors/source-linear.html"].text
    assert "Not for anything new. Use source-hubspot instead." in site["connectors/source-old-crm.html"].text


def test_a_config_shows_its_fields_and_which_are_secret(site: dict[str, Looked]) -> None:
    text = site["connectors/source-gong.html"].text
    assert "/credentials/tokenTokenrequired · secret" in text
    assert "/advanced/base_url" in text
    assert "credentials_title" not in text


def test_requests_stand_under_whom_they_wait_for_the_longest_first(site: dict[str, Looked]) -> None:
    board = site["requests.html"].text
    checked = board.partition("waits for the reviewer")[2].partition("waits for the owner")[0]
    assert checked.index("ServiceNow") < checked.index("Microsoft Teams")
    assert "for 25 days" in checked
    assert "ClickUp2026-010 · since today" in board.partition("waits for the requester")[2][:60]
    closed = board.partition("Closed")[2]
    assert closed.index("Linear") < closed.index("Salesforce") < closed.index("Fax gateway")


def test_a_request_tells_what_is_to_be_done_now(site: dict[str, Looked]) -> None:
    text = site["requests/2026-008-servicenow.html"].text
    assert "Waits for the reviewer for 25 days." in text
    assert "request decide 2026-008" in text
    assert OTHER in text


def test_estuarys_page_has_every_connector_and_what_replaces_it(site: dict[str, Looked]) -> None:
    page = site["estuary.html"]
    assert {each.name for each in load().theirs} <= set(page.ids)
    assert "#source-hubspot-native" in "".join(page.links)
    assert "connectors/source-gong.html" in page.links


def test_the_search_knows_names_hosts_and_streams(site: dict[str, Looked]) -> None:
    rows = {(row[0], row[2]): row for row in index(site)}
    gong = rows["ours", "source-gong"]
    assert "api.gong.example" in gong[6]  # type: ignore[operator]
    assert "call_transcripts" in gong[7]  # type: ignore[operator]
    assert ("capture", "source-gong") in rows
    assert ("materialization", "materialize-snowflake") in rows
    assert rows["request", "2026-009"][1] == "Microsoft Teams"


# files that say little, or nothing that can be read


def test_an_empty_repository_has_a_site_that_says_so(tmp_path: Path) -> None:
    site = made(Repository(tmp_path))
    assert list(site) == ["index.html", "requests.html", "estuary.html"]
    assert "There is none yet." in site["index.html"].text
    assert "No request waits for anybody." in site["index.html"].text
    assert "Nothing waits for anybody." in site["requests.html"].text


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "metadata: nonsense\nspec: [1, 2]\ngenerated: 7\nreleases: {a: b}",
        "spec: {overlap: [], system: {hosts: {a: b}}}",
        "generated: {streams: [7, {}, [], {name: x, key: 1}], conformance: {passed: many}, configSchema: [oneOf]}",
    ],
)
def test_an_entry_that_says_nothing_useful_still_has_a_page(text: str, tmp_path: Path) -> None:
    (tmp_path / "catalog-entries").mkdir()
    (tmp_path / "catalog-entries" / "source-bare.yaml").write_text(text)
    site = made(Repository(tmp_path))
    assert "source-bare" in site["connectors/source-bare.html"].text


@pytest.mark.parametrize("text", ["{}", "need: 7\nhistory: [1, {}]\ndecision: no\nurls: {a: 1}\nstate: [draft]"])
def test_a_request_that_says_nothing_useful_still_has_a_page(text: str, tmp_path: Path) -> None:
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests" / "2026-001-bare.yaml").write_text(text)
    site = made(Repository(tmp_path))
    assert "2026-001-bare" in site["requests/2026-001-bare.html"].text
    assert "1 request" in site["requests.html"].text


def test_an_unknown_state_of_a_request_is_shown_and_not_lost(tmp_path: Path) -> None:
    write(tmp_path, [entry("source-a", "A", "odd")], [request(1, "Odd", "odd", "2026-10-01")])
    site = made(Repository(tmp_path))
    assert "Odd2026-001odd" in site["requests.html"].text.replace(" ", "")
    assert "odd" in row_of(site, "index.html", "source-a")


def test_every_state_of_a_request_is_open_or_closed() -> None:
    assert {*(stage.name for stage in OPEN), *CLOSED} == set(STATES)
