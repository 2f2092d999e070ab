"""Trackers of keys, row by row and without a window's end: detectors of odd rows, seasonal series, recent values.

A tracker answers each row with what it knew before it, learns it, and takes its state along as bytes.
"""
