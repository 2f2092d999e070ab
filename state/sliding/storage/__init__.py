"""The log as it is saved: packed columns, chunks of rows, the chunks of a shard, and which shard a key is in."""
