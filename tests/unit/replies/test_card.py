"""What a card says at each status, and that it always fits into Discord."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.errors import Reason
from bot.jobs import Job, JobStatus, Request
from bot.jobs.model import CANCELLABLE, Outlook
from bot.jobs.pace import Span
from bot.replies.buttons import build_more
from bot.replies.card import (
    COLORS,
    Card,
    Note,
    build_card,
    format_alt,
    format_card,
    format_file_name,
    parse_file_name,
)
from bot.replies.drafts import build_farewell
from bot.replies.texts import get_locales
from tests.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTHING = Outlook(None, None)
SAMPLE_VALUES: Mapping[str, object] = {
    "model": "kontext",
    "option": "strength",
    "most": 1000,
    "limit_mb": 10,
    "limit_megapixels": 30,
    "limit_side": 12000,
    "width": 1,
    "height": 2,
    "least": 64,
    "seconds": 15,
    "message": "Please be kind to each other.",
    "opens": "<t:1:R>",
    "left": "$0.10",
    "price": "$0.20",
    "limit": "$1.00",
    "role": "<@&1>",
    "roles": "<@&1>",
    "channels": "<#1>",
    "models": "`dev`",
    "preset": "Oil",
    "presets": "Oil, Ink",
}


@pytest.fixture
def build_job(build_request: Callable[..., Request]) -> Callable[..., Job]:
    """Jobs that were asked for and queued at noon."""

    def build(status: JobStatus = JobStatus.QUEUED, request: Request | None = None, **given: object) -> Job:
        job = Job(
            request=request or build_request(),
            status=status,
            turn=1,
            attempts=0,
            key="key",
            price_usd=Decimal("0.0015"),
            created_at=NOON,
            queued_at=NOON,
        )
        return replace(job, **given)  # type: ignore[arg-type]  # names and values come from the test

    return build


def fields(card: Card) -> dict[str, str]:
    """The card's fields by name."""
    return {field.name: field.value for field in card.fields}


def labels(card: Card) -> set[str]:
    """The card's buttons."""
    return {button.label for button in card.buttons}


def test_outside_of_guilds_nothing_is_reported(build_job: Callable[..., Job]) -> None:
    """There are no moderators to report it to."""
    job = build_job(JobStatus.DONE)
    assert "Report" not in labels(build_card(replace(job, request=replace(job.request, guild_id=None)), NOTHING))


def test_a_card_shows_what_its_model_was_told(build_job: Callable[..., Job]) -> None:
    """Style and control where there are any; no strength where the model has none."""
    job = build_job()
    styled = replace(job.request, model="controlnet-lora", lora="anime", lora_strength=0.4, control="canny")
    shown = fields(build_card(replace(job, request=styled), NOTHING))
    assert (shown["Style"], shown["Kept in place"], shown["Strength"]) == ("anime 40%", "canny", "70%")
    assert fields(build_card(replace(job, request=replace(styled, lora_strength=None)), NOTHING))["Style"] == "anime"
    bare = fields(build_card(replace(job, request=replace(job.request, model="kontext", strength=None)), NOTHING))
    assert not bare.keys() & {"Style", "Kept in place", "Strength"}


def test_a_card_names_the_preset_and_shows_the_members_words(build_job: Callable[..., Job]) -> None:
    """Its name as it was typed; its words stay between the member and PiAPI."""
    job = build_job()
    card = build_card(replace(job, request=replace(job.request, preset="*Oil*", template="{prompt} in oil")), NOTHING)
    assert fields(card)["Preset"] == r"\*Oil\*"
    assert card.text.startswith("> a cat in a hat\n")
    assert "Preset" not in fields(build_card(job, NOTHING))


def test_a_waiting_card_says_where_and_how_long(build_job: Callable[..., Job]) -> None:
    """Place, since when, usually done: a time that ticks, and what to hold it against, without edits."""
    shown = fields(build_card(build_job(), Outlook(3, Span(12.4, 20.1))))
    at = int(NOON.timestamp())
    assert shown["Place in line"] == "3"
    assert shown["Waiting since"] == f"<t:{at}:R>"
    assert shown["Usually done"] == "after 12–21 s"
    assert shown["Model"] == "Flux schnell"
    assert shown["Strength"] == "70%"
    assert shown["Price"] == "$0.0015"
    assert build_card(build_job(), NOTHING).author == "Mira"
    assert fields(build_card(build_job(), Outlook(1, None)))["Place in line"] == "You are next"


def test_a_running_card_says_since_when(build_job: Callable[..., Job]) -> None:
    """The wait is over, the work has begun."""
    shown = fields(build_card(build_job(JobStatus.RUNNING, submitted_at=NOON), NOTHING))
    assert shown["Began"] == f"<t:{int(NOON.timestamp())}:R>"
    assert "Place in line" not in shown


def test_a_finished_card_says_what_it_took(build_job: Callable[..., Job]) -> None:
    """Seconds and dollars as they came out, no countdown."""
    job = build_job(
        JobStatus.DONE,
        submitted_at=NOON,
        painted_at=NOON + timedelta(seconds=75.4),
        cost_usd=Decimal("0.00200"),
    )
    shown = fields(build_card(job, Outlook(None, Span(5.0, 9.0))))
    assert shown["Painted in"] == "1 min 15 s"
    assert shown["Cost"] == "$0.002"
    assert "Usually done" not in shown
    assert "Price" not in shown


@pytest.mark.parametrize(
    ("amount", "shown"), [("0.0015", "$0.0015"), ("0.5", "$0.50"), ("0", "$0.00"), ("20", "$20.00")]
)
def test_money_is_readable(build_job: Callable[..., Job], amount: str, shown: str) -> None:
    """Two digits at least, and no scientific notation."""
    assert fields(build_card(build_job(price_usd=Decimal(amount)), NOTHING))["Price"] == shown


@pytest.mark.parametrize("status", JobStatus)
def test_every_status_has_a_face(build_job: Callable[..., Job], status: JobStatus) -> None:
    """A title, a color, and exactly the buttons that make sense there."""
    card = build_card(build_job(status), NOTHING)
    assert card.title
    assert status in COLORS
    assert ("Cancel" in labels(card)) == (status in CANCELLABLE)
    assert ("Report" in labels(card)) == (status is JobStatus.DONE)
    assert ("Why?" in labels(card)) == (status is JobStatus.REJECTED)
    assert ("Use as source" in labels(card)) == (status is JobStatus.DONE)
    assert len(card.buttons) <= 5


@pytest.mark.parametrize("status", JobStatus)
def test_a_draft_says_that_it_is_one(
    build_job: Callable[..., Job], build_request: Callable[..., Request], status: JobStatus
) -> None:
    """While there is something of it to see or to wait for. Others have no business with it."""
    job = build_job(status, build_request(draft=True, reachable=False))
    card = build_card(job, NOTHING)
    assert ("only you see" in card.text.lower()) == (status is JobStatus.DONE or not job.over)
    assert ({"Publish", "Discard"} <= labels(card)) == (status is JobStatus.DONE)
    assert ("Show result" in labels(card)) == (not job.over)
    assert not labels(card) & {"Report", "Use as source"}
    assert len(card.buttons) <= 5
    more = {button.custom_id.rpartition(":")[2] for button in build_more(job, "en-US", mine=True, moderates=False)}
    assert "source" in more
    assert "delete" not in more


@pytest.mark.parametrize("status", [JobStatus.DELIVERING, JobStatus.REVIEWING, JobStatus.DONE, JobStatus.REJECTED])
@pytest.mark.parametrize("draft", [True, False])
def test_a_draft_bids_farewell(
    build_job: Callable[..., Job], build_request: Callable[..., Request], status: JobStatus, *, draft: bool
) -> None:
    """It says what became of it and leads there; of one that is a draft again, nothing leads anywhere."""
    job = build_job(status, build_request(draft=draft, prompt="**mine**"), message_id=9)
    card = build_farewell(job)
    assert not card.buttons
    assert card.title
    assert r"\*\*mine\*\*" in card.text
    assert ("https://discord.com/channels/2/3/9" in card.text) is not draft
    assert ("draft again" in card.text) is draft


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence(build_job: Callable[..., Job], reason: Reason) -> None:
    """A failed card says why in words a member understands."""
    card = build_card(build_job(JobStatus.FAILED, reason=reason, reason_values=SAMPLE_VALUES), NOTHING)
    sentence = card.text.rsplit("\n\n", 1)[-1]
    assert len(sentence) > 20
    assert reason.value not in sentence


def test_a_cancelled_order_may_still_be_charged(build_job: Callable[..., Job]) -> None:
    """Before it was sent nothing is charged; afterwards that is not promised."""
    early = build_card(build_job(JobStatus.CANCELLED, reason=Reason.CANCELLED), NOTHING)
    late = build_card(build_job(JobStatus.CANCELLED, reason=Reason.CANCELLED, submitted_at=NOON), NOTHING)
    assert "Nothing was charged" in early.text
    assert "may still be charged" in late.text


def test_a_hostile_prompt_stays_text(build_job: Callable[..., Job], build_request: Callable[..., Request]) -> None:
    """Mentions and markup in a prompt reach the card escaped, and never the file name."""
    request = build_request(prompt="@everyone **hi** `x` \u202e", negative_prompt="<@5> ||no||")
    card = build_card(build_job(request=request), NOTHING)
    assert r"\@everyone \*\*hi\*\* \`x\`" in card.text
    assert fields(card)["Without"] == r"\<\@5\> \|\|no\|\|"
    assert "\u202e" not in format_card(card)
    name = format_file_name(build_job(request=request), 1, "png", "Sandbox")
    assert name == f"repaint-sandbox-{request.id}-1.png"


@pytest.mark.parametrize("locale", sorted(get_locales()))
@pytest.mark.parametrize("letter", ["x", "*", "😀", "\u0351", "ก", "\n"])
def test_the_longest_request_fits_into_discord(
    build_job: Callable[..., Job], build_request: Callable[..., Request], letter: str, locale: str
) -> None:
    """Title 256, description 4096, field 1024, 25 fields, 6000 in all, alt text 1024."""
    request = build_request(
        locale=locale,
        prompt=letter * 1000,
        negative_prompt=letter * 1000,
        guidance=5.0,
        count=4,
        model="dev-advanced",
        preset="*" * 32,
    )
    for status in JobStatus:
        job = build_job(status, request=request, source_notes=frozenset({"first_frame"}), submitted_at=NOON)
        card = build_card(job, Outlook(999_999, Span(1e6, 1e7)), "x" * 20, notes=list(Note))
        texts = [
            card.author,
            card.title,
            card.text,
            card.footer,
            *(part for each in card.fields for part in (each.name, each.value)),
        ]
        assert len(card.title) <= 256
        assert len(card.text) <= 4096
        assert all(len(field.value) <= 1024 and field.value for field in card.fields)
        assert len(card.fields) <= 25
        assert sum(map(len, texts)) <= 6000
        assert len(format_alt(job, 4, 4)) <= 1024


@pytest.mark.parametrize("label", ["", "Sandbox", "7"])
@pytest.mark.parametrize("spoiler", [False, True])
def test_a_file_name_of_ours_can_be_read(build_job: Callable[..., Job], label: str, spoiler: bool) -> None:
    """It says which picture of which job that is, whatever the label."""
    job = build_job()
    assert parse_file_name(format_file_name(job, 3, "webp", label, spoiler=spoiler)) == (job.id, 3)


@pytest.mark.parametrize("name", ["cat.png", "repaint-1.png", "repaint-a-b-1-1.png", "repaint-1-1", "xrepaint-1-1.png"])
def test_a_file_name_of_others_says_nothing(name: str) -> None:
    """It is not even tried."""
    assert parse_file_name(name) is None


def test_a_reply_that_may_get_out_of_reach_says_so(
    build_job: Callable[..., Job], build_request: Callable[..., Request]
) -> None:
    """With the button that brings it back, until there is nothing more to come. So does a draft."""
    far = build_request(reachable=False)
    for request in (far, replace(far, draft=True)):
        card = build_card(build_job(JobStatus.RUNNING, request=request), NOTHING)
        assert "quarter of an hour" in card.text
        assert "Show result" in labels(card)
    for job in (build_job(JobStatus.DONE, request=far), build_job(JobStatus.RUNNING)):
        assert "quarter of an hour" not in build_card(job, NOTHING).text


def test_what_was_done_to_the_pictures_is_said(build_job: Callable[..., Job]) -> None:
    """The first frame of an animation, and a result made smaller, are both mentioned."""
    job = build_job(JobStatus.DONE, source_notes=frozenset({"first_frame"}))
    card = build_card(job, NOTHING, notes=list(Note))
    assert "first frame" in card.text
    assert "smaller" in card.text


def test_every_card_of_a_labelled_bot_carries_the_label(build_job: Callable[..., Job]) -> None:
    """Nobody takes a sandbox's picture for a paid one."""
    job = build_job(JobStatus.DONE)
    assert "sandbox" in build_card(job, NOTHING, "sandbox").footer
    assert str(job.id) in build_card(job, NOTHING).footer
