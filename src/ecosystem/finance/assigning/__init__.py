"""Assignments: what a contract will pay goes to the lender, once the authority knows of it.

A supplier assigns its claims under a contract to the lender of one of its facilities, and the
authority is notified; from its acknowledgement on the bank is told to pay the lender. Of those who
supply together each assigns what is paid to itself, and nothing of the others'. Of what a contract
pays to one supplier only one assignment stands at a time. It ends when the lender releases it.

Sources: Civil Code of China, article 546 (an assignment binds the debtor once it is notified),
article 768 (of several assignments the first that was notified goes before).
"""
