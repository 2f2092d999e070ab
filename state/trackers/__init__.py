"""Trackers of keys, row by row and without a window's end: detectors of odd rows, seasonal series, recent values.

A tracker answers each row from the rows before it, learns it, and can save its state as bytes.
"""
