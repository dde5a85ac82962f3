"""Each member reads their own language, and everything fits into Discord in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.replies.texts import DEFAULT_LOCALE, get_locales, say
from tests.journeys.test_blocks import said
from tests.journeys.test_img2img import ask, card

if TYPE_CHECKING:
    from sandbox.world import World

OTHERS = sorted(get_locales() - {DEFAULT_LOCALE})


def speak(monkeypatch: pytest.MonkeyPatch, locale: str) -> None:
    """From now on Discord says that whoever acts reads this language."""
    from simcord import interactions  # noqa: PLC0415 (the module, not what the package shows)

    told = interactions.base_payload

    def tell(*args: Any, **given: Any) -> Any:
        record, payload = told(*args, **given)
        return record, payload | {"locale": locale}

    monkeypatch.setattr(interactions, "base_payload", tell)


@pytest.mark.parametrize("locale", OTHERS)
async def test_a_picture_in_the_members_language(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """Title, fields, buttons and alt text; somebody else's click is answered in theirs."""
    speak(monkeypatch, locale)
    await ask(world, photo)
    await world.settle()
    await world.advance(60)
    message = world.channel.last_message
    assert message is not None
    assert card(message).title == say(locale, "status.done.title")
    assert say(locale, "card.strength") in {each.name for each in card(message).fields}
    assert say(locale, "button.again") in str(message.components)
    assert message.attachments[0].description == say(locale, "card.alt", prompt="a cat in watercolour")
    refused = await world.friend.click(message, label=say(locale, "button.again"))
    assert said(refused).strip().startswith(say(locale, "door.not_yours"))


@pytest.mark.parametrize("locale", ["es-419", "en-GB", "pl"])
async def test_a_language_without_a_catalogue_reads_its_neighbours(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """Latin America reads Spanish, Britain and everybody else English."""
    speak(monkeypatch, locale)
    await ask(world, photo)
    title = say({"es-419": "es-ES"}.get(locale, DEFAULT_LOCALE), "status.arriving.title")
    assert card(world.channel.last_message).title == title


async def test_the_servers_language_counts_for_what_everybody_reads(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that chose one has all its cards in it; what one member alone is told stays in theirs."""
    speak(monkeypatch, "fr")
    with world.env.time_context():
        await world.house.client.rooms.policies.change(world.guild.id, world.moderator.id, "language", "ja")
    await ask(world, photo)
    message = world.channel.last_message
    assert card(message).title == say("ja", "status.arriving.title")
    assert message is not None
    told = await world.friend.click(message, label=say("ja", "button.cancel"))
    assert say("fr", "door.cancel_not_yours") in said(told)


async def test_commands_and_their_options_are_called_as_members_call_them(world: World) -> None:
    """Names, descriptions and choices in every language that has a catalogue, and in those that share one."""
    client = world.house.client
    told = [await client._payload(each) for each in client.tree.get_commands()]
    command = next(each for each in told if each["name"] == "img2img")
    menus = [each["name_localizations"] for each in told if each["name"] == say(DEFAULT_LOCALE, "menu.repaint.name")]
    for locale in [*OTHERS, "es-419", "en-GB"]:
        assert command["description_localizations"][locale] == say(locale, "command.img2img.description")
        for option in command["options"]:
            name = option["name"].replace("-", "_")
            assert option["name_localizations"][locale] == say(locale, f"command.img2img.{name}.name")
        assert [menu[locale] for menu in menus] == [say(locale, "menu.repaint.name")]
