"""The folder of a run: part files, progress while it runs, the summary and Parquet files at its end."""
