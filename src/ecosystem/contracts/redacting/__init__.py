"""Redaction: a document is read no more, and what was said by it stays proved.

Who filed a document withholds its content, on a ground and with a reason, and names the document
that replaces it where there is one. Name, type, size and SHA-256 stay, and whatever cites them;
the bytes stay for the auditors of the jurisdiction, who can still show that they are those.

Sources: Personal Information Protection Law of China, articles 47 and 51; Regulation (EU)
2016/679, articles 17 and 18; Government Procurement Law of China, article 42.
"""
