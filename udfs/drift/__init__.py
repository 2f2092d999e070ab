"""Rows that drift is measured on."""
