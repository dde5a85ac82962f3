"""Other people's text is shown as text: nothing in it is markup, a mention or a trick."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.replies.plain import MARKUP, format_line, format_safe


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("@everyone <@1> <@&2> <#3>", r"\@everyone \<\@1\> \<\@\&2\> \<\#3\>"),
        ("**bold** _it_ ~~no~~ ||spoiler||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \|\|spoiler\|\|"),
        ("`code` ```\nblock```", r"\`code\` \`\`\` block\`\`\`"),
        ("# head\n- list\n> quote", r"\# head \- list \> quote"),
        ("[click](https://evil.example)", r"\[click\]\(https\:\/\/evil\.example\)"),
        ("back\\slash", r"back\\slash"),
        ("<:smile:123> <t:1:R>", r"\<\:smile\:123\> \<t\:1\:R\>"),
        ("  much \t space \r\n here ", "much space here"),
        ("\u202egnp.exe\u202c \u200bzero\u2066 width\x00", r"gnp\.exe zero width"),
        ("Z" + "\u0351" * 50, "Z" + "\u0351" * 3),
        ("👩‍👩‍👧 می‌خواهم", "👩‍👩‍👧 می‌خواهم"),
    ],
)
def test_what_was_typed_is_what_is_seen(typed: str, shown: str) -> None:
    """Markup is escaped, hidden characters are gone, and what carries meaning stays."""
    assert format_safe(typed, 500) == shown


@given(st.text(max_size=300), st.integers(min_value=1, max_value=80))
def test_no_text_is_longer_or_more_than_a_line(text: str, most: int) -> None:
    """Whatever comes in, one line of at most so many characters comes out, without control characters."""
    line = format_line(text, most)
    assert len(line) <= most
    assert not any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in line)


@given(st.text(max_size=300))
def test_every_mark_is_escaped(text: str) -> None:
    """Taking the backslashes away gives the line back, and no mark stands without one."""
    safe = format_safe(text, 300)
    marks, rest = 0, safe
    while rest:
        if rest[0] == "\\":
            rest, marks = rest[2:], marks + 1
        else:
            assert not MARKUP.match(rest)
            rest = rest[1:]
    assert len(safe) - marks == len(format_line(text, 300))


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    """The cut is seen, and does not fall behind a joiner."""
    assert format_line("abcdef", 4) == "abc…"
    assert format_line("ab\u200dcd", 4) == "ab…"
    assert len(format_safe("😀" * 1000, 300)) == 300
