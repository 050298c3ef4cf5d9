"""Locality of a trace: what its accesses say of any memory, before a machine is simulated.

Pages are the trace's own, whatever a page of it stands for; nothing here is multiplied.
"""

from tmemlab.locality.curve import MissRatioCurve, miss_ratio_curve
from tmemlab.locality.refaults import refault_distances
from tmemlab.locality.second_level import second_level
from tmemlab.locality.summary import Locality, look
from tmemlab.locality.working_set import WorkingSet, working_set

__all__ = [
    "Locality",
    "MissRatioCurve",
    "WorkingSet",
    "look",
    "miss_ratio_curve",
    "refault_distances",
    "second_level",
    "working_set",
]
