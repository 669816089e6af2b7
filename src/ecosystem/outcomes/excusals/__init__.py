"""Times for which nothing is asked for: one side asks, with its ground, and another decides.

States: `asked -> granted | refused`. A window that lies wholly within a granted time counts
nowhere in an aggregate: neither as expected nor as verified.
"""
