"""Data and training of the predictive-maintenance job's model; needs the extra ``train``."""
