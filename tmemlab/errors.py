"""Every error a user of tmemlab can meet; each message is a sentence that names what is wrong and the way out."""


class TmemlabError(Exception):
    """The mother of all errors below: a mistake that can be put right, told without a traceback."""


class ScenarioError(TmemlabError):
    """A scenario has a fault, or more than one: one line each, with its path, its value and the way out."""


class TraceError(TmemlabError):
    """A trace is missing, damaged, or does not fit the scale it is asked to run at."""


class PolicyError(TmemlabError):
    """A policy is unknown, raised an error, or returned what cannot be applied."""


class OutputError(TmemlabError):
    """A result cannot be written, or is not what tmemlab wrote."""


class KernelFault(TmemlabError):
    """The simulated machine met a state that it must never reach."""


class Cancelled(TmemlabError):
    """The user called off a run before it ended."""
