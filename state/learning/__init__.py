"""Surroundings of a learner in keyed state: its rows, its evaluation, and its protection from harm.

Rules this package keeps:

- Results depend on the order of rows alone: cutting a stream into other batches, or restoring in between, changes no
  bit.
- State is bytes with a format version. `packed` writes and reads them.
- A learner is whatever has the methods that `learns` names; none is imported.
"""
