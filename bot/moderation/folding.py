"""Texts made comparable, whatever they were written with.

Three steps, each on top of the one before:

clean     what can be seen: NFKC (fullwidth, styled and circled letters become plain ones), nothing invisible, no marks
          stacked on letters. Case and accents stay. For regular expressions, whose authors think of both.
plain     the same without case, with single spaces. Accents stay: Discord's AutoMod has them, so "año" is not "ano".
readings  the same without accents on Latin letters, and then every way somebody may have meant it: letters of another
          alphabet or digits that look like Latin ones, letters spaced out, words taken apart by hyphens or Discord's
          marks, or joined by what cannot be seen. The first reading is the text itself; others are there only where
          they differ. What is harmless stays harmless in the first, and what was hidden shows in another: no reading
          has to be right about both.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

HIDDEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800[\p{Cc}--\s]]", regex.V1)
"""What takes no ink: zero-width characters, directions, variation selectors, fillers, the empty braille cell."""
STACKED = regex.compile(r"[\p{M}&&\p{Script=Inherited}]", regex.V1)
"""Marks of no script of their own. After NFKC only those are left that make up no letter anybody writes."""
ACCENT = regex.compile(r"(?<=\p{Latin})[\p{M}&&\p{Script=Inherited}]+", regex.V1)

UNACCENTED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ё": "е"}
    | dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡɩ", "abcdefghijklmnoprstuvwyzagi", strict=True))
)
"""What Unicode does not take apart: letters with strokes, ligatures, small capitals; and ё, often written as е."""

TWINS = dict(zip("аеорсухѕіјһԁԛԝαοιν", "aeopcyxsijhdqwaoiv", strict=True))
"""Letters that nobody can tell from Latin ones."""
TO_LATIN = str.maketrans(TWINS | dict(zip("вкмнтгпизчбβεκρτυχωγη", "bkmhtrnu34bbekptuxwyn", strict=True)))
"""And letters that pass for Latin ones between others."""
TO_CYRILLIC = str.maketrans("abekmhopctyxrnu3460", "авекмнорстухгпизчбо")
BOXED = str.maketrans({first + i: chr(ord("a") + i) for first in (0x1F150, 0x1F170, 0x1F1E6) for i in range(26)})
"""Letters in black circles, in black boxes, and those that flags are made of."""

FOREIGN = r"[\p{Cyrillic}\p{Greek}]"
NO_TWIN = regex.compile(rf"[{FOREIGN}--[{''.join(TWINS)}]]", regex.V1)
FOREIGN_WORD = regex.compile(rf"(?<!\p{{L}})\p{{L}}*{FOREIGN}\p{{L}}*")
LATIN = regex.compile(r"\p{Latin}")

DIGITS = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "€": "e"}
STROKES = "1!|"
"""May stand for an i or an l."""
LEET_WORD = regex.compile(r"(?<!\p{Latin})\p{Latin}*+(?:[\d@$€|]|!(?=\p{Latin}))(?:[\p{Latin}\d@$€|]|!(?=\p{Latin}))*")

SPACED = regex.compile(r"(?<![\p{L}\d])([\p{L}\d])([^\p{L}\d]{1,3})([\p{L}\d])(?:\2([\p{L}\d]))+(?![\p{L}\d])")
"""Three or more single letters, between all of them the same: "n u d e", "n.u.d.e", "n - u - d - e"."""
SCATTERED = regex.compile(r"(?<![\p{L}\d])[\p{L}\d](?:[^\p{L}\d]{1,2}[\p{L}\d]){2,}(?![\p{L}\d])")
"""The same with anything between them: "n.u d-e"."""
MARKS = r"*_~|`"
"""What Discord makes bold, italic, struck out, hidden and code of, and does not show."""
JOINT = regex.compile(rf"[{MARKS}]{{2,}}|(?<=\p{{L}})[{MARKS}.\-'’()\[\]{{}}]{{1,3}}(?=\p{{L}})")
"""What takes a word apart and leaves it to be read: "un-dress", "und.ress", "un**dress**"."""
FRAME = regex.compile(rf"[{MARKS}()\[\]{{}}<>\"“”«»/\\]+")
"""What stands around words and ends no clause."""


def clean(text: str) -> str:
    """What can be seen of a text, in the letters it is usually written with."""
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFKC", HIDDEN.sub("", text))
    return unicodedata.normalize("NFKC", STACKED.sub("", composed))


def plain(text: str) -> str:
    """The same without case, with single spaces. Accents stay."""
    return _single_spaced(clean(clean(text).casefold()))


def fold(text: str) -> str:
    """The same without accents on Latin letters: the first reading of a text, and how what is looked for is written."""
    return _single_spaced(_unaccented(text))


def part_hidden(text: str) -> str:
    """A space for whatever cannot be seen: what looks like one word may have been meant as two."""
    return text if text.isascii() and text.isprintable() else HIDDEN.sub(" ", text)


@lru_cache(maxsize=8)  # every rule of a judgement asks for the same
def readings(text: str) -> tuple[str, ...]:
    """Every way a text may be meant, as it stands first. Compare with what went through `fold`."""
    unaccented = _unaccented(text)
    parted = _unaccented(part_hidden(text))
    ways = (
        unaccented,
        SPACED.sub(_join, unaccented),
        SPACED.sub(_join_behind_first, unaccented),
        SCATTERED.sub(_join_all, unaccented),
        FRAME.sub(" ", unaccented),
        FRAME.sub(" ", JOINT.sub("", unaccented)),
        FRAME.sub(" ", parted),
    )
    found = [unaccented]
    for read in dict.fromkeys(map(_single_spaced, ways)):
        latin = _in_latin(read)
        found += [_without_digits(latin, "i"), _without_digits(latin, "l"), _in_cyrillic(read)]
    return tuple(dict.fromkeys(map(_single_spaced, found)))


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def _unaccented(text: str) -> str:
    if text.isascii():  # most texts, and much faster
        return clean(text).lower()
    apart = unicodedata.normalize("NFD", clean(clean(text).casefold()))
    return unicodedata.normalize("NFC", ACCENT.sub("", apart)).translate(UNACCENTED)


def _join(run: regex.Match[str]) -> str:
    return run[1] + run[3] + "".join(run.captures(4))


def _join_behind_first(run: regex.Match[str]) -> str:
    """The same where the first letter is a word of its own: "a n u d e"."""
    return f"{run[1]} {run[3]}{''.join(run.captures(4))}"


def _join_all(run: regex.Match[str]) -> str:
    return "".join(filter(str.isalnum, run[0]))


def _in_latin(text: str) -> str:
    """Look-alikes in words that mix alphabets become Latin, and all words if no letter proves another alphabet."""
    if text.isascii():
        return text
    unproved = not NO_TWIN.search(text)

    def read(word: regex.Match[str]) -> str:
        return word[0].translate(TO_LATIN) if unproved or LATIN.search(word[0]) else word[0]

    return FOREIGN_WORD.sub(read, text.translate(BOXED))


def _in_cyrillic(text: str) -> str:
    """Latin look-alikes in Cyrillic words become Cyrillic."""
    return text if text.isascii() else FOREIGN_WORD.sub(lambda word: word[0].translate(TO_CYRILLIC), text)


def _without_digits(text: str, stroke: str) -> str:
    """Digits and signs inside words read as letters. "4k", "16" and "a55" are no words: too few of them are letters."""
    table = str.maketrans(DIGITS | dict.fromkeys(STROKES, stroke))

    def read(word: regex.Match[str]) -> str:
        letters = sum(map(str.isalpha, word[0]))
        return word[0].translate(table) if letters > 1 and 2 * letters >= len(word[0]) else word[0]

    return LEET_WORD.sub(read, text)
