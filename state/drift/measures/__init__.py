"""Distances between two samples and their significance: PSI, KS, chi-square, Jensen-Shannon."""
