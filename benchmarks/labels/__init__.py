"""The join of predictions with their labels."""
