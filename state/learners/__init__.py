"""Linear models that learn a stream row by row, in batches: logistic, linear, softmax and passive-aggressive.

`table` lists the algorithms and makes a learner of `settings`; `linear_learner` is the class of all of them.
`kernels` has the updates of the parameters as loops for a compiler, `vectors` the same for numpy.
"""
