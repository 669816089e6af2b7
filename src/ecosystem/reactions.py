"""What follows an event inside the house, in the same transaction: one visible table."""

from typing import Final

from ecosystem.assessments import actions as assessments
from ecosystem.awards import actions as awards
from ecosystem.awards.admission import actions as admission
from ecosystem.contracts.expiring import actions as expiring
from ecosystem.milestones import actions as milestones
from ecosystem.milestones.reminding import actions as reminding
from ecosystem.milestones.replanning import actions as replanning
from ecosystem.needs.searches import actions as searches
from ecosystem.offers.confirming import actions as confirming
from ecosystem.outcomes import actions as outcomes
from ecosystem.payments.calculating import actions as calculating
from ecosystem.payments.closing import actions as closing
from ecosystem.payments.deducting import actions as deducting
from ecosystem.payments.late import actions as late
from ecosystem.payments.releasing import actions as releasing
from ecosystem.payments.taxing import actions as taxing
from ecosystem.runtime.database import Reactions

REACTIONS: Final[Reactions] = {
    "programme.appropriated": (assessments.cite,),
    "need.published": (searches.match,),
    "need.amended": (confirming.ask,),
    "need.cancelled": (awards.keep,),
    "need.opened": (admission.shut_out,),
    "need.financial_opened": (admission.shut_out,),
    "contract.activated": (milestones.plan, outcomes.register, releasing.plan),
    "change.proposed": (replanning.check,),
    "contract.changed": (replanning.replan, outcomes.follow, releasing.plan),
    "contract.resumed": (replanning.move,),
    "contract.cancelled": (expiring.keep,),
    "contract.terminated": (replanning.end, closing.close, expiring.keep),
    "contract.completed": (replanning.end, closing.close, expiring.keep),
    "milestone.planned": (reminding.schedule,),
    "milestone.replanned": (reminding.schedule,),
    "milestone.moved": (reminding.schedule,),
    "milestone.submitted": (replanning.submit,),
    "payment.claimed": (closing.claim,),
    "payment.settled": (late.follow,),
    "calculation.made": (taxing.withhold, deducting.announce, releasing.settle),
    "milestone.accepted": (calculating.follow,),
    "milestone.partly_accepted": (calculating.follow,),
    "observation.verified": (calculating.observe,),
    "observations.verified": (calculating.observe_together,),
    "excusal.decided": (calculating.excuse,),
}
