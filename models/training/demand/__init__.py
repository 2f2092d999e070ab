"""Training of the forecasting job's model: the law of its demand, the model, and the program."""
