"""Training and evaluation of the shipped models; needs the extra ``train``."""
