"""Windows over keyed rows in numpy: all functions of `state.window_sql`, at a cost that no window's length changes.

A stage of a job, keyed by shard, has one engine a key field for all shards of its task:

1. It holds rows back until the watermark covers them, and gives them to `SlidingWindows.add` (`engine`) as `Rows`
   (`rows`): a column a field, and a mask a filter (`filters`). It gets back one column a `WindowSpec`.
2. It deals the same rows out by shard (`storage.shards`), and each shard's `ChunkLog` (`storage.chunk_log`) appends
   them to the shard's state, with `SlidingWindows.watermark`. Chunks merge and are dropped as they age.
3. When it starts again, it loads the chunks of every shard it owns and gives them to `SlidingWindows.restore`. The
   engine then answers as if it had never stopped, bit for bit, whatever shards came together.
4. Late rows are refused. A stage that inserts them instead restores an engine, adds them with the watermark so far, and
   saves them with `ChunkLog.insert`.

Inside, the rows of all keys are one `log`, sorted by time. A batch (`batch`) looks only at the slices of the log that
cross an offset with it (`crossing`). `aggregates` hold what is summed, compared, counted or remembered, `aggregation`
ties them together, and `functions` answer from them. `plan` says which of them the specs of a key need. `indexes` give
numbers to keys, `key_table` has an element a key, `selected` reads what a filter leaves, and `codes` makes integers of
values.
"""
