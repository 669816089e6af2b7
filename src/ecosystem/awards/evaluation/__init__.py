"""The evaluation: evaluators declare, score alone, and one published computation ranks.

An evaluator reads no offer before declaring that there is no conflict of interest, and one
with a conflict never does, not even as one of the authority. Scores are given once and stay.
"""
