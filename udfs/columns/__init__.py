"""Columns of a batch of rows: their forms, and columns that are made from others."""
