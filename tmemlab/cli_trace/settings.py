"""Repeated ``--set NAME=VALUE``: a value is TOML, or else a string without its quotes."""

import tomllib
from collections.abc import Iterable

from tmemlab.errors import TmemlabError


def read_settings(
    changes: Iterable[str] | None, shape: str = "NAME=VALUE", example: str = "seed=7"
) -> dict[str, object]:
    """Return what the options set, by name; raise TmemlabError for one that is not of this shape."""
    settings: dict[str, object] = {}
    for change in changes or []:
        name, equals, value = change.partition("=")
        if not (name and equals):
            raise TmemlabError(f"--set {change}: is not a setting; write {shape}, such as {example}")
        try:
            settings[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            settings[name] = value
    return settings
