"""Expiry: the bytes of documents are erased when the law no longer has them kept.

How long, the rules of the place say (`records` of its profile), counted from the end of the
contract. A command erases then what is past its time, and where no other living row names the
same bytes; name, type, size and SHA-256 stay, and that it was done.

Sources: Government Procurement Law of China, article 42; Directive 2014/24/EU, articles 83 and
84; Regulation (EU) 2016/679, article 5(1)(e).
"""
