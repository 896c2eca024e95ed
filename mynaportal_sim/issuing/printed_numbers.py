"""The numbers that are made of what is printed on a card (form: myna-card data.rs)."""

from datetime import date

from consent.japan import era_of


def birth_key(born: date) -> str:
    """The six digits of birth: year of the era, month, day."""
    return f"{era_of(born).year_of(born):02}{born:%m%d}"


def number_b(born: date, expires: date, security_code: str) -> str:
    """照合番号B: birth, year of expiry, security code; 14 digits."""
    return f"{birth_key(born)}{expires:%Y}{security_code}"
