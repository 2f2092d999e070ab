"""Detectors that judge value by value: ADWIN and Page-Hinkley."""
