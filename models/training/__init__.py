"""How the shipped models are trained and measured; needs the extra ``train``."""
