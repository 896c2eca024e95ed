"""What exports are made of, for commands to name without the packages that write it."""

from enum import StrEnum, unique


@unique
class Format(StrEnum):
    """What an export is made of."""

    PARQUET = "parquet"
    JSONL = "jsonl"
