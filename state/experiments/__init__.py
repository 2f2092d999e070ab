"""Statistics of experiments that reach a verdict inside a stream, and may be looked at as often as one likes.

A unit is what the splitter assigns to an arm, such as a card; it can have many events. `Moments` sum up the units of an
arm, `difference` compares two arms, `combine_strata` joins the steps of a ramp, and `paired_difference` compares two
models on the same rows. A `Sequence` keeps the error rate over any number of looks, a `GroupBoundary` over those that
lead to a known number of units. `reach_verdict` says what to do. All is numpy, and all state packs into small arrays.
"""
