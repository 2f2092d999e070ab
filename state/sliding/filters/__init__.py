"""Filters of windows, evaluated in numpy: a safe part of SQL's conditions, with its logic of three values.

`parse_filter` (`syntax`) reads a text by its `tokens` and makes `conditions` over `operands`. It knows comparisons,
``AND``, ``OR``, ``NOT``, ``IN``, ``BETWEEN``, ``LIKE``, ``IS NULL``, ``IS TRUE`` and the like, ``+ - *``, and ``/`` of
doubles. It refuses anything else, so no filter means something other than in the SQL engine.
"""
