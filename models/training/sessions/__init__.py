"""Training of the recommendation job's model: the law of its sessions, the baselines, the model, and the program."""
