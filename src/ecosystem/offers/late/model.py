"""What is known of a submission that came late."""

from datetime import datetime

import msgspec

from ecosystem.offers.envelope import Sha256
from ecosystem.values.identifiers import LateSubmissionId, NeedId, OfferId, OrganisationId


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """The submission came late: it is not taken, and stays on record."""

    refused_with: str
    received_at: datetime
    submission_ended_at: datetime


class LateSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that came late, and the proof of when it came."""

    id: LateSubmissionId
    need_id: NeedId
    offer_id: OfferId
    lead_id: OrganisationId
    received_at: datetime
    submission_ended_at: datetime
    envelope_digests: tuple[Sha256, ...]
    """Of what the bidder's own program had sealed; none where the server should have."""
    receipt: str
    """Compact JWS of the type `late-receipt+jwt`, signed like the receipts of offers in time."""
