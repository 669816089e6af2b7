"""The opening of prices, where technical and financial part come in envelopes of their own.

It follows the freezing of the scores of quality, which the room above decides, and goes as the
first opening does: several officers together, each with the own share, and a public record. Of
an offer that was excluded the price is never opened: no share of it is given out or taken, and
its envelope is given back to its members as it came.
"""
