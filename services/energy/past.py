"""How far back the past of a day reaches. Pure."""

BEFORE_DAYS = 35
"""So many days before a day are the meter's own past, by which it is checked: five whole weeks.

A day whose readings change is the past of as many days after it, which are then checked again.
"""
