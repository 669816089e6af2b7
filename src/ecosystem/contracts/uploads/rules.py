"""When a document may be uploaded in parts, and what refuses it."""

from datetime import datetime

from ecosystem.contracts.rules import DocumentUnsound, NotParty
from ecosystem.contracts.uploads.model import BeginFacts, Begun, UploadDraft
from ecosystem.values import media
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal


class UploadMissing(Refusal):
    """There is no such upload, or another organisation has begun it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that POST /v1/contracts/{id}/uploads answered, within its time."


class UploadTooLarge(Refusal):
    """The document is longer than documents may be."""

    kind = Kind.UNMET
    remedy = "File it as several documents."


class UploadsFull(Refusal):
    """The unfinished uploads come to as many bytes as they may."""

    kind = Kind.CONFLICT
    remedy = "Finish or abandon uploads that are open, or wait until they are discarded."


class UploadBusy(Refusal):
    """Another request is at this upload just now."""

    kind = Kind.CONFLICT
    remedy = "Wait until it has ended, ask for the offset, and go on from there."


class OffsetDiffers(Refusal):
    """The part does not begin where the upload ends."""

    kind = Kind.CONFLICT
    remedy = "Go on from the offset that Upload-Offset of this answer says."


class PartDiffers(Refusal):
    """The part is not what its Content-Digest says."""

    kind = Kind.UNMET
    remedy = "Send it again: nothing of it was taken."


class UploadUnfinished(Refusal):
    """The part was said to be the last, and more is to come."""

    kind = Kind.CONFLICT
    remedy = "Go on from the offset that Upload-Offset of this answer says."


class UploadClosed(Refusal):
    """The upload takes no more parts."""

    kind = Kind.CONFLICT
    remedy = "Read it: it is complete and names its document, or says why it was refused."


def begin(facts: BeginFacts, *, by: Actor, at: datetime) -> Begun:
    """Begin the upload of a document of a contract.

    Refuses with NotParty, DocumentUnsound with `name_unsound`, `type_not_taken` and
    `name_differs`, UploadTooLarge or UploadsFull, in that order.
    """
    del by, at
    asked, bounds = facts.asked, facts.bounds
    if not facts.is_party:
        raise NotParty("The caller's organisation has no place in this contract.")
    name = _sound(asked)
    if asked.bytes > bounds.one:
        raise UploadTooLarge(f"A document has at most {bounds.one} bytes.", pointer="/bytes")
    for pending, most, whose in (
        (facts.pending_of_organisation, bounds.each, "the organisation's"),
        (facts.pending, bounds.all, "all"),
    ):
        if pending + asked.bytes > most:
            message = f"Of the {most} bytes for {whose} unfinished uploads {pending} are taken."
            raise UploadsFull(message)
    return Begun(name=name, media_type=asked.media_type, bytes=asked.bytes, sha256=asked.sha256)


def _sound(asked: UploadDraft) -> str:
    """Return the name of the file, where name and type are as they must be."""
    name, is_taken = media.sound_name(asked.name), asked.media_type in media.TYPES
    is_named = not is_taken or name is None or media.is_named(name, asked.media_type)
    faults = tuple(
        Fault(pointer, code, detail)
        for holds, pointer, code, detail in (
            (name is not None, "/name", "name_unsound", "The name is none of a file."),
            (
                is_taken, "/media_type", "type_not_taken",
                f"A document is one of {', '.join(media.TYPES)}.",
            ),
            (
                is_named, "/name", "name_differs",
                f"The name ends as no file of {asked.media_type} does.",
            ),
        )
        if not holds
    )  # fmt: skip
    if name is None or faults:
        raise DocumentUnsound(faults[0].detail, faults=faults)
    return name
