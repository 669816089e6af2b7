"""Replanning: the milestones of a contract follow its new edition, and its turns.

A change adds milestones, gives others another date or content, or removes them. What is
submitted or accepted is never altered: a change that would is refused when it is proposed, and
again when it would come into force. Dates move by the days of a suspension, and what is open
when a contract ends is cancelled.
"""
