"""The documents of a contract: bytes kept by their digest, and who may know of them.

What a document is checked against, and what refuses it, stands with the contract's rules.
"""
