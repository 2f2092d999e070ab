"""Labels joined with predictions by id, one to one: rows in numpy, one join a shard of the ids.

1. `ShardJoin` (`shard_join`) takes the predictions and the labels of a shard as they come, and watermarks. It returns
   `Outcome`s (`outcomes`): rows that leave, by kind. Each prediction has one outcome, and each label one.
2. Rows are `PackedRows` (`packed_rows`), which all columns that are carried ride along in. Rows that wait are kept in
   memory (`row_table`) and saved as pieces in the shard's store (`saved_rows`), which are put once, rewritten when most
   of their rows have left, and removed.
3. Ids of predictions that have left are remembered for a time, so that a label that is too late or comes twice is told
   from one that is early.
4. `marks` say up to which watermark saved pieces were judged, so that rows whose time has come need no write each.

Only `ShardJoin.advance` judges by time, and it does so by the watermark alone. So outcomes depend on the calls and the
watermarks between them, and not on how a job was restored or spread over tasks.
"""
