"""Computing: what is proved under a contract becomes calculations, and these become payments.

A payment is made of what is earned and neither paid nor on its way; where less is earned than was
computed, payments that the bank was not told of are taken back.
"""
