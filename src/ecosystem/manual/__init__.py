"""The manual that the service serves of itself: the description of the API, and its pages.

A face of the house: it reads what the routes declare and nothing else, so that what is
described is what is checked. The pages need neither the internet nor JavaScript.
"""
