"""What a message quotes of a file."""


def brief(text: bytes | str, most: int = 40) -> str:
    """Return a text in quotes, cut where it is long, whatever bytes it is of."""
    shown = text.decode("ascii", "backslashreplace") if isinstance(text, bytes) else text
    return repr(shown if len(shown) <= most else f"{shown[:most]}...")
