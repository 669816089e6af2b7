"""Simulation: what rules would pay for supposed values, by the engine that pays for real ones.

A supposition is a single value, a range that is walked through in points, or a distribution
that is drawn from. Every draw is a pure function of the seed, the number of the draw and the
place of the value, so the same request has the same answer on any machine. Nothing is kept,
and nobody is told.
"""
