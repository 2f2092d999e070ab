"""Readers of what experiments wrote: predictions by unit and variant, comparisons of shadows, records of verdicts."""
