"""What refuses a code that is not in the catalogue."""

from ecosystem.values.refusal import Kind, Refusal


class JurisdictionUnknown(Refusal):
    """The jurisdiction is not in the catalogue."""

    kind = Kind.UNMET
    remedy = "Choose a code from GET /v1/jurisdictions."
