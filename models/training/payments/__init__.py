"""Data and training of the fraud-document job's model; needs the extra ``train``."""
