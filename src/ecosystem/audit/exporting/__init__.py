"""What a search finds, whole, as a file: NDJSON, CSV or Parquet, page by page as it is read."""
