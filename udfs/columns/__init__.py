"""Columns of a batch of rows: their forms, and what is put together of them."""
