"""Which version of a thing a caller has seen: what its ETag says."""

from ecosystem.values.refusal import Kind, Refusal


class RevisionStale(Refusal):
    """The resource has changed since it was read."""

    kind = Kind.STALE
    remedy = "Read the resource again, look at what changed, and send its new ETag in If-Match."


def check(expected: int | None, *, actual: int) -> None:
    """Refuse with RevisionStale unless the caller expects the `actual` version, or any."""
    if expected is not None and expected != actual:
        message = f"If-Match names version {expected}; the resource has version {actual}."
        raise RevisionStale(message)
