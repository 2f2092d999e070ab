"""Statistics of experiments that reach a verdict inside a stream, and may be looked at as often as one likes.

A unit is what the splitter assigns to an arm, such as a card; it can have many events. `Moments` sum up the units of an
arm, `difference` compares two arms, `strata` joins the steps of a ramp. A `Sequence` keeps the error rate over any
number of looks, `group_sequential` over those that lead to a known number of units. All is numpy, and all state packs
into small arrays.
"""
