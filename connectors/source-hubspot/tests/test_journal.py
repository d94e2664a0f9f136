"""The webhooks journal: files at addresses that die soon, behind offsets that die after three days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Begin = Callable[..., Any]


def test_it_is_read_from_its_first_entry_and_then_goes_on(capturing: Begin) -> None:
    it = capturing("webhooks_journal")
    it.run()
    it.same("webhooks_journal")
    it.crm.erase("contacts", next(iter(it.crm.truth("contacts"))))
    it.api.requests.clear()
    assert it.run(hours=0.1).documents["webhooks_journal"] == 1
    it.same("webhooks_journal")
    assert it.api.requests.count("GET /webhooks-journal/*/earliest") == 0
    assert [row["action"] for row in it.found("webhooks_journal").values()][-1] == "GDPR_DELETE"
    assert it.run(hours=0.1).documents["webhooks_journal"] == 0


def test_it_is_read_with_the_token_of_its_app_and_files_with_none(capturing: Begin) -> None:
    it = capturing("webhooks_journal")
    sent: list[tuple[str, bool]] = []
    it.api.before("*", lambda request: sent.append((request.path, "authorization" in request.headers)))
    it.run()
    assert {carries for path, carries in sent if path.startswith("/j/")} == {False}
    assert {carries for path, carries in sent if path.startswith("/webhooks-journal/")} == {True}


def test_an_offset_that_is_older_than_three_days_is_told_and_the_rest_is_read(capturing: Begin) -> None:
    it = capturing("webhooks_journal")
    it.run()
    it.crm.edit("deals", next(iter(it.crm.truth("deals"))), note="lost")
    it.later(24 * 4)
    it.crm.edit("deals", next(iter(it.crm.truth("deals"))), note="kept")
    it.crm.edit("deals", next(iter(it.crm.truth("deals"))), note="kept too")
    session = it.run()
    assert session.documents["webhooks_journal"] == 2
    assert any("token expired" in log.message for log in session.logs)


def test_the_address_of_a_file_that_has_died_is_not_the_end_of_the_journal(capturing: Begin) -> None:
    it = capturing("webhooks_journal")
    it.api.before("GET /j/o-000002", lambda request: it.source.more._signed.clear(), nth=1, times=1)
    it.run(fails=True)
    it.run()
    it.same("webhooks_journal")
