"""What a member is told about their own pictures always fits into Discord, whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.errors import Reason
from bot.jobs import Job, JobStatus, Request
from bot.jobs.history import MOST_ANCESTORS, MOST_DESCENDANTS, PAGE_SIZE, Family, Page, Shelf
from bot.jobs.model import Outlook
from bot.replies.embed import build_embed
from bot.replies.history import (
    Entry,
    build_detail,
    build_entries,
    build_family,
    build_numbers,
    build_turns,
    list_relatives,
)
from bot.replies.texts import DEFAULT_LOCALE, get_catalogue
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EN = DEFAULT_LOCALE
MUCH = "*" * 1000
ID = 9_234_567_890_123_456_789


@pytest.fixture
def build_job(build_request: Callable[..., Request]) -> Callable[..., Job]:
    """Finished jobs with long words and high ids."""

    def build(status: JobStatus = JobStatus.DONE, reason: Reason | None = None, **asked: object) -> Job:
        request = build_request(**{"prompt": MUCH, "guild_id": ID, "channel_id": ID} | asked)
        return Job(request, status, 1, 0, "key", Decimal("0.0123"), NOON, reason, message_id=ID)

    return build


def length(entries: Iterable[Entry]) -> int:
    """What Discord counts of a message, once each entry is short enough for itself."""
    shown = list(entries)
    assert all(0 < len(entry.text) <= 4096 for entry in shown)
    return sum(len(entry.text) + len(entry.title) for entry in shown)


def test_a_page_fits(build_job: Callable[..., Job]) -> None:
    """Six thousand characters in all embeds together, a hundred in an id."""
    jobs = tuple(build_job() for _ in range(PAGE_SIZE))
    page = Page(Shelf.FINISHED, everywhere=False, jobs=jobs, newer_at=ID, older_at=ID, thumbnails={})
    assert length(build_entries(page, EN)) <= 6000
    assert all(len(button.custom_id) <= 100 for button in (*build_numbers(page), *build_turns(page, EN)))


@pytest.mark.parametrize("count", [1, 20])
def test_a_family_fits(build_job: Callable[..., Job], count: int) -> None:
    """The nearest ancestors and as many descendants as there is room for; who is left out is counted or hinted at."""
    ancestors = [build_job()]
    for _ in range(MOST_ANCESTORS - 1):
        ancestors.append(build_job(from_job_id=ancestors[-1].id, from_position=3, count=4))
    job = build_job(from_job_id=ancestors[-1].id, from_position=0)
    descendants: list[Job] = []
    for _ in range(MOST_DESCENDANTS):
        above = descendants[-1] if descendants and count > 1 else job
        descendants.append(build_job(from_job_id=above.id, from_position=3))
    family = Family(job, tuple(ancestors), tuple(descendants), more=False)
    above_all, below = build_family(family, EN)
    assert length((above_all, below)) <= 6000
    assert above_all.text.startswith("… more before these\n")
    assert below.text.endswith("… and more")
    assert above_all.text.split("\n")[-1].startswith("**🖼️ made from its picture 1: ")
    relatives = list_relatives(family, EN)
    assert len(relatives) == 25
    assert all(0 < len(name) <= 100 for name, _ in relatives.values())
    assert next(iter(relatives)) == ancestors[-1].id


def test_how_a_line_begins(build_job: Callable[..., Job]) -> None:
    """With the picture that was attached, or with what is no longer known; erased words are no words."""
    first = build_job(prompt="a lake")
    tried = build_job(prompt="a lake", from_job_id=first.id)
    above, below = build_family(Family(tried, (first,), (), more=False), EN)
    assert above.text.split("\n")[0] == "📎 The picture that was attached"
    assert "**🔁 another try at the same picture: a lake" in above.text
    assert below.text.startswith("Nothing yet")
    lost = build_job(prompt="", from_job_id=7, reason=Reason.ERASED)
    child = build_job(prompt="a lake", from_job_id=lost.id, from_position=0)
    family = Family(child, (lost,), (), more=False)
    above, _ = build_family(family, EN)
    assert above.text.split("\n")[:2] == [
        "📎 What came before is no longer known",
        "🔁 another try at the same picture: one that is no longer kept",
    ]
    assert list_relatives(family, EN) == {}


@pytest.mark.parametrize(
    ("status", "reason", "draft", "linked"),
    [
        (JobStatus.DONE, None, False, True),
        (JobStatus.DONE, Reason.REPLY_GONE, False, False),
        (JobStatus.DONE, Reason.DELETED, False, False),
        (JobStatus.DONE, None, True, False),
        (JobStatus.REFUSED, Reason.PICTURE_BROKEN, False, False),
        (JobStatus.FAILED, Reason.PROVIDER_FAILED, False, True),
        (JobStatus.REVIEWING, None, False, True),
    ],
)
def test_links_lead_only_where_something_is(
    build_job: Callable[..., Job], status: JobStatus, reason: Reason | None, *, draft: bool, linked: bool
) -> None:
    """A reply that was taken away, lost, or never seen by anybody else has no address."""
    job = build_job(status, reason, draft=draft)
    page = Page(Shelf.ALL, everywhere=False, jobs=(job,), newer_at=None, older_at=None, thumbnails={})
    (entry,) = build_entries(page, EN)
    assert (f"/{ID}/{ID}/{ID})" in entry.text) is linked
    assert ("📝 Draft" in entry.text) is draft


@pytest.mark.parametrize("status", JobStatus)
def test_each_one_opens(build_job: Callable[..., Job], status: JobStatus) -> None:
    """At every status: words that fit, no button that works on its own message only, and a way back."""
    job = build_job(status)
    card = build_detail(job, Outlook(), Shelf.WAITING, "label")
    assert len(build_embed(card)) <= 6000
    actions = [button.custom_id.rpartition(":")[2] for button in card.buttons]
    assert not {"cancel", "show", "report"} & set(actions)
    assert actions[-2:] == ["family_waiting", "history_waiting"]
    assert f"history.status.{status}" in get_catalogue(EN)


def test_without_its_pictures_it_does_not_say_here_it_is(build_job: Callable[..., Job]) -> None:
    """Missing, it offers no hand that needs them."""
    card = build_detail(build_job(prompt="a lake"), Outlook(), Shelf.ALL, missing=True)
    assert card.title == "✨ Finished"
    assert "no longer kept" in card.text
    assert [button.label for button in card.buttons] == ["Again", "Edit", "Where it came from", "Back"]
    other = build_detail(replace(build_job(), reason=Reason.DELETED), Outlook(), Shelf.ALL)
    assert other.title == "🗑️ Deleted"


@pytest.mark.parametrize("shelf", Shelf)
def test_every_shelf_has_a_name(shelf: Shelf) -> None:
    """Each in the catalogue."""
    assert f"history.shelf.{shelf}" in get_catalogue(EN)
