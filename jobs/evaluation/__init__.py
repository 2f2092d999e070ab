"""Evaluation of a finished run: the answers of its model beside those of baselines."""
