"""Views of learnt versions: the weights of a model, its origin, and its progress."""
