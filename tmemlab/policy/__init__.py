"""Policies: who gets how much memory, decided every few seconds in ordinary Python.

To add one, write a class with `Policy` as its base, decorate it with `register`, and name it in a `Strategy`.
"""

from tmemlab.policy.base import LEAVE, POLICIES, Decision, Policy, View, register
from tmemlab.policy.check import checked_decision
from tmemlab.policy.guestboot import inactive_ratio, selfballoon_floor, totalreserve, watermarks
from tmemlab.policy.selfballoon import SelfBalloon
from tmemlab.policy.selfshrink import SelfShrink
from tmemlab.policy.squeeze import Squeeze
from tmemlab.policy.strategies import STRATEGIES, Strategy, strategy_named

__all__ = [
    "LEAVE",
    "POLICIES",
    "STRATEGIES",
    "Decision",
    "Policy",
    "SelfBalloon",
    "SelfShrink",
    "Squeeze",
    "Strategy",
    "View",
    "checked_decision",
    "inactive_ratio",
    "register",
    "selfballoon_floor",
    "strategy_named",
    "totalreserve",
    "watermarks",
]
