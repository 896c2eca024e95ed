"""What a researcher needs: the log as files that prove themselves, and questions about it.

`export` writes the files, `verification` holds them against what the log signed, `asking`
answers the questions in `questions`. All but `formats` needs the extra `research` (DuckDB,
NumPy, Arrow).
"""
