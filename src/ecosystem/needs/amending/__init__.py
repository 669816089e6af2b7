"""Needs that change: drafts freely, published ones by versions that everyone can compare.

An amendment says why, and keeps each difference with its place. It moves the deadline where the
rules of the place ask for time, and every offer that was submitted has to be confirmed for it.
Sources: UNCITRAL Model Law on Public Procurement (2011), article 15; Directive 2014/24/EU,
article 47(3); China, Ministry of Finance, Order 87 (2017), article 27.
"""
