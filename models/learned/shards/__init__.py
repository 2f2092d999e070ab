"""Models that shards of a stream have learnt, as one model: their mean, or a table of models a key."""
