"""A model for each key: `key_models` learns them in a shard, `key_states` keeps them, `key_table` is published."""
