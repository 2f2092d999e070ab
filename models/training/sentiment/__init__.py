"""Data and training of the sentiment job's models; needs the extra ``train``."""
