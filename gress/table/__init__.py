"""Expressions of the Table API: predictions, classes and features of rows, with all that they need inside of them."""
