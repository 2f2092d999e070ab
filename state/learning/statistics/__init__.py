"""Sums, moments and areas that fade row by row, and losses of rows."""
