"""Who may verify a milestone, and what refuses it."""

from datetime import datetime

from ecosystem.milestones.model import State
from ecosystem.milestones.rules import deemed_at, judge_by
from ecosystem.milestones.verifying.model import Examined, ExamineFacts
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class NotExaminer(Refusal):
    """The caller's organisation does not verify under this contract."""

    kind = Kind.FORBIDDEN
    remedy = "The verifier that the contract names must do this."


class NothingToVerify(Refusal):
    """The terms do not have it verified, or nothing is submitted, or it is said already."""

    kind = Kind.CONFLICT
    remedy = "Verify once what is submitted, where `verification_asked` is true."


class VerifiesOwnSubmission(Refusal):
    """Nobody verifies what she has submitted herself, for whichever organisation."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the verifier must do this."


class ReportUnknown(Refusal):
    """The report is not a document that the verifier has filed under the contract."""

    kind = Kind.UNMET
    remedy = "File it with POST /v1/contracts/{id}/documents and name what that answered."


def examine(facts: ExamineFacts, *, by: Actor, at: datetime) -> Examined:
    """Confirm what was submitted, or refuse to; from a confirmation on the authority judges.

    Refuses with NotExaminer, NothingToVerify, VerifiesOwnSubmission or ReportUnknown, in that
    order.
    """
    if facts.role != "verifier":
        raise NotExaminer("The caller's organisation is not the verifier of this contract.")
    if not facts.verification_asked or facts.state is not State.SUBMITTED or facts.verification:
        found = facts.verification or facts.state
        raise NothingToVerify(f"It is {found}, and to be verified: {facts.verification_asked}.")
    if control.is_own(by, facts.submitted_by):
        raise VerifiesOwnSubmission("The caller submitted this milestone.")
    if facts.report is None:
        raise ReportUnknown(f"{facts.asked.report} is none.", pointer="/report")
    is_confirmed = facts.asked.outcome == "confirmed"
    return Examined(
        outcome=facts.asked.outcome,
        report=facts.report,
        reasons=facts.asked.reasons,
        verified_by=by.organisation_id,
        judge_by=judge_by(facts.acceptance_days, after=at, calendar=facts.calendar),
        deemed_at=deemed_at(
            facts.deemed if is_confirmed else None, after=at, calendar=facts.calendar
        ),
    )
