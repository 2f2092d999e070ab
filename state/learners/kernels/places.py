"""Numbers of the losses, and the places in the arguments of the kernels.

Numbers are added at the end and never changed: compiled kernels, which numba keeps on disk, hold them.
"""

from __future__ import annotations

LOGISTIC, SOFTMAX, SQUARED, ABSOLUTE, HUBER, HINGE, INSENSITIVE = range(7)

# In the request for a row.
TARGET, WEIGHT, RATE = range(3)
# In the settings; IS_BOUNDED is 1 for variant I of passive-aggressive, and 0 for II.
LOSS, L1, L2, CLIP, EPSILON, ALPHA, BETA, AGGRESSIVENESS, IS_BOUNDED = range(9)
# In the totals: rows whose gradient was no finite number, L1 penalty so far, powers of Adam's decays.
OVERFLOWS, PENALTY, FIRST_POWER, SECOND_POWER = range(4)

ADAGRAD_EPSILON = 1e-8
ADAM_FIRST, ADAM_SECOND, ADAM_EPSILON = 0.9, 0.999, 1e-8
