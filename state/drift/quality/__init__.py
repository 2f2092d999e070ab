"""Model quality over labelled rows: calibration and AUC."""
