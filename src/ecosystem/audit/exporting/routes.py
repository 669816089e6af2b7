"""The file over HTTP."""

from typing import Annotated, Final

import msgspec
from litestar import Response
from litestar.params import FromQuery, QueryParameter
from msgspec import Meta

from ecosystem.audit import access
from ecosystem.audit.exporting import queries, rules
from ecosystem.audit.exporting.formats import MEDIA_TYPES, Format, writer
from ecosystem.audit.exporting.rules import FormatNotAtHand
from ecosystem.audit.searching import rules as searching
from ecosystem.audit.searching.model import Search
from ecosystem.audit.searching.routes import (
    SEARCHED,
    ByClient,
    ByOrganisation,
    ByPerson,
    InJurisdiction,
    Kind,
    OnObject,
    RecordedBefore,
    RecordedFrom,
    Types,
    ValidBefore,
    ValidFrom,
    Words,
)
from ecosystem.catalogue import queries as catalogue
from ecosystem.history import actions as history
from ecosystem.runtime import download, idempotency
from ecosystem.runtime.web import Call, get

As = Annotated[
    Annotated[Format, Meta(description="How it is written.")], QueryParameter(name="format")
]
_FILES: Final = ", ".join(MEDIA_TYPES.values())


@get(
    "/v1/audit/event-file",
    permit=access.EXPORT,
    answers=bytes,
    produces=_FILES,
    refuses=(*SEARCHED, FormatNotAtHand),
)
async def export_events(
    request: Call,
    form: As = Format.NDJSON,
    jurisdiction: InJurisdiction = None,
    person_id: ByPerson = None,
    client_id: ByClient = None,
    organisation_id: ByOrganisation = None,
    object_id: OnObject = None,
    kind: FromQuery[Kind | None] = None,
    types: Types = None,
    recorded_from: RecordedFrom = None,
    recorded_before: RecordedBefore = None,
    valid_from: ValidFrom = None,
    valid_before: ValidBefore = None,
    reason: FromQuery[Words | None] = None,
) -> Response[bytes]:
    """Take away all that a search finds, as one file.

    The same filters as the search, without pages: the oldest event first, up to when the file
    was asked for. It is written while it leaves, so it may be of any length; one that breaks
    off is not whole. That it was taken is kept before the first byte leaves. In CSV a reason
    that a spreadsheet would compute begins with an apostrophe.
    """
    asked = searching.search(
        types=types, jurisdiction=jurisdiction, person_id=person_id, client_id=client_id,
        organisation_id=organisation_id, object=object_id, kind=kind, reason=reason,
        recorded_from=recorded_from, recorded_before=recorded_before, valid_from=valid_from,
        valid_before=valid_before,
    )  # fmt: skip
    await catalogue.sought(request.tx, jurisdiction, parameter="jurisdiction")
    to = writer(rules.writable(form))
    until = await _noted(request, asked, form)
    pieces = queries.pieces(request.tx, until, to=to, by=request.by)
    return download.made(pieces, name=f"events.{form}", media_type=MEDIA_TYPES[form])


async def _noted(request: Call, asked: Search, form: Format) -> Search:
    """Keep who takes what away; return what is asked for, up to that moment."""
    async with request.house.database.transaction() as tx:
        tx.request_id = request.visit.request_id
        at = request.house.clock.at(await idempotency.clock(tx))
        taken = {**asked.given(), "format": form}
        await history.note_search(tx, "export", taken, by=request.by, at=at)
    before = at if asked.recorded_before is None else min(at, asked.recorded_before)
    return msgspec.structs.replace(asked, recorded_before=before)


ROUTES = (export_events,)
