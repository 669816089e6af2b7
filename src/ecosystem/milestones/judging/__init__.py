"""What the authority makes of a submission: accepted, accepted in part, or rejected.

Each submission is a round, and is judged once. What is rejected, and the rest of what is
accepted in part, is submitted again as the next round; earlier rounds stay. Parts add up: the
milestone is accepted once all of it is, and delivered when the last of its parts was.
"""
