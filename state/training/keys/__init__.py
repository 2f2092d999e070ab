"""A model a key: `key_models` learns them in a shard, `key_states` keeps them, `key_table` is what is published."""
