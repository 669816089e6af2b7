"""What a contract brings about: metrics, what is observed of them, and what is verified.

A contract that comes into force has its metrics registered. Supplier, authority or a machine
of theirs report observations for a period; the verifier, who is independent of both, verifies
them. Only a verified observation pays.

States of an observation: `reported -> verified | disputed`, `disputed -> verified | void`. A
correction supersedes: it is an observation of its own that names the one it corrects, which
stays as it was. What is verified stands, and pays, until its correction is verified; then it
is `void`. Satisfaction is a metric with a sample size and a method.
"""
