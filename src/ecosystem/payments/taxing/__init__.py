"""Taxing: what of a payment is tax, by the profile, and what is withheld of it.

A tax is included in the prices of a contract, added to them, or withheld from what is paid: the
profile says which, at which rate, and from which day on. A step is taxed at the rates of the day
on which it was first calculated, also where it is calculated again. What is withheld is not the
payee's, and stands in an account of its own until it goes to the tax office.
"""
