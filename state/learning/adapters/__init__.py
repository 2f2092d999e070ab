"""Learners of other libraries, row by row: scikit-learn's with ``partial_fit``, and River's.

Their state is a pickle, as these libraries know no other. It is for Flink's own checkpoints alone, and `sealed_pickle`
opens only what the same job has sealed.
"""
