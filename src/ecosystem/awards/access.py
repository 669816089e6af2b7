"""Who may do what with evaluations and awards."""

from typing import Final

from ecosystem.values.actor import BIDDERS, OrganisationKind, Role
from ecosystem.values.permit import PUBLIC, Permit

READ: Final = PUBLIC
ADMIT: Final = Permit(
    act="admit opened offers", scope="awards:write", roles=(Role.OFFICER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), person=True, relation="authority", state="opened",
)  # fmt: skip
EXCLUDE: Final = Permit(
    act="exclude an opened offer", scope="awards:write", roles=(Role.OFFICER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), person=True, relation="authority",
    state="opened or admitted, not evaluated",
)  # fmt: skip
APPOINT: Final = Permit(
    act="appoint evaluators", scope="awards:write", roles=(Role.OFFICER,), person=True,
    kinds=(OrganisationKind.GOVERNMENT,), verified=True, relation="authority",
    state="published to opened",
)  # fmt: skip
DECLARE: Final = Permit(
    act="declare a conflict of interest or none", scope="awards:write", roles=(Role.EVALUATOR,),
    kinds=(OrganisationKind.GOVERNMENT, OrganisationKind.THINK_TANK), person=True,
    relation="appointed by the authority",
)  # fmt: skip
SCORE: Final = Permit(
    act="score an offer", scope="awards:write", roles=(Role.EVALUATOR,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT, OrganisationKind.THINK_TANK), person=True,
    relation="appointed, has declared no conflict", state="opened",
)  # fmt: skip
CONFER: Final = Permit(
    act="read single scores and what is agreed", scope="awards:read", roles=(Role.EVALUATOR,),
    kinds=(OrganisationKind.GOVERNMENT, OrganisationKind.THINK_TANK), person=True,
    relation="has scored the offer",
)  # fmt: skip
AGREE: Final = Permit(
    act="agree on the scores of an offer", scope="awards:write", roles=(Role.EVALUATOR,),
    kinds=(OrganisationKind.GOVERNMENT, OrganisationKind.THINK_TANK), person=True, verified=True,
    relation="has scored the offer", state="opened, scored singly",
)  # fmt: skip
FREEZE: Final = Permit(
    act="freeze the scores of quality", scope="awards:write", roles=(Role.OFFICER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority",
    state="opened, two envelopes, agreed on",
)  # fmt: skip
EVALUATE: Final = Permit(
    act="compute the evaluation", scope="awards:write", roles=(Role.OFFICER,), verified=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority", state="opened, scored",
)  # fmt: skip
PROPOSE: Final = Permit(
    act="propose an award", scope="awards:write", roles=(Role.OFFICER,), person=True, step_up=True,
    kinds=(OrganisationKind.GOVERNMENT,), verified=True, relation="authority", state="evaluated",
)  # fmt: skip
APPROVE: Final = Permit(
    act="approve an award", scope="awards:write", roles=(Role.APPROVER,), person=True, step_up=True,
    kinds=(OrganisationKind.GOVERNMENT,), verified=True,
    relation="authority, not who proposed", state="proposed",
)  # fmt: skip
REJECT: Final = Permit(
    act="reject a proposed award", scope="awards:write", roles=(Role.APPROVER,), person=True,
    kinds=(OrganisationKind.GOVERNMENT,), relation="authority, not who proposed",
    state="proposed",
)  # fmt: skip
END_LOT: Final = Permit(
    act="end a lot of which an award fell", scope="awards:write", roles=(Role.APPROVER,),
    person=True, step_up=True, kinds=(OrganisationKind.GOVERNMENT,), verified=True,
    relation="authority", state="fallen, none proposed since",
)  # fmt: skip
CHALLENGE: Final = Permit(
    act="challenge an award", scope="awards:write", roles=(Role.BIDDER,), person=True,
    kinds=BIDDERS, verified=True, relation="member of an offer that did not win",
    state="standstill",
)  # fmt: skip
WITHDRAW_CHALLENGE: Final = Permit(
    act="withdraw a challenge", scope="awards:write", roles=(Role.BIDDER,), person=True,
    kinds=BIDDERS, relation="made the challenge", state="open",
)  # fmt: skip
REVIEW: Final = Permit(
    act="decide a challenge", scope="awards:write", roles=(Role.REVIEWER,), person=True,
    step_up=True, kinds=(OrganisationKind.GOVERNMENT, OrganisationKind.AUDITOR), verified=True,
    relation="oversees the authority, neither buys nor offers", state="open",
)  # fmt: skip
ASK_PRICE: Final = Permit(
    act="ask how a price is possible", scope="awards:write", roles=(Role.OFFICER,), person=True,
    kinds=(OrganisationKind.GOVERNMENT,), verified=True, relation="authority", state="evaluated",
)  # fmt: skip
READ_PRICE: Final = Permit(
    act="read the explanation of a price", scope="awards:read",
    relation="authority, member of the offer, auditor of the jurisdiction",
)  # fmt: skip
EXPLAIN: Final = Permit(
    act="explain a price", scope="awards:write", roles=(Role.BIDDER,), kinds=BIDDERS,
    relation="member of the offer", state="asked",
)  # fmt: skip
JUDGE_PRICE: Final = Permit(
    act="accept or reject the explanation of a price", scope="awards:write",
    roles=(Role.OFFICER,), person=True, kinds=(OrganisationKind.GOVERNMENT,), verified=True,
    relation="authority", state="answered, or asked and its time over",
)  # fmt: skip
READ_LETTER: Final = Permit(
    act="read the letter about one's offer", scope="awards:read", kinds=BIDDERS,
    relation="member of the offer",
)  # fmt: skip
SIMULATE: Final = Permit(act="simulate an evaluation", token=True)
