"""The ladder and its traps: what is meant by a name, an image, a URL, a package, a variable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from connector_sdk.catalog.known import EXIT_CODES, Answer, Catalog, Listed, check, load
from connector_sdk.errors import CatalogUsageError


def ask(
    query: str, kind: str | None = None, *, catalog: Catalog | None = None, excluding: tuple[str, ...] = ()
) -> Answer:
    return check(catalog or load(), query, kind=kind, excluding=excluding)


def name(answer: Answer) -> str | None:
    return answer.entry.name if answer.entry else None


def names(answer: Answer) -> list[str]:
    return [each.name for each in answer.candidates]


@pytest.mark.parametrize(
    ("query", "kind", "rung", "found"),
    [
        ("source-gong", None, "name", "source-gong"),
        ("ghcr.io/estuary/source-gong:v1", None, "name", "source-gong"),
        ("airbyte/source-slack:0.1.25", None, "name", "source-slack"),
        ("docker.io/airbyte/source-slack", None, "name", "source-slack"),
        ("gong", None, "alias", "source-gong"),
        ("  GONG  ", None, "alias", "source-gong"),
        ("gong.io", None, "alias", "source-gong"),
        ("https://www.gong.io/", None, "alias", "source-gong"),
        ("hub spot", "capture", "alias", "source-hubspot-native"),
        ("Hub-Spot", "capture", "alias", "source-hubspot-native"),
        ("sfdc", None, "alias", "source-salesforce-native"),
        ("tap-slack", None, "alias", "source-slack"),
        ("target-postgres", None, "alias", "materialize-postgres"),
        ("api.gong.io", None, "host", "source-gong"),
        ("https://us-66463.api.gong.io/v2/calls?cursor=x", None, "host", "source-gong"),
        ("https://slack.com/api/conversations.list", None, "host", "source-slack"),
        ("slack.com/api", None, "host", "source-slack"),
        ("https://acme.atlassian.net/wiki/spaces/A", None, "host", "source-confluence"),
        ("https://acme.atlassian.net/rest/api/3/search", None, "host", "source-jira-native"),
        ("https://acme.my.salesforce.com/services/data", None, "host", "source-salesforce-native"),
        ("https://api.eu-central-1.commercetools.com", None, "host", "source-commercetools"),
        ("acme.snowflakecomputing.com", "materialization", "host", "materialize-snowflake"),
        ("postgresql://db.example.com/app", None, "host", "source-postgres"),
        ("postgresql+asyncpg://db.example.com/app", None, "host", "source-postgres"),
        ("mysql+aiomysql://db.example.com/app", None, "host", "source-mysql"),
        ("jdbc:postgresql://db.example.com/app", None, "host", "source-postgres"),
        ("mongodb+srv://cluster0.mongodb.net", None, "host", "source-mongodb"),
        ("postgresql://db.abc.supabase.co/postgres", None, "host", "source-supabase-postgres"),
        ("slack_sdk", None, "package", "source-slack"),
        ("slack-sdk==3.33.0", None, "package", "source-slack"),
        ("pypi:Slack_SDK", None, "package", "source-slack"),
        ("@slack/bolt", None, "package", "source-slack"),
        ("psycopg[binary]>=3.1,<4", None, "package", "source-postgres"),
        ("jira.js@^4.0.1", None, "package", "source-jira-native"),
        ("GONG_ACCESS_KEY", None, "variable", "source-gong"),
        ("$HUBSPOT_TOKEN", "capture", "variable", "source-hubspot-native"),
        ("PGHOST", None, "variable", "source-postgres"),
        ("PG_HOST", None, "variable", "source-postgres"),
        ("STRIPE_API_KEY", None, "variable", "source-stripe-native"),
        ("supabase", None, "variant", "source-supabase-postgres"),
        ("Aurora Postgres", None, "variant", "source-amazon-aurora-postgres"),
        ("Amazon RDS for PostgreSQL", None, "variant", "source-amazon-rds-postgres"),
        ("Cloud SQL for MySQL", None, "variant", "source-google-cloud-sql-mysql"),
        ("Heroku Postgres", None, "variant", "source-postgres-heroku"),
        ("the Gong API", None, "words", "source-gong"),
        ("Ads, Google", None, "words", "source-google-ads"),
    ],
)
def test_the_first_rung_that_finds_something_decides(query: str, kind: str | None, rung: str, found: str) -> None:
    answer = ask(query, kind)
    assert (answer.answer, name(answer), answer.matched_by) == ("use-existing", found, rung)


@pytest.mark.parametrize(
    ("query", "kind", "found"),
    [
        ("RDS", None, ["mariadb", "mysql", "postgres", "sqlserver"]),
        ("Cloud SQL", None, ["mysql", "postgres", "sqlserver"]),
        ("NetSuite", None, ["suiteql", "v2"]),
        ("acme.atlassian.net", None, ["confluence", "native"]),
        ("api.linkedin.com", None, ["ads", "pages"]),
        ("postgresql://x.eu-west-1.rds.amazonaws.com/app", None, ["postgres", "postgres"]),
        ("Atlassian", None, ["native"]),
        ("slak", "capture", ["slack"]),
        ("snowflak", "materialization", ["snowflake"]),
        ("source-hubspt", None, ["native"]),
        ("https://app.gong.io/settings", None, ["gong"]),
        ("FRESHDESK_DOMAIN", None, ["freshdesk"]),
    ],
)
def test_several_or_only_similar_ones_are_for_a_person(query: str, kind: str | None, found: list[str]) -> None:
    answer = ask(query, kind)
    assert answer.answer == "needs-choice"
    assert [each.rpartition("-")[2] for each in names(answer)] == found
    assert answer.entry is None


@pytest.mark.parametrize(
    "query",
    [
        "Zoom",
        "Microsoft Teams",
        "ClickUp",
        "ServiceNow",
        "Linear",
        "Kong",  # one letter from Gong
        "Adam",  # one letter from Ada
        "Adas",
        "front office",
        "Fronts",
        "harvest moon",
        "PGP_KEY",
        "PAGERDUTY_TOKEN",
        "FRONT_END_URL",
        "TEST_URL",
        "test",
        "https://api.zoom.us/v2",
        "zoom.us",
        "notgong.io",
        "ghcr.io/estuary/source-zoom:v1",
    ],
)
def test_what_nobody_has_has_to_be_asked_for(query: str) -> None:
    assert (ask(query).answer, names(ask(query))) == ("request-custom", [])


def test_what_is_missing_may_be_there_by_now() -> None:
    assert "The catalog tells of 2026-08-21" in ask("Zoom").notes[0]


def test_short_names_and_words_of_english_are_found_as_they_are_written() -> None:
    assert name(ask("Ada")) == "source-ada"
    assert name(ask("front")) == "source-front"
    assert name(ask("Monday.com")) == "source-monday"


def test_iterate_is_not_iterable() -> None:
    assert name(ask("Iterate")) == "source-iterate"
    assert name(ask("Iterable")) == "source-iterable-native"
    assert names(ask("iterabel")) == ["source-iterable-native"]


@pytest.mark.parametrize("query", ["Salesforce Marketing Cloud", "salesforce-marketing-cloud", "SFMC", "Pardot"])
def test_another_product_of_a_vendor_is_not_the_one_that_is_there(query: str) -> None:
    answer = ask(query)
    assert answer.answer == "request-custom"
    assert "source-salesforce-native does not read it" in answer.notes[0]


def test_that_other_product_is_found_once_there_is_a_connector_for_it() -> None:
    mine = ours(name="source-sfmc", title="Salesforce Marketing Cloud", system="sfmc")
    answer = ask("salesforce marketing cloud", catalog=load().with_ours([mine]))
    assert (answer.answer, name(answer)) == ("use-existing", "source-sfmc")


def test_a_kind_is_respected() -> None:
    assert ask("Elasticsearch", "capture").answer == "request-custom"
    assert name(ask("Elasticsearch", "target")) == "materialize-elasticsearch"
    assert name(ask("Slack", "materialization")) == "materialize-slack"
    assert ask("Gong", "materialization").answer == "request-custom"
    assert "has to be asked of Estuary" in " ".join(ask("Gong", "materialization").notes)


def test_what_reads_is_meant_where_a_system_is_hardly_a_target() -> None:
    answer = ask("Slack")
    assert name(answer) == "source-slack"
    assert "materialize-slack" in answer.notes[0]


@pytest.mark.parametrize("query", ["source-gong", "ghcr.io/estuary/source-gong:v1", "source-zoom"])
def test_a_name_and_a_kind_that_contradict_each_other_are_refused(query: str) -> None:
    with pytest.raises(CatalogUsageError, match="names a capture"):
        ask(query, "materialization")


def test_what_is_out_of_use_leads_to_what_took_its_place() -> None:
    for old, new in (
        ("source-hubspot", "source-hubspot-native"),
        ("source-bigquery", "source-bigquery-batch"),
        ("source-salesforce-next", "source-salesforce-native"),
        ("ghcr.io/estuary/source-stripe:v3", "source-stripe-native"),
    ):
        answer = ask(old)
        assert (answer.answer, name(answer), answer.exit_code) == ("use-replacement", new, 4)


def test_what_is_out_of_use_and_has_no_successor_is_for_a_person() -> None:
    answer = ask("Rockset")
    assert (answer.answer, names(answer)) == ("needs-choice", ["materialize-rockset"])
    assert "names nothing in its place" in answer.why


def test_successors_in_a_circle_end() -> None:
    catalog = load()
    one, two = (replace(catalog.connectors[0], name=f"source-{each}", kind="capture", image=None) for each in "ab")
    one = replace(one, lifecycle="deprecated", replaced_by="source-b", system="zz", title="ZZ", aliases=())
    two = replace(one, name="source-b", replaced_by="source-a")
    assert ask("zz", catalog=replace(catalog, connectors=(one, two))).answer == "needs-choice"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        (
            "Google Analytics 4",
            "source-google-analytics-data-api-native",
        ),  # Estuary's own before a wrapper of Airbyte's
        ("SQL Server", "source-sqlserver"),  # the log before batches and change tracking
        ("Oracle", "source-oracle"),
        ("Mixpanel", "source-mixpanel"),  # what is documented before what is only built
        ("ClickHouse", "materialize-clickhouse"),  # an image before Dekaf
        ("Materialize", "dekaf-materialize"),
    ],
)
def test_which_of_several_of_a_system_is_the_one_to_use(query: str, first: str) -> None:
    assert name(ask(query)) == first


def test_internal_connectors_are_found_by_their_whole_name_alone() -> None:
    assert ask("hello world").answer == "request-custom"
    assert "Estuary's own tests" in " ".join(ask("source-hello-world").notes)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("ghcr.io/estuary/source-gong:v1", None),
        ("ghcr.io/estuary/source-gong:1a2b3c4", None),
        ("ghcr.io/estuary/source-gong:v9@sha256:0123abcd", None),
        ("ghcr.io/estuary/source-gong", "names no tag, which means :latest"),
        ("ghcr.io/estuary/source-gong:latest", "never pushed: write :v1"),
        ("ghcr.io/estuary/source-gong:dev", "moves with every change"),
        ("ghcr.io/estuary/source-gong:v9", "knows :v1, not :v9"),
        ("ghcr.io/acme/source-gong:v1", "is not Estuary's"),
        ("ghcr.io/estuary/source-zoom:v1", "Estuary publishes no image"),
        ("airbyte/source-gong:0.4.14", "Elastic License 2.0; in flow.yaml write ghcr.io/estuary/source-gong:v1"),
        ("localhost:5000/acme/source-zoom:v1", "has not registered"),
    ],
)
def test_what_is_wrong_with_an_image_is_said(image: str, said: str | None) -> None:
    answer = ask(image)
    about = [
        each for each in answer.notes if "tag" in each or "image" in each or "Estuary's" in each or "knows" in each
    ]
    assert said is None or any(said in each for each in about)
    assert said is not None or not about


@pytest.mark.parametrize(
    ("query", "secret"),
    [
        ("postgresql://me:hunter2@db.example.com:5432/app?password=hunter3", "hunter"),
        ("https://token:hunter2@api.gong.io/v2/calls?key=hunter3", "hunter"),
        ("GONG_API_KEY=hunter2", "hunter"),
    ],
)
def test_no_secret_of_a_question_is_told_again(query: str, secret: str) -> None:
    answer = ask(query)
    assert answer.answer == "use-existing"
    assert secret not in str(answer.as_json())


@pytest.mark.parametrize("query", ["", "   ", "--", "!?", "x" * 400, "https://[bad"])
def test_a_question_that_names_nothing_is_refused(query: str) -> None:
    with pytest.raises(CatalogUsageError):
        ask(query)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(CatalogUsageError, match="no kind 'sink'"):
        ask("Gong", "sink")


def test_what_was_looked_at_and_is_not_it_is_left_out() -> None:
    first = ask("slack_messages", "capture")
    assert names(first) == ["source-slack"]
    assert ask("slack_messages", "capture", excluding=("source-slack",)).answer == "request-custom"
    with pytest.raises(CatalogUsageError, match="no connector 'source-slak'") as wrong:
        ask("Slack", excluding=("source-slak",))
    assert wrong.value.hint == "did you mean 'source-slack'?"


def test_every_listed_connector_is_found_by_its_name_and_its_image() -> None:
    for each in load():
        for query in filter(None, (each.name, each.reference)):
            answer = ask(query)
            assert answer.matched_by == "name", query
            if not each.gone:
                assert (answer.answer, name(answer)) == ("use-existing", each.name)
            elif each.replaced_by:
                assert answer.answer == "use-replacement"


def test_every_title_and_alias_of_what_is_in_use_leads_to_a_connector() -> None:
    for each in load():
        if each.lifecycle != "active":
            continue
        for query in (each.title, *each.aliases):
            answer = ask(query, each.kind)
            systems = {one.system for one in [*answer.candidates, *([answer.entry] if answer.entry else [])]}
            assert answer.answer in ("use-existing", "needs-choice"), (each.name, query)
            assert each.system in systems, (each.name, query, systems)


@given(some.text(max_size=40))
def test_any_text_has_an_answer_or_is_refused_in_a_sentence(text: str) -> None:
    try:
        answer = ask(text)
    except CatalogUsageError as refused:
        assert refused.message
    else:
        assert answer.exit_code == EXIT_CODES[answer.answer]
        assert bool(answer.candidates) == (answer.answer == "needs-choice")
        assert (answer.entry is not None) == (answer.answer in ("use-existing", "use-replacement", "gap"))
        assert answer.why.endswith(".")


# our own


def ours(**more: object) -> Listed:
    plain = {"name": "source-linear", "kind": "capture", "title": "Linear", "system": "linear", "ours": True}
    return Listed(**{**plain, "lifecycle": "candidate", "registered": False, **more})  # type: ignore[arg-type]


def test_a_connector_of_ours_is_one_to_use() -> None:
    answer = ask("Linear", catalog=load().with_ours([ours()]))
    assert (answer.answer, name(answer)) == ("use-existing", "source-linear")
    assert "of ours" in answer.why
    assert any("has not registered" in each for each in answer.notes)


def test_one_of_ours_that_is_being_built_is_to_be_joined() -> None:
    answer = ask(
        "linear", catalog=load().with_ours([ours(lifecycle="building", request="requests/2026-001-linear.yaml")])
    )
    assert answer.answer == "use-existing"
    assert any("join its request (requests/2026-001-linear.yaml)" in each for each in answer.notes)


def test_two_systems_of_one_name_are_for_a_person() -> None:
    both = [ours(), ours(name="source-linear-crm", system="linear-crm")]
    answer = ask("Linear", catalog=load().with_ours(both))
    assert (answer.answer, names(answer)) == ("needs-choice", ["source-linear", "source-linear-crm"])
    assert name(ask("source-linear-crm", catalog=load().with_ours(both))) == "source-linear-crm"
    gone = [ours(lifecycle="deprecated", replaced_by="source-linear-crm"), both[1]]
    assert name(ask("Linear", catalog=load().with_ours(gone))) == "source-linear-crm"


def test_one_of_ours_that_is_out_of_use_leads_to_what_took_its_place() -> None:
    gone = ours(lifecycle="deprecated", replaced_by="source-gong")
    answer = ask("source-linear", catalog=load().with_ours([gone]))
    assert (answer.answer, name(answer)) == ("use-replacement", "source-gong")


def test_one_of_ours_that_is_retired_is_none() -> None:
    assert ask("Linear", catalog=load().with_ours([ours(lifecycle="retired")])).answer == "request-custom"


def test_estuarys_comes_before_one_of_ours() -> None:
    mine = ours(name="source-gong", title="Gong", system="gong")
    answer = ask("Gong", catalog=load().with_ours([mine]))
    assert answer.entry is not None
    assert not answer.entry.ours
    assert any("source-gong of ours" in each for each in answer.notes)
