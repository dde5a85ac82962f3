"""What can go wrong for a person, and the one word that names each.

    RepaintError
    |-- Refused           this request will not become a job; the person is told why and what to do
    `-- Misconfigured     the settings are wrong; the operator is told which and what would be right

A `Reason` is the word for it in rows, logs and metrics; `bot.replies.texts` has its sentence in every language.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why something did not happen. Stored in rows: never rename one."""

    # the request
    PROMPT_EMPTY = "prompt_empty"
    PROMPT_TOO_LONG = "prompt_too_long"
    PRESET_UNKNOWN = "preset_unknown"
    PRESET_MODEL = "preset_model"
    MODEL_NOT_OFFERED = "model_not_offered"
    OPTION_NOT_TAKEN = "option_not_taken"
    OPTION_RANGE = "option_range"
    OPTION_CHOICE = "option_choice"
    OPTION_NUMBER = "option_number"

    # the picture that came
    PICTURE_NOT_A_PICTURE = "picture_not_a_picture"
    PICTURE_BROKEN = "picture_broken"
    PICTURE_TOO_HEAVY = "picture_too_heavy"
    PICTURE_TOO_LARGE = "picture_too_large"
    PICTURE_TOO_SMALL = "picture_too_small"
    PICTURE_TOO_NARROW = "picture_too_narrow"
    PICTURE_TOO_SLOW = "picture_too_slow"
    PICTURE_GONE = "picture_gone"
    SOURCE_FORGOTTEN = "source_forgotten"

    # the picture in somebody's message
    NO_PICTURE = "no_picture"
    SOURCE_REFUSED = "source_refused"
    SOURCE_WITHHELD = "source_withheld"

    # the provider
    PROVIDER_REFUSED_PICTURE = "provider_refused_picture"
    PROVIDER_NOT_FETCHED = "provider_not_fetched"
    PROVIDER_REFUSED_REQUEST = "provider_refused_request"
    PROVIDER_NO_CREDIT = "provider_no_credit"
    PROVIDER_BUSY = "provider_busy"
    PROVIDER_DOWN = "provider_down"
    PROVIDER_KEY = "provider_key"
    PROVIDER_FAILED = "provider_failed"
    SPENDING_DAY = "spending_day"
    SPENDING_MONTH = "spending_month"
    TOOK_TOO_LONG = "took_too_long"
    OUTCOME_UNKNOWN = "outcome_unknown"

    # the result and the reply
    RESULT_GONE = "result_gone"
    RESULT_UNUSABLE = "result_unusable"
    REPLY_GONE = "reply_gone"
    NEVER_ANSWERED = "never_answered"
    CANCELLED = "cancelled"
    ERASED = "erased"
    DELETED = "deleted"

    # what the rules said
    PROMPT_AUTOMOD = "prompt_automod"
    PROMPT_OWN = "prompt_own"
    PROMPT_SAID = "prompt_said"
    PROMPT_UNDRESS = "prompt_undress"
    PROMPT_SEXUAL = "prompt_sexual"
    PROMPT_MINORS = "prompt_minors"
    PICTURE_BANNED = "picture_banned"

    # who may speak, and where nobody has a say but the operator
    TIMED_OUT = "timed_out"
    OUTSIDE_CLOSED = "outside_closed"
    OUTSIDE_DAILY_LIMIT = "outside_daily_limit"

    # the guild's rules
    BLOCKED = "blocked"
    BLOCKED_UNTIL = "blocked_until"
    CHANNEL_CLOSED = "channel_closed"
    CHANNEL_ELSEWHERE = "channel_elsewhere"
    ROLE_MISSING = "role_missing"
    ROLE_EXCLUDED = "role_excluded"
    NEWCOMER = "newcomer"
    MODEL_CLOSED = "model_closed"
    STRENGTH_RANGE = "strength_range"
    COUNT_CLOSED = "count_closed"
    PRESETS_ONLY = "presets_only"
    PRESETS_MISSING = "presets_missing"
    PRESET_AS_IT_IS = "preset_as_it_is"
    DRAFTS_CLOSED = "drafts_closed"
    TOO_MANY_OPEN = "too_many_open"
    COOLDOWN = "cooldown"
    DAILY_LIMIT = "daily_limit"
    BUDGET_GUILD = "budget_guild"
    BUDGET_ROLE = "budget_role"
    BUDGET_MEMBER = "budget_member"
    BUDGET_TOO_SMALL = "budget_too_small"

    # what moderators decided
    REJECTED = "rejected"
    REVIEW_EXPIRED = "review_expired"
    REPORTED = "reported"


class RepaintError(Exception):
    """Any error of ours that a person is told about."""


class Refused(RepaintError):
    """This request will not become a job. `values` fill the placeholders of the reason's sentence."""

    def __init__(self, reason: Reason, **values: str | float) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.values = values


class Misconfigured(RepaintError):
    """Settings that cannot work. Every mistake at once: `problems` has a line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
