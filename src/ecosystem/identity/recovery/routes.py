"""Recoveries over HTTP."""

from litestar import Response
from litestar.params import FromPath

from ecosystem.identity import access
from ecosystem.identity.people.queries import PersonUnknown
from ecosystem.identity.recovery import actions, doors, rules
from ecosystem.identity.recovery.schemas import RecoveryView
from ecosystem.identity.rules import Inactive, NotYourOrganisation
from ecosystem.runtime.web import Call, post


@post(
    "/v1/people/{person_id:str}/recoveries",
    permit=access.RECOVER,
    answers=RecoveryView,
    refuses=(
        PersonUnknown,
        rules.OwnRecovery,
        NotYourOrganisation,
        rules.ActsElsewhere,
        Inactive,
        rules.AccountMissing,
    ),
)
async def offer_recovery(request: Call, person_id: FromPath[str]) -> Response[bytes]:
    """Offer a person a new way in.

    For who has lost her password or her passkeys. The answer holds a link, which is shown this
    once: make sure that it is she who asks, and hand it to her alone. Whoever opens it within a
    day chooses a new password; what proved who she is before is worth nothing then, and all her
    logins and tokens end. It works once, and another takes its place. An administrator offers it
    to members who belong to no other organisation; the operator to whom nobody else administers;
    nobody to herself. The answer is not kept under an Idempotency-Key.
    """
    made = await actions.offer(request.tx, person_id, by=request.by, at=request.at)
    request.visit.key = None
    shown = RecoveryView(
        id=made.recovery_id,
        link=made.link(request.house.settings.public_url),
        expires_at=made.expires_at,
        version=made.version,
    )
    return request.answer(shown, version=made.version)


ROUTES = (offer_recovery, *doors.ROUTES)
