"""SQL functions of the rows of a group: quality of predictions, and drift from a model's training.

Flink runs no Python aggregate in a window of today's form (``TUMBLE`` and its kin as tables). So Flink itself gathers a
group's rows, ``ARRAY_AGG(ROW(...))``, keeps them in its own state and takes them back where rows are taken back; these
functions turn its state into figures, many groups at a time.

Rules:
- ``evaluation`` and ``window_drift`` know no Flink, and compute what jobs and reports compute.
- ``functions`` are the adapters.
"""
