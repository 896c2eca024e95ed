"""個人番号 (My Numbers), of which this project only makes ones that nobody can have.

The check digit is defined in article 5 of 行政手続における特定の個人を識別するための番号の
利用等に関する法律の規定による通知カード及び個人番号カード並びに情報提供ネットワークシステムに
よる特定個人情報の提供等に関する省令 (平成26年総務省令第85号).
"""

import re
from collections.abc import Callable

BODY_LENGTH = 11
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_NUMBER = re.compile(r"[0-9]{12}", re.ASCII)


def check_digit(body: str) -> int:
    """The last digit that a real My Number beginning with the 11 digits `body` has."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    remainder = total % 11
    return 0 if remainder <= 1 else 11 - remainder


def could_be_real(number: str) -> bool:
    """Whether `number` has 12 digits of which the last is the right check digit."""
    return _NUMBER.fullmatch(number) is not None and int(number[-1]) == check_digit(
        number[:BODY_LENGTH]
    )


def make(randomness: Callable[[int], bytes]) -> str:
    """A number of 12 digits whose check digit is wrong."""
    body = f"{int.from_bytes(randomness(8), 'big') % 10**BODY_LENGTH:011}"
    off_by = 1 + randomness(1)[0] % 9
    return f"{body}{(check_digit(body) + off_by) % 10}"
