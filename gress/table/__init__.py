"""Expressions of the Table API: predictions and features of a table's rows, with all that they need inside of them."""
