"""The small language of the pack: what people say, as sequences of words, made into one regular expression.

    undress*            a word, or words, as they are; a star at an end stands for the rest of the word
    <clothes>           one of a list
    [her]               up to five of a list, or none
    ..                  up to three words, whichever they are
    !<person>           the next word is none of a list; only at the end
    ,                   a comma may stand between
    <age>               0 to 17 in digits, or in the words of the list `age`

Between words there may be a space, a hyphen or the like, but nothing that ends a clause. In a language that writes
without spaces there need not be anything; words in katakana alone are taken as whole words there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.moderation.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Tree = dict[str, "Tree"]

LETTER = r"[^\W\d_]"
GAP = r"(?:[^\w.,;:!?()\[\]|]|_){1,3}"
KATAKANA = "ァ-ヺー"
DIGITS_OF_A_MINOR = r"(?<!\d)(?:1[0-7]|0?\d)(?!\d)"
COMMA = GAP.replace(",;:", "")
HEAD, LEAST_HEAD = 4, 3
"""Letters of a word by which a text is asked first whether it can have a sequence."""
IDEOGRAPHS = "\u2e80"
"""From here on, mostly, are letters of languages without spaces."""
TOKEN = re.compile(rf"\d+|{LETTER}+")
END = ""
"""What a tree has where a sequence may end."""


def compile_sequences(sequences: Iterable[str], lists: Mapping[str, Sequence[str]], *, spaced: bool) -> re.Pattern[str]:
    """A regular expression for texts that went through `fold`. It matches nothing if there are no sequences."""
    reader = _Reader(lists, spaced)
    tree = _grow(reader.pieces(sequence) for sequence in sequences)
    if not tree:
        return re.compile(r"(?!)")
    return re.compile(reader.start + _write(tree) + reader.end)


def list_heads(text: str) -> frozenset[str]:
    """How the words of a text begin, its small numbers, and the letters that need no spaces."""
    tokens = set(TOKEN.findall(text))
    ages = {str(int(token)) for token in tokens if token.isdecimal() and len(token) < HEAD}
    heads = {token[:length] for token in tokens for length in (LEAST_HEAD, HEAD)}
    return frozenset(heads | ages | {letter for letter in text if letter >= IDEOGRAPHS})


def list_beginnings(sequences: Iterable[str], lists: Mapping[str, Sequence[str]], *, spaced: bool) -> frozenset[str]:
    """One of these is among the heads of every text in which a sequence is."""
    found: set[str] = set()
    for sequence in sequences:
        for part in sequence.split():
            if part[0] in "<[":
                found |= list_beginnings(lists.get(part[1:-1], ()), lists, spaced=spaced)
                found |= set(map(str, range(18))) if part == "<age>" else set()
            else:
                found.add(_get_beginning(fold(part), spaced=spaced))
            if part[0] != "[":
                break
    return frozenset(found)


def _get_beginning(word: str, *, spaced: bool) -> str:
    token = TOKEN.match(word)
    if token is None or (len(token[0]) < LEAST_HEAD and token[0] + "*" == word):
        raise ValueError(word)  # of such a sequence nothing can be told beforehand
    return token[0][:HEAD] if spaced else token[0][0]


class _Reader:
    """Takes sequences apart into pieces of a regular expression."""

    def __init__(self, lists: Mapping[str, Sequence[str]], spaced: bool) -> None:
        self._lists = lists
        self._gap = GAP if spaced else r"\s?"
        self._any = rf"(?:\w+{GAP}){{0,3}}?" if spaced else r"[^.,;:!?。、|]{0,8}?"
        self._spaced = spaced
        self.start, self.end = (rf"(?<!{LETTER})", rf"(?!{LETTER})") if spaced else ("", "")
        self._written: dict[str, str] = {}

    def pieces(self, sequence: str) -> list[str]:
        """The parts of a sequence, with gaps between them."""
        pieces: list[str] = []
        gap = ""
        for part in sequence.split():
            if part == ",":
                gap = COMMA
                continue
            if part.startswith("!"):
                pieces.append(f"(?!{self._gap}{self._list(part[2:-1])}{self.end})")
                break
            pieces += [gap] if gap else []
            if part == "..":
                pieces.append(self._any)
            elif part.startswith("["):
                pieces.append(f"(?:{self._list(part[1:-1])}{self._gap}){{0,5}}")
            else:
                pieces += [self._list(part[1:-1])] if part.startswith("<") else self._word(part)
                gap = f"(?:{self._gap})?" if part == "<age>" else self._gap
                continue
            gap = ""
        return pieces

    def _list(self, name: str) -> str:
        if name not in self._written:
            digits = [DIGITS_OF_A_MINOR] if name == "age" else []
            tree = _grow([*([piece] for piece in digits), *map(self.pieces, self._lists.get(name, ()))])
            self._written[name] = _write(tree)
        return self._written[name]

    def _word(self, part: str) -> list[str]:
        word = fold(part)
        core = word.removeprefix("*").removesuffix("*")
        pieces = (
            [r"\w*"] * word.startswith("*") + [re.escape(letter) for letter in core] + [r"\w*"] * word.endswith("*")
        )
        if not self._spaced and re.fullmatch(f"[{KATAKANA}]+", core):
            return [f"(?<![{KATAKANA}])", *pieces, f"(?![{KATAKANA}])"]
        return pieces


def _grow(sequences: Iterable[Sequence[str]]) -> Tree:
    """Sequences that begin alike share their beginning: hundreds of them are told apart by their first letters."""
    root: Tree = {}
    for pieces in sequences:
        node = root
        for piece in pieces:
            node = node.setdefault(piece, {})
        node[END] = {}
    return root


def _write(tree: Tree) -> str:
    """The tree as a regular expression."""
    branches = [piece + (_write(rest) if rest != {END: {}} else "") for piece, rest in tree.items() if piece]
    if len(branches) == 1 and END not in tree:
        return branches[0]
    return f"(?:{'|'.join(branches)}){'?' if END in tree else ''}"
