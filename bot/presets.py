"""Presets: looks that somebody prepared and gave a name, an operator in a file or a guild in its policy. Values only.

A preset puts the member's prompt into words of its own, and chooses model, strength and guidance where it names them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.provider.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PROMPT = "{prompt}"
"""Where the member's own words go."""
LONGEST_NAME, LONGEST_TEMPLATE = 32, 500
MOST_OF_OPERATOR, MOST_OF_GUILD = 25, 50
OFF = "off"
TEXTS = ("name", "template", "model")
NUMBERS = ("strength", "guidance")
FIELDS = frozenset({*TEXTS, *NUMBERS})
DIGITS = 2
JOINERS = "\u200c\u200d"
"""What cannot be seen by itself and belongs to words of some scripts, and to emoji."""
WRONG = {
    "preset_fields": "needs a name and a template, may have a model, a strength and a guidance, and nothing else",
    "preset_name": "needs a name of {least} to {most} characters",
    "preset_template": "needs a template of {least} to {most} characters, {{prompt}} included",
    "preset_model": "may have one of these models, or none: {options}",
    "preset_range": "may have a {option} from {least} to {most}, or none",
    "preset_not_taken": "cannot have a {option}: the model {model} takes none",
}
"""What an operator is told of a mistake; the catalogue has the same for guilds."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something in a preset that cannot be, as a key of the catalogue with the values of its sentence."""

    problem: str
    values: Mapping[str, str | float]


class PresetWrong(ValueError):
    """A preset that cannot be. Every mistake at once."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(", ".join(each.problem for each in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Preset:
    """`template` always has `{prompt}` in it. What is not named, "" or None, this preset does not choose."""

    name: str
    template: str
    model: str = ""
    strength: float | None = None
    guidance: float | None = None

    @property
    def key(self) -> str:
        """Its name, in which case counts nothing."""
        return self.name.casefold()


def find_preset(presets: Iterable[Preset], name: str) -> Preset | None:
    """The preset of this name, however it was typed."""
    key = _clean(name).casefold()
    return next((preset for preset in presets if preset.key == key), None)


def fill(template: str, prompt: str) -> str:
    """The prompt in the words of a preset, or (without any) as it is."""
    return template.replace(PROMPT, prompt).strip() if template else prompt


def parse_preset(given: Any) -> Preset:
    """A preset from JSON or TOML; a template that does not say where the prompt goes gets it in front.

    Raises `PresetWrong`.
    """
    if not isinstance(given, dict) or not given.keys() <= FIELDS:
        raise PresetWrong(Mistake("preset_fields", {}))
    name, template, model = (given.get(each, "") for each in TEXTS)
    if not all(isinstance(text, str) for text in (name, template, model)):
        raise PresetWrong(Mistake("preset_fields", {}))
    name, template = _clean(name), _clean(template)
    if template and PROMPT not in template:
        template = f"{PROMPT}, {template}"
    preset = Preset(name, template, model, given.get("strength"), given.get("guidance"))
    mistakes = [*_find_mistakes(preset)]
    if mistakes:
        raise PresetWrong(*mistakes)
    return replace(preset, strength=_round(preset.strength), guidance=_round(preset.guidance))


def read_presets(file: str) -> tuple[Preset, ...]:
    """An operator's presets, in their order: of this file, of ours where none is named, or ("off") none.

    Raises `ValueError` with a sentence for each mistake.
    """
    if file == OFF:
        return ()
    path = Path(file) if file else resources.files("bot") / "presets.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"must be a file that can be read, or {OFF} ({type(error).__name__})") from error
    except ValueError as error:  # no TOML, or not even text
        raise ValueError(f"must be a file in TOML ({error})") from error
    given = document.pop("presets", None)
    if document or not isinstance(given, list):
        raise ValueError("must be a file with tables called [[presets]], and with nothing else")
    return _parse_all(given)


def _parse_all(given: list[Any]) -> tuple[Preset, ...]:
    presets: dict[str, Preset] = {}
    problems = [f"has more than {MOST_OF_OPERATOR} presets"] if len(given) > MOST_OF_OPERATOR else []
    for number, each in enumerate(given, start=1):
        try:
            preset = parse_preset(each)
        except PresetWrong as wrong:
            problems += [f"has preset {number}, which {WRONG[it.problem].format(**it.values)}" for it in wrong.mistakes]
            continue
        if preset.key in presets:
            problems.append(f"has preset {number}, which has the name of another one, {preset.name}")
        presets[preset.key] = preset
    if problems:
        raise ValueError(*problems)
    return tuple(presets.values())


def _find_mistakes(preset: Preset) -> Iterator[Mistake]:
    """All that is wrong with it. Its numbers may be anything yet."""
    if not 1 <= len(preset.name) <= LONGEST_NAME:
        yield Mistake("preset_name", {"least": 1, "most": LONGEST_NAME})
    if not 1 <= len(preset.template) <= LONGEST_TEMPLATE:
        yield _of(preset, "preset_template", least=1, most=LONGEST_TEMPLATE)
    if preset.model and preset.model not in MODELS:
        yield _of(preset, "preset_model", options=", ".join(MODELS))
    for option in NUMBERS:
        value = getattr(preset, option)
        if value is not None:
            yield from _judge_number(preset, option, value)


def _judge_number(preset: Preset, option: str, value: Any) -> Iterator[Mistake]:
    """A number has to go with the preset's model, or with any where it has none."""
    models = [model for model in MODELS.values() if preset.model in {"", model.name}]
    taken = [model.options[option] for model in models if option in model.options]
    bounds = [(each.least, each.most) for each in taken if each.least is not None and each.most is not None]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if models and not taken:
        yield _of(preset, "preset_not_taken", option=option, model=preset.model)
    elif bounds and not (is_number and any(each.allows(value) for each in taken)):
        least, most = min(least for least, _ in bounds), max(most for _, most in bounds)
        yield _of(preset, "preset_range", option=option, least=f"{least:g}", most=f"{most:g}")


def _of(preset: Preset, problem: str, **values: str | float) -> Mistake:
    return Mistake(problem, {"name": preset.name[:LONGEST_NAME], **values})


def _round(number: float | None) -> float | None:
    return None if number is None else round(float(number), DIGITS)


def _clean(text: str) -> str:
    """On one line, and without what cannot be seen or cannot be kept by a database."""
    kept = (each for each in text if each.isspace() or each.isprintable() or each in JOINERS)
    return " ".join("".join(kept).split()).strip(f" {JOINERS}")
