"""What an auditor does beside reading single things: it searches all events of its jurisdictions.

What it finds can be taken away as a file, whole, in the order of the log. What an auditor
may see is wide, so each search and each file is kept, with who, what and when, for the
operator and for the auditors of the jurisdiction. Sealed events stay sealed for it.

It stands above all rooms whose events it reads, and under the faces.
"""
