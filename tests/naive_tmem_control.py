"""What tools ask tmem for, slowly."""

from __future__ import annotations

from typing import Any

from tests.naive_tmem_frames import flush_mem
from tests.naive_tmem_state import ALL_CLIENTS, ENOENT, EPERM, Client, Tmem, signed

CONTROL = ("weight", "cap", "compress", "freeze", "thaw", "flushmem", "savebegin", "saveend")
KIB_A_PAGE = 4


def control(tmem: Tmem, op: dict[str, Any]) -> int:
    """Do an operation on a client, or on all."""
    number, value = op["client"], op.get("a1", 0) % 2**32
    match op["op"]:
        case "cap" if tmem.version == "4.12":
            return EPERM  # an unknown command
        case "weight" | "cap" | "compress" if number == ALL_CLIENTS:
            return set_all(tmem, op["op"], value)
        case "weight" | "cap" | "compress":
            return set_one(tmem, tmem.clients.get(number), op["op"], value)
        case "freeze" | "thaw":
            return freeze(tmem, number, op["op"] == "freeze")
        case "flushmem":
            return flush(tmem, number, value)
        case "savebegin":
            return save_begin(tmem, tmem.clients.get(number), live=value != 0)
        case "saveend":
            return save_end(tmem, tmem.clients.get(number))
    raise ValueError(f"there is no operation {op['op']!r}")


def no_client(tmem: Tmem) -> int:
    """Return what is said of a client that is not there."""
    return ENOENT if tmem.version == "4.12" else EPERM


def set_all(tmem: Tmem, name: str, value: int) -> int:
    """Set a value of all clients, up to the first that refuses; 4.3 tells neither that, nor that there is none."""
    rc = no_client(tmem)
    for client in tmem.clients.values():
        rc = set_value(tmem, client, name, value)
        if rc != 0:
            break
    return 0 if tmem.version == "4.3" else rc


def set_one(tmem: Tmem, client: Client | None, name: str, value: int) -> int:
    """Set a value of a client; 4.3 does not tell that it refused."""
    if client is None:
        return no_client(tmem)
    rc = set_value(tmem, client, name, value)
    return 0 if tmem.version == "4.3" else rc


def set_value(tmem: Tmem, client: Client, name: str, value: int) -> int:
    """Set a client's weight, its cap, or whether its pages are compressed."""
    if name == "weight":
        tmem.weight_total = signed(tmem.weight_total - client.weight + value, 32)
        client.weight = value
    elif name == "cap":
        client.cap = value
    elif name == "compress" and not tmem.dedup:
        client.compress = value != 0
    else:
        return EPERM
    return 0


def freeze(tmem: Tmem, number: int, frozen: bool) -> int:
    """Freeze a client, or all there are now, or thaw them."""
    if number != ALL_CLIENTS and number not in tmem.clients:
        return EPERM
    for client in tmem.clients.values():
        if number in (ALL_CLIENTS, client.number):
            client.frozen = frozen
    return 0


def flush(tmem: Tmem, number: int, kib: int) -> int:
    """Return frames to the heap, for domain 0; return how much in KiB."""
    if number != ALL_CLIENTS:
        return EPERM
    frames = (kib + KIB_A_PAGE - 1) % 2**32 // KIB_A_PAGE
    return KIB_A_PAGE * flush_mem(tmem, tmem.clients.get(0), frames)


def save_begin(tmem: Tmem, client: Client | None, live: bool) -> int:
    """Freeze a client that is to be saved; one that is saved while it runs may not even replace what it has."""
    is_late = tmem.version == "4.12"
    if client is None or not any(client.pools):
        return ENOENT if is_late else 0
    client.was_frozen, client.frozen = client.frozen, True
    client.live_migrating = client.live_migrating or live
    return 0 if is_late else 1


def save_end(tmem: Tmem, client: Client | None) -> int:
    """Let a client that was saved go on."""
    if client is None:
        return no_client(tmem)
    client.live_migrating, client.frozen = False, client.was_frozen
    return 0
