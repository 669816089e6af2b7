"""Findings: an auditor says what it found, those concerned are heard, the auditor concludes.

States: `open -> concluded -> followed_up`. A finding is about one thing of a contract, whose
parties see it and reply until the auditor has concluded: not before one of them has been heard,
or the time to reply is over. What is upheld may have a day on which the auditor looks again;
until it has, the parties still say what they do about it.

Sources: ISSAI 100, paragraphs 49 to 51; ISSAI 3000, paragraphs 129 to 137 (the audited are
heard, and what became of it is followed up).
"""
