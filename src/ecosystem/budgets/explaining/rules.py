"""Who may see each transfer of a programme's money."""

from ecosystem.values.refusal import Kind, Refusal


class TransfersClosed(Refusal):
    """The figures of the programme are public, and single payments are not."""

    kind = Kind.FORBIDDEN
    remedy = "The programme's own authority reads them, and the auditors of its jurisdiction."
