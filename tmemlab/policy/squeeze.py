"""The toolstack's equal squeeze: whoever is created gets an equal share, and all others shrink to it.

In the spirit of xapi's squeezed, which shares memory between guests without asking what they need. It acts only when a
guest is created: pressure inside a guest never reaches it, and memory given away comes back to nobody.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tmemlab.policy.base import LEAVE, Decision, Policy, View, register


@register
@dataclass
class Squeeze(Policy):
    """Hold every guest to an equal share of the host from the moment there are too many of them."""

    name: ClassVar[str] = "squeeze"

    def on_create(self, view: View, guest: int) -> Decision:
        """Lower every target to ``host / guests``; the new guest boots with that much, or with what it asked for."""
        new = np.arange(view.n_guests) == guest
        share = view.host_memory // int((view.running | new).sum())
        lowered = new | (view.running & (view.target_pages > share))
        return Decision.of(view.n_guests, targets=np.where(lowered, np.minimum(view.target_pages, share), LEAVE))
