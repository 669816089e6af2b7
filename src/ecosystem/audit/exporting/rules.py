"""Whether a file can be written."""

from ecosystem.audit.exporting.formats import Format, is_at_hand
from ecosystem.values.refusal import Kind, Refusal


class FormatNotAtHand(Refusal):
    """This service cannot write files of that format."""

    kind = Kind.UNMET
    remedy = "Ask for `ndjson` or `csv`, or have the operator install the extra `parquet`."


def writable(form: Format) -> Format:
    """Return a format that can be written here. Refuses with FormatNotAtHand."""
    if not is_at_hand(form):
        raise FormatNotAtHand(f"It writes no {form}.", parameter="format")
    return form
