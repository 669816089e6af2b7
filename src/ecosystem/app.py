"""The composition root: all rooms' routes, behind one door, in one process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from ecosystem.assessments import routes as assessments
from ecosystem.assessments.ratios import routes as ratios
from ecosystem.audit.exporting import routes as taking
from ecosystem.audit.findings import routes as findings
from ecosystem.audit.searching import routes as audit
from ecosystem.awards import routes as awards
from ecosystem.awards.admission import routes as admission
from ecosystem.awards.challenges import routes as challenges
from ecosystem.awards.evaluation import routes as evaluations
from ecosystem.awards.explanations import routes as explanations
from ecosystem.awards.falling import routes as falling
from ecosystem.awards.letters import routes as letters
from ecosystem.awards.overdue import actions as overdue
from ecosystem.budgets import routes as budgets
from ecosystem.budgets.explaining import routes as explaining
from ecosystem.budgets.shifting import routes as shifting
from ecosystem.catalogue import routes as catalogue
from ecosystem.contracts import routes as contracts
from ecosystem.contracts.changes import routes as changes
from ecosystem.contracts.declining import routes as declining
from ecosystem.contracts.documents import routes as documents
from ecosystem.contracts.excluding import routes as excluding
from ecosystem.contracts.negotiating import routes as negotiating
from ecosystem.contracts.past import routes as contracts_past
from ecosystem.contracts.redacting import routes as redacting
from ecosystem.contracts.rights import routes as rights
from ecosystem.contracts.turning import routes as turns
from ecosystem.contracts.uploads import actions as uploading
from ecosystem.contracts.uploads import routes as uploads
from ecosystem.feed import routes as feed
from ecosystem.feed.webhooks import routes as webhooks
from ecosystem.feed.webhooks.courier import Courier
from ecosystem.feed.webhooks.sending import Way
from ecosystem.finance import routes as finance
from ecosystem.finance.assigning import routes as assigning
from ecosystem.finance.disclosing import routes as disclosing
from ecosystem.finance.drawing import routes as drawing
from ecosystem.finance.servicing import routes as servicing
from ecosystem.health import routes as health
from ecosystem.history import sequencer
from ecosystem.identity import routes as identity
from ecosystem.identity.authentication import Authenticator
from ecosystem.manual import routes as manual
from ecosystem.milestones import routes as milestones
from ecosystem.milestones.deeming import actions as deeming
from ecosystem.milestones.judging import routes as judging
from ecosystem.milestones.reminding import actions as reminding
from ecosystem.milestones.reminding import routes as reminders
from ecosystem.milestones.verifying import routes as verifying
from ecosystem.needs import routes as needs
from ecosystem.offers import routes as offers
from ecosystem.offers.members import routes as members
from ecosystem.outcomes import routes as outcomes
from ecosystem.outcomes.aggregates import routes as aggregates
from ecosystem.outcomes.batches import routes as batches
from ecosystem.outcomes.excusals import routes as excusals
from ecosystem.outcomes.past import routes as outcomes_past
from ecosystem.outcomes.together import routes as together
from ecosystem.payments import routes as payments
from ecosystem.payments.bank import routes as bank
from ecosystem.payments.calculating import actions as calculating
from ecosystem.payments.closing import routes as closing
from ecosystem.payments.covering import routes as covering
from ecosystem.payments.deducting import routes as deducting
from ecosystem.payments.disputing import routes as disputing
from ecosystem.payments.dividing import actions as dividing
from ecosystem.payments.late import routes as late
from ecosystem.payments.limits import routes as limits
from ecosystem.payments.releasing import actions as releasing
from ecosystem.payments.simulating import routes as simulating
from ecosystem.reactions import REACTIONS
from ecosystem.runtime import idempotency, log, parent, settings, telemetry
from ecosystem.runtime.background import Background, when_there
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.denying import deny_undeclared
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.errors import handlers
from ecosystem.runtime.keys import Keys
from ecosystem.runtime.object_store import Bucket
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import Call, House
from ecosystem.sandbox import routes as sandbox
from ecosystem.sandbox.running import Sandbox

_IDLE_S: Final = 0.2
_FOLLOWER_S: Final = 5.0
_CALENDAR_S: Final = 1.0
_RELEASE_S: Final = 10.0

ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    *catalogue.ROUTES,
    *identity.ROUTES,
    *budgets.ROUTES,
    *shifting.ROUTES,
    *explaining.ROUTES,
    *needs.ROUTES,
    *offers.ROUTES,
    *admission.ROUTES,
    *evaluations.ROUTES,
    *members.ROUTES,
    *awards.ROUTES,
    *explanations.ROUTES,
    *letters.ROUTES,
    *challenges.ROUTES,
    *falling.ROUTES,
    *payments.ROUTES,
    *covering.ROUTES,
    *deducting.ROUTES,
    *late.ROUTES,
    *disputing.ROUTES,
    *bank.ROUTES,
    *closing.ROUTES,
    *simulating.ROUTES,
    *limits.ROUTES,
    *finance.ROUTES,
    *drawing.ROUTES,
    *assigning.ROUTES,
    *servicing.ROUTES,
    *disclosing.ROUTES,
    *assessments.ROUTES,
    *ratios.ROUTES,
    *contracts.ROUTES,
    *declining.ROUTES,
    *changes.ROUTES,
    *excluding.ROUTES,
    *negotiating.ROUTES,
    *turns.ROUTES,
    *rights.ROUTES,
    *documents.ROUTES,
    *redacting.ROUTES,
    *uploads.ROUTES,
    *contracts_past.ROUTES,
    *milestones.ROUTES,
    *judging.ROUTES,
    *verifying.ROUTES,
    *outcomes.ROUTES,
    *outcomes_past.ROUTES,
    *batches.ROUTES,
    *aggregates.ROUTES,
    *excusals.ROUTES,
    *together.ROUTES,
    *audit.ROUTES,
    *taking.ROUTES,
    *findings.ROUTES,
    *reminders.ROUTES,
    *feed.ROUTES,
    *webhooks.ROUTES,
    *manual.ROUTES,
    *health.ROUTES,
)


def create() -> Edge:
    """Return the application that the settings in the environment describe."""
    edge = build(settings.load())
    edge.application.state.parent = parent.number()
    return edge


def build(chosen: Settings, *, routes: Litestar | None = None) -> Edge:
    """Return the application; it connects to the database when it starts up.

    Whoever builds one after another, each ended before the next, may have them stand on the
    same `routed` routes: these take most of the time.
    """
    log.configure(chosen)
    folder = Path(chosen.data_folder or ".")
    database = Database(chosen.database_url or "", chosen, reactions=REACTIONS)
    house = House(
        settings=chosen,
        database=database,
        clock=Clock(),
        keys=Keys(folder / "keys", chosen.token_lifetime_s),
        blobs=blobs_of(chosen),
    )
    application = routes or routed(chosen)
    application.state.house = house
    application.state.authenticator = Authenticator(house)
    application.state.telemetry = telemetry.observe(chosen)
    return Edge(
        application,
        settings=chosen,
        authenticate=application.state.authenticator.actor,
        methods=methods(application),
        observe=application.state.telemetry,
    )


def blobs_of(chosen: Settings) -> Blobs:
    """Return where documents lie."""
    return Blobs(Path(chosen.data_folder or ".") / "documents", elsewhere=_bucket(chosen))


def _bucket(chosen: Settings) -> Bucket | None:
    """Return the bucket that keeps documents, where the settings name one."""
    if chosen.documents_store is None:
        return None
    return Bucket(
        chosen.documents_store,
        endpoint=chosen.documents_endpoint,
        region=chosen.documents_region,
    )


def living(edge: Edge) -> AbstractAsyncContextManager[None]:
    """Return a context in which the application has started up, for who embeds it."""
    application: Litestar = edge.application
    return application.lifespan()


def routed(chosen: Settings) -> Litestar:
    """Return the Litestar application of all routes, in no house yet."""
    application = Litestar(
        route_handlers=[*ROUTES, *(sandbox.ROUTES if chosen.sandbox else ())],
        exception_handlers=handlers(),
        request_class=Call,
        request_max_body_size=chosen.document_bytes_max,
        openapi_config=None,
        lifespan=[_living],
        logging_config=None,
    )
    deny_undeclared(application)
    return application


def methods(application: Litestar) -> dict[str, str]:
    """Return the Allow header of each path."""
    found: dict[str, set[str]] = {}
    for route in application.routes:
        names = found.setdefault(route.path_format, {"OPTIONS"})
        names |= set(getattr(route, "methods", ()))
        if "GET" in names:
            names.add("HEAD")
    return {path: ", ".join(sorted(names)) for path, names in found.items()}


@asynccontextmanager
async def _living(application: Litestar) -> AsyncGenerator[None]:
    house: House = application.state.house
    authenticator: Authenticator = application.state.authenticator
    sandbox_ = Sandbox(house) if house.settings.sandbox else None
    background = Background()
    courier = _courier(house)
    await authenticator.start()
    if sandbox_ is not None:
        await when_there(sandbox_.start)
    if house.settings.background == "inside":
        _work(house, background)
        background.start("webhooks", courier.round)
        background.start("old deliveries", courier.forget)
    if "parent" in application.state:
        background.start("parent", parent.EndWithParent(application.state.parent))
    try:
        yield
    finally:
        await background.stop()
        await courier.stop()
        if sandbox_ is not None:
            await sandbox_.stop()
        await authenticator.stop()
        await house.database.close()
        if application.state.telemetry is not None:
            await asyncio.to_thread(application.state.telemetry.close)


def _courier(house: House) -> Courier:
    chosen = house.settings
    way = Way(
        seconds=chosen.webhook_wait_s_max,
        allowed=settings.networks(chosen.webhook_networks),
        loopback=chosen.webhook_loopback,
    )
    return Courier(house.database, house.clock, key=house.keys.webhooks, way=way)


def _work(house: House, background: Background) -> None:
    async def sequence() -> float:
        count = await sequencer.sequence(house.database)
        if count is None:
            return _FOLLOWER_S
        return 0 if count == sequencer.BATCH else _IDLE_S

    async def forget() -> float:
        async with house.database.transaction() as tx:
            since = datetime.now().astimezone() - timedelta(hours=house.settings.idempotency_hours)
            await idempotency.forget(tx, since=since)
        return 3600

    async def deem() -> float:
        accepted = await deeming.deem(house.database, house.clock)
        return 0 if accepted else _CALENDAR_S

    async def remind() -> float:
        settled = await reminding.remind(house.database, house.clock)
        return 0 if settled else _CALENDAR_S

    async def tell_of_overdue() -> float:
        told = await overdue.tell(house.database, house.clock)
        return 0 if told else _CALENDAR_S

    async def discard() -> float:
        now, hours = datetime.now().astimezone(), house.settings.upload_hours
        await uploading.discard_old(house.database, house.blobs.parts, now=now, hours=hours)
        return 3600

    background.start("uploads", discard)
    background.start("sequencer", sequence)
    background.start("deeming", deem)
    background.start("reminding", remind)
    background.start("overdue", tell_of_overdue)
    background.start("releasing", partial(_release, house))
    background.start("forgetting", forget)


async def _release(house: House) -> float:
    await releasing.release(house.database, house.clock)
    await calculating.cover(house.database, house.clock)
    await dividing.take_back(house.database, house.clock)
    return _RELEASE_S
