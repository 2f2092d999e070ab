"""Explanations of predictions: what each feature adds to the score of a row, compared with the training rows.

- ``background`` draws rows like those of training from a version's baseline.
- ``affine`` finds models that are linear, whose contributions are exact; ``shapley`` samples those of all others.
- ``explained_models`` opens the models that calls name; ``functions`` is the adapter of Flink.
"""
