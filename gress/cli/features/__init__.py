"""`gress features`: the types of features, the features of a job, and those that the store holds."""
