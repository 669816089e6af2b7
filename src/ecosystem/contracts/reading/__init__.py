"""Contracts as people read them: one outline, in Chinese or English, as a page and as a PDF.

What is read is made from the terms that the parties sign, and from nothing else; the digest
of those terms stands on it.
"""
