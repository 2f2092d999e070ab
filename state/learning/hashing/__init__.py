"""Texts as features of a fixed number of columns, and the columns that changed since the last publication."""
