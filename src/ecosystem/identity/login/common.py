"""What is guessed first: the commonest long passwords, words that many use, rows of keys."""

from typing import Final


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALONG: Final = (
    "0123456789" * 13,
    "abcdefghijklmnopqrstuvwxyz" * 5,
    "qwertyuiopasdfghjklzxcvbnm" * 5,
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "1234567890qwertyuiopasdfghjklzxcvbnm",
)
ROWS: Final = (*_ALONG, *(row[::-1] for row in _ALONG))
"""What is typed by going along; a password that is a part of one is no secret."""
WORDS: Final = _listed("""
    admin adminpassword administrator changeme correcthorsebatterystaple default dragon ecosystem
    football iloveyou letmein login master mima monkey mypassword newpassword nihao operator
    password passwordpassword princess qwerty qwertyuiop secret shenzhen sunshine superman temp
    temporary test trustno welcome whatever wodemima woaini woaizhongguo zhongguo
""")
"""Common however many digits and signs stand around them."""
PASSWORDS: Final = _listed("""
    123123123123 123321123321 1234567891011 123456qwerty 12345qwertasdfg 1a2b3c4d5e6f
    1qazxsw23edc a123456789012 a1b2c3d4e5f6 aa12345678900 abc123456789 abcd12345678 asdfghjkl123
    helloworld123 iloveyou1234 iloveyouforever letmeinplease p@ssw0rd1234 pa55w0rd1234
    passwordadmin passwort1234 qazwsxedcrfv qq123456789012 qwer1234asdf qwerty123456 qwertyqwerty
    thisismypassword woaini1314520 woaini520520 zaq12wsxcde3 zxcvbnm12345
""")
