"""Every room, and what each of them asks of the others: built when the first other one asks for it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from aiolimiter import AsyncLimiter

from bot.client import Repaint, Rooms
from bot.database import Clock, Database, Kept, quiet_members
from bot.intake import Intake
from bot.jobs import ENDS, Job, JobStatus, Store
from bot.jobs.balance import Balance
from bot.jobs.census import Census
from bot.jobs.delivering import Delivering
from bot.jobs.docket import Docket
from bot.jobs.erasing import Erasing
from bot.jobs.estimates import Estimates
from bot.jobs.following import Following
from bot.jobs.gallery import Gallery
from bot.jobs.handover import Handover
from bot.jobs.history import History
from bot.jobs.mentions import Mentions
from bot.jobs.offers import Offers
from bot.jobs.ordering import Ordering
from bot.jobs.overview import Overview
from bot.jobs.pace import Limits
from bot.jobs.pause import Pause
from bot.jobs.privacy import Privacy
from bot.jobs.publishing import Publishing
from bot.jobs.retention import Retention
from bot.jobs.review import Review
from bot.jobs.runner import Runner
from bot.jobs.search import Search
from bot.jobs.spending import Spending
from bot.jobs.telling import Telling
from bot.jobs.tracing import Tracing
from bot.jobs.waiting import Waiting
from bot.moderation.automod_rules import AutoModRules
from bot.moderation.bans import Bans
from bot.moderation.blocks import Blocks
from bot.moderation.book import Book
from bot.moderation.cases import Cases
from bot.moderation.consent import Consent
from bot.moderation.leaving import Leaving
from bot.moderation.patterns import Patterns
from bot.moderation.policies import Policies, build_outside
from bot.moderation.rehearsal import Rehearsal
from bot.moderation.rules import Rules
from bot.moderation.safety import open_safety
from bot.moderation.traces import Traces
from bot.pictures import PictureLimits, Studio
from bot.provider import Callback
from bot.replies import Editor
from bot.replies.desk import Desk
from bot.replies.logbook import LogPoster
from bot.replies.operator import Owner
from bot.replies.post import Post
from bot.watch import Watch
from bot.web import WebServer

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.provider import Watched


class Plan:
    """Every room, built when the first other one asks for it."""

    def __init__(self, settings: Settings, clock: Clock, database: Database, provider: Watched, me: str) -> None:
        self._settings = settings
        self._clock = clock
        self._database = database
        self._provider = provider
        self._me = me
        minutes = settings.give_up_minutes
        self._limits = Limits(running_seconds=minutes * 60, unknown_seconds=minutes * 60)
        self._picture_limits = PictureLimits()
        self.pause = Pause(clock)
        self.mention_consent = Consent(database, quiet_members)

    # -- rows ----------------------------------------------------------------------------------------------------

    @cached_property
    def store(self) -> Store:
        """Jobs."""
        return Store(self._database, self._me)

    @cached_property
    def book(self) -> Book:
        """What was decided."""
        return Book(self._database)

    @cached_property
    def cases(self) -> Cases:
        """What is to be decided."""
        return Cases(self._database)

    @cached_property
    def erasing(self) -> Erasing:
        """What is forgotten."""
        return Erasing(self._database, self.cases, self.book)

    @cached_property
    def retention(self) -> Retention:
        """When it is forgotten."""
        hours = self._settings.retention_hours
        return Retention(self._database, self.rules.policies, self.cases, self.book, self.erasing, hours)

    # -- messages ------------------------------------------------------------------------------------------------

    @cached_property
    def client(self) -> Repaint:
        """Discord."""
        settings = self._settings
        return Repaint(settings.shard_count, settings.shard_ids, outside=settings.outside)

    @cached_property
    def post(self) -> Post:
        """Requests to Discord."""
        return Post(self.client, self._clock)

    @cached_property
    def studio(self) -> Studio:
        """What opens pictures."""
        return Studio(self._picture_limits, stamps=self._settings.provenance)

    @cached_property
    def editor(self) -> Editor:
        """The replies of jobs."""
        return Editor(self.post, self.studio, self._clock, self._settings.label)

    @cached_property
    def desk(self) -> Desk:
        """What moderators see."""
        return Desk(self.post, self.studio, self.store, self.cases, self.rules.policies)

    @cached_property
    def logbook(self) -> LogPoster:
        """The lines in log channels."""
        return LogPoster(self.post, self.book, self.rules.policies, self.store)

    # -- the way of a job ----------------------------------------------------------------------------------------

    @cached_property
    def rules(self) -> Rules:
        """The judge, with everything it asks."""
        return Rules(
            database=self._database,
            clock=self._clock,
            policies=Policies(self._database, build_outside(self._settings)),
            blocks=Blocks(self._database),
            bans=Bans(self._database),
            traces=Traces(self._database),
            patterns=Patterns(),
            automod=AutoModRules(self.client.fetch_automod, self._clock),
            safety=open_safety(),
            presets=self._settings.presets,
        )

    @cached_property
    def offers(self) -> Offers:
        """What a place offers."""
        settings = self._settings
        return Offers(self.rules.policies, settings.presets, settings.models, settings.default_model)

    @cached_property
    def estimates(self) -> Estimates:
        """How long it usually takes."""
        most, called_back = self._settings.piapi_concurrency, self._settings.callbacks
        return Estimates(self.store, self._clock, most, self.pause, called_back=called_back)

    @cached_property
    def telling(self) -> Telling:
        """The last word of jobs."""
        return Telling(self.store, self.editor, self._clock, self._limits)

    @cached_property
    def gallery(self) -> Gallery:
        """Finished pictures."""
        return Gallery(self.store, self.editor)

    @cached_property
    def intake(self) -> Intake:
        """The way in."""
        settings = self._settings
        return Intake(
            store=self.store,
            studio=self.studio,
            replies=self.editor,
            handover=Handover(settings.source_handover, settings.public_url, self._provider, self.editor),
            gallery=self.gallery,
            estimates=self.estimates,
            telling=self.telling,
            rules=self.rules,
            clock=self._clock,
            models=settings.models,
            offers=self.offers,
            limits=self._limits,
            picture_limits=self._picture_limits,
        )

    @cached_property
    def docket(self) -> Docket:
        """What people decide about jobs."""
        return Docket(self._database)

    @cached_property
    def publishing(self) -> Publishing:
        """How drafts come before others."""
        return Publishing(self._database, self.store, self.rules, self.offers)

    @cached_property
    def delivering(self) -> Delivering:
        """How pictures come before their member."""
        return Delivering(
            store=self.store,
            provider=self._provider,
            studio=self.studio,
            replies=self.editor,
            rules=self.rules,
            docket=self.docket,
            publishing=self.publishing,
            mentions=Mentions(self.rules.policies, self.mention_consent, self.editor, self._clock),
            telling=self.telling,
            clock=self._clock,
            limits=self._limits,
        )

    def _callback(self, job: Job) -> Callback | None:
        settings = self._settings
        if not settings.callbacks:
            return None
        return Callback(f"{settings.public_url}/piapi/{job.key}", settings.webhook_secret)

    @cached_property
    def review(self) -> Review:
        """What moderators decide."""
        return Review(
            store=self.store,
            docket=self.docket,
            cases=self.cases,
            policies=self.rules.policies,
            bench=self.desk,
            replies=self.editor,
            studio=self.studio,
            clock=self._clock,
        )

    @cached_property
    def balance(self) -> Balance:
        """What is left at PiAPI."""
        kept, owner = Kept(self._database), Owner(self.post, self.client.get_owner_id)
        return Balance(self._provider, kept, owner, self._clock, self._settings.low_balance_usd)

    async def _sweep(self) -> None:
        await self.retention.sweep()
        await self.balance.watch()

    @cached_property
    def runner(self) -> Runner:
        """What moves jobs."""
        settings, store, estimates, pause = self._settings, self.store, self.estimates, self.pause
        asked = (store, self._provider, self.editor, estimates, self.telling, pause, self._clock, self._limits)
        ordering = Ordering(*asked, self._callback)
        reads = AsyncLimiter(settings.piapi_reads_per_minute, time_period=60)
        following = Following(*asked, Search(store, self._provider), reads)
        caps, most = Spending(settings.daily_cap_usd, settings.monthly_cap_usd), settings.piapi_concurrency
        waiting = Waiting(self._database, store, self.editor, estimates, pause, caps, self._clock, most, self._limits)
        return Runner(
            store=store,
            steps={
                JobStatus.ARRIVING: self.intake.accept,
                JobStatus.SUBMITTING: ordering.doubt,
                JobStatus.UNKNOWN: following.look,
                JobStatus.RUNNING: following.look,
                JobStatus.DELIVERING: self.delivering.deliver,
                JobStatus.REVIEWING: self.review.step,
                **dict.fromkeys(ENDS - {JobStatus.DONE}, self.telling.tell),
            },
            submit=ordering.submit,
            waiting=waiting,
            clock=self._clock,
            sweep=self._sweep,
            kept=Kept(self._database),
        )

    # -- the doors -----------------------------------------------------------------------------------------------

    @cached_property
    def server(self) -> WebServer:
        """What others ask us by http."""
        secret = self._settings.webhook_secret if self._settings.callbacks else ""
        return WebServer(self.store, secret, self.runner.wake, self.watch.live)

    @cached_property
    def watch(self) -> Watch:
        """What those who run it ask."""
        kept, census = Kept(self._database), Census(self._database)
        return Watch(self.runner, self.pause, kept, census, self._provider, self.client, self._clock)

    @cached_property
    def rooms(self) -> Rooms:
        """What Discord's doors lead to."""
        rules = self.rules
        return Rooms(
            intake=self.intake,
            offers=self.offers,
            store=self.store,
            docket=self.docket,
            publishing=self.publishing,
            estimates=self.estimates,
            gallery=self.gallery,
            history=History(self._database, self.studio),
            editor=self.editor,
            wake=self.runner.wake,
            kept=Kept(self._database),
            studio=self.studio,
            picture_limits=self._picture_limits,
            models=self._settings.models,
            default_model=self._settings.default_model,
            label=self._settings.label,
            policies=rules.policies,
            rehearsal=Rehearsal(self._database, rules.automod),
            book=self.book,
            cases=self.cases,
            blocks=rules.blocks,
            bans=rules.bans,
            traces=rules.traces,
            tracing=Tracing(self._database, self.store, self.book, self.cases),
            automod=rules.automod,
            patterns=rules.patterns,
            review=self.review,
            desk=self.desk,
            count_spent=rules.count_spent,
            safety_version="" if rules.safety is None else rules.safety.version,
            privacy=Privacy(self._database, self.store, self.telling, self.erasing, self.mention_consent),
            retention=self.retention,
            source_consent=Consent(self._database),
            mention_consent=self.mention_consent,
            leaving=Leaving(self._database),
            overview=Overview(self._database),
            provider=self._provider,
            pause=self.pause,
            troubles=self.watch.find_troubles,
        )
