"""Whether a file can be attached to a need, and what refuses it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ecosystem.needs.attachments.model import Filed, FileFacts
from ecosystem.needs.model import State
from ecosystem.needs.rules import check_own
from ecosystem.values import media
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal

COUNT_MAX: Final = 100
"""How many files a need takes, those that none of its documents name among them."""
BYTES_MAX: Final = 500_000_000
"""How large the files of a need are together at most."""
_OPEN: Final = frozenset({State.DRAFT, State.PUBLISHED})


class AttachmentMissing(Refusal):
    """There is no such attachment, or no published need names it."""

    kind = Kind.MISSING
    remedy = "Use the `url` of a document of a need."


class AttachmentUnsound(Refusal):
    """The file is not what its header fields say."""

    kind = Kind.UNMET
    remedy = "Send the bytes with their media type, a file name and their SHA-256."


class AttachmentsTooMany(Refusal):
    """The need has as many files, or as large ones, as it may."""

    kind = Kind.CONFLICT
    remedy = f"A need takes {COUNT_MAX} files of {BYTES_MAX // 1_000_000} MB together."


class NeedSettled(Refusal):
    """The need is neither a draft nor open to the market, so nothing is attached to it."""

    kind = Kind.CONFLICT
    remedy = "Attach files while a need is a draft, or published and to be amended."


def file(facts: FileFacts, *, by: Actor, at: datetime) -> Filed:
    """Keep a file of a need.

    Refuses with NeedNotOwned, then with AttachmentUnsound and every fault at once
    (`name_missing`, `name_differs`, `digest_missing`, `digest_differs`, `content_differs`),
    then with NeedSettled or AttachmentsTooMany.
    """
    del at
    check_own(facts.authority_number, by=by)
    faults = tuple(_faults(facts))
    if facts.name is None or faults:
        raise AttachmentUnsound(faults[0].detail, faults=faults)
    if facts.state not in _OPEN:
        raise NeedSettled(f"The need is {facts.state}.")
    if facts.count >= COUNT_MAX or facts.bytes_before + facts.bytes > BYTES_MAX:
        raise AttachmentsTooMany(f"It has {facts.count} files of {facts.bytes_before} bytes.")
    return Filed(
        name=facts.name, media_type=facts.media_type, bytes=facts.bytes, sha256=facts.sha256
    )


def _faults(facts: FileFacts) -> Iterator[Fault]:
    if facts.name is None:
        yield Fault("", "name_missing", media.NAMELESS)
    elif not media.is_named(facts.name, facts.media_type):
        yield Fault("", "name_differs", f"The name ends as no file of {facts.media_type} does.")
    if facts.declared_sha256 is None:
        yield Fault("", "digest_missing", "Content-Digest gives no sha-256.")
    elif facts.declared_sha256 != facts.sha256:
        detail = f"The SHA-256 of what arrived is {facts.sha256}."
        yield Fault("", "digest_differs", detail)
    if not facts.is_of_type:
        said = media.misfit(facts.media_type, bytes_sent=facts.bytes)
        yield Fault("", "content_differs", said)
