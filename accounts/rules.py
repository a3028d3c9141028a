"""How the details of people and organizations may be written."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable

from babel import Locale
from babel.numbers import is_currency
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.choices import ERASED_AT
from accounts.errors import InvalidProfile, WeakPassword
from accounts.guessable import is_of_words_at_hand

EMAIL_LENGTH = 254
# What stands where an erased person's name stood; triggers know it, too.
ERASED_NAME = "Erased person"
# Invisible, but Indic and Persian names are not written right without them.
_JOINERS = dict.fromkeys((0x200C, 0x200D))
_COUNTRY = re.compile(r"[A-Z]{2}")
# Babel's list also has groupings; "ZZ" and these are no country's code.
_NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
# Files among the zones that are none: what one machine is set to, and what it is set to at first.
_NO_ZONE = {"localtime", "posixrules", "Factory"}


def normalized_email(text: str) -> str:
    """The address in the one form it is kept and looked up in: trimmed, lower case.

    Addresses of erased people are nobody's: the database takes none for somebody who counts.

    :raises InvalidProfile: if it is no e-mail address.
    """
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise _no_address() from None
    if email.endswith(ERASED_AT):
        raise _no_address()
    if len(email) > EMAIL_LENGTH:
        raise InvalidProfile("The e-mail address is too long.", pointer="/email")
    return email


def _no_address() -> InvalidProfile:
    return InvalidProfile("Enter a valid e-mail address.", pointer="/email")


def cleaned_name(text: str, *, pointer: str, maximum: int = 200) -> str:
    """A name with single spaces and no control characters.

    :param maximum: the greatest number of characters.
    :raises InvalidProfile: if it is empty, too long or holds unprintable characters.
    """
    name = " ".join(text.split())
    shown = name.translate(_JOINERS)
    if not shown or not shown.isprintable():
        raise InvalidProfile("Enter a name of printable characters.", pointer=pointer)
    if len(name) > maximum:
        raise InvalidProfile(f"Use at most {maximum} characters.", pointer=pointer)
    return name


def countries() -> dict[str, str]:
    """The name of every country that there is, in English, by its ISO 3166-1 alpha-2 code."""
    named = Locale("en").territories.items()
    return {
        code: name for code, name in named if _COUNTRY.fullmatch(code) and code not in _NO_COUNTRY
    }


def checked_country(code: str) -> str:
    """The ISO 3166-1 alpha-2 code in upper case.

    :raises InvalidProfile: if there is no such country.
    """
    country = code.strip().upper()
    if country not in countries():
        raise InvalidProfile("Enter a country code like IN.", pointer="/country")
    return country


def checked_currency(code: str) -> str:
    """The ISO 4217 code in upper case.

    :raises InvalidProfile: if there is no such currency.
    """
    currency = code.strip().upper()
    if not is_currency(currency):
        raise InvalidProfile("Enter a currency code like INR.", pointer="/base_currency")
    return currency


def checked_timezone(name: str) -> str:
    """The IANA time zone name; whether PostgreSQL knows it too, it says when the row is written.

    :raises InvalidProfile: if there is no such zone.
    """
    if name in _NO_ZONE or name not in zoneinfo.available_timezones():
        raise no_such_timezone()
    return name


def no_such_timezone() -> InvalidProfile:
    """The refusal of a time zone."""
    return InvalidProfile("Enter a time zone like Asia/Kolkata.", pointer="/timezone")


_PHONE = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)
_PHONE_PUNCTUATION = str.maketrans("", "", " -.()\u00a0")


def normalized_phone(text: str) -> str:
    """The number in the international form of ITU-T E.164: a plus sign and 8 to 15 digits.

    :raises InvalidProfile: if it is none, or lacks the country's code.
    """
    number = text.strip().translate(_PHONE_PUNCTUATION)
    if not _PHONE.fullmatch(number):
        raise InvalidProfile(
            "Enter the number with its country code, like +91 98765 43210.", pointer="/phone"
        )
    return number


def check_password_strength(
    password: str, *, own: Iterable[str] = (), pointer: str = "/password"
) -> None:
    """Length and common passwords, as the settings say; no composition rules (NIST 800-63B).

    :param own: what is known of the person; see `accounts.guessable`.
    :raises WeakPassword: with the reasons in its detail.
    """
    try:
        validate_password(password)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages), pointer=pointer) from None
    if is_of_words_at_hand(password, own):
        raise WeakPassword(
            "Names, your address and words like vault or wallet are tried first. Add other words.",
            pointer=pointer,
        )
