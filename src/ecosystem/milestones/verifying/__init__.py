"""Verification of a milestone before it can be accepted, where the terms ask for it.

The contract's verifier, who neither buys nor supplies nor lends, confirms what was submitted or
refuses to, once for each round and with a report. Until it has confirmed, nobody accepts, and
the time in which silence would does not run.
"""
