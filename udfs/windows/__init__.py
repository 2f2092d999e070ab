"""Windows over packed rows: lines to parts, a keyed stage a key field, and functions on what comes out."""
