"""Parallelism of running jobs by their load: a loop that looks, computes with DS2, decides, and asks Flink to rescale.

    REST API ── look ──► rates ──► ds2 ──► decide ──► resource requirements
                                              └─────► log, metrics

Rules:
- `graph`, `rates`, `ds2`, `fit`, `policy`, `decision` and `decide` are pure: they know neither Flink nor a clock.
- A decision has a reason, whether it changes something or not.
"""
