"""A policy's answer, checked before it is applied: a policy may be a user's first attempt in a notebook."""

from typing import NoReturn

import numpy as np

from tmemlab.errors import PolicyError
from tmemlab.policy.base import LEAVE, Decision, Pages, Policy, View
from tmemlab.units import seconds


def checked_decision(policy: Policy, view: View, created: int | None = None) -> Decision:
    """Ask ``policy`` and return its answer, with -1 for every guest that is neither running nor being created.

    Parameters
    ----------
    policy : Policy
        Whom to ask.
    view : View
        What it sees.
    created : int, optional
        The guest that is being created; then ``on_create`` is asked, otherwise ``decide``.

    Raises
    ------
    PolicyError
        If the policy raises an error or returns anything but whole numbers from -1 on, one a guest; the message names
        the policy and the time.
    """
    try:
        decision = policy.decide(view) if created is None else policy.on_create(view, created)
    except Exception as error:
        fault = f"it raised {type(error).__name__}: {error}; mend the policy"
        raise PolicyError(f"{_where(policy, view)}: {fault}") from error
    if not isinstance(decision, Decision):
        _refuse(policy, view, f"it returned {type(decision).__name__}; return a Decision")
    return Decision(
        _checked(policy, view, "targets", decision.targets), _checked(policy, view, "shrink_to", decision.shrink_to)
    )


def _checked(policy: Policy, view: View, name: str, values: Pages) -> Pages:
    array = np.asarray(values)
    if array.shape != (view.n_guests,):
        _refuse(policy, view, f"{name} has shape {array.shape}; return one entry a guest, shape ({view.n_guests},)")
    if array.dtype.kind not in "iuf":
        _refuse(policy, view, f"{name} holds {array.dtype}; return pages as numbers")
    wrong = np.flatnonzero(~np.isfinite(array) | (array < LEAVE))
    if len(wrong):
        guest = int(wrong[0])
        _refuse(policy, view, f"{name}[{guest}] is {array[guest]}; return 0 pages or more, or -1 to leave the guest")
    return np.where(view.running | view.starting, array, LEAVE).astype(np.int64)


def _refuse(policy: Policy, view: View, fault: str) -> NoReturn:
    raise PolicyError(f"{_where(policy, view)}: {fault}")


def _where(policy: Policy, view: View) -> str:
    name = getattr(policy, "name", type(policy).__name__)
    return f"policy {name!r} at {seconds(view.time_ns):g} s"
