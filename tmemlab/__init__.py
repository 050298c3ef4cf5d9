"""A laboratory for one question: when many guests share too little RAM, who should hold each page.

The public names are loaded when they are first used, so that ``import tmemlab`` costs a few milliseconds.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tmemlab import errors as errors
    from tmemlab import figures as figures
    from tmemlab import policy as policy
    from tmemlab import trace as trace
    from tmemlab import widgets as widgets
    from tmemlab.ablation import Ablation as Ablation
    from tmemlab.ablation import ablate as ablate
    from tmemlab.comparison import Comparison as Comparison
    from tmemlab.errors import Cancelled as Cancelled
    from tmemlab.errors import GroundTruthError as GroundTruthError
    from tmemlab.errors import KernelFault as KernelFault
    from tmemlab.errors import OutputError as OutputError
    from tmemlab.errors import PolicyError as PolicyError
    from tmemlab.errors import ScenarioError as ScenarioError
    from tmemlab.errors import TmemlabError as TmemlabError
    from tmemlab.errors import TraceError as TraceError
    from tmemlab.errors import VectorError as VectorError
    from tmemlab.locality.curve import MissRatioCurve as MissRatioCurve
    from tmemlab.locality.curve import miss_ratio_curve as miss_ratio_curve
    from tmemlab.locality.refaults import refault_distances as refault_distances
    from tmemlab.locality.second_level import second_level as second_level
    from tmemlab.locality.working_set import WorkingSet as WorkingSet
    from tmemlab.locality.working_set import working_set as working_set
    from tmemlab.page_faults import page_faults as page_faults
    from tmemlab.report import write_report as _write_report
    from tmemlab.run import Run as Run
    from tmemlab.scenario import Scenario as Scenario
    from tmemlab.scenario import load_scenario as load_scenario
    from tmemlab.simulate import compare as compare
    from tmemlab.simulate import simulate as simulate
    from tmemlab.trace import Trace as Trace
    from tmemlab.trace import import_trace as import_trace
    from tmemlab.trace import load_trace as load_trace
    from tmemlab.trace.record import record as record
    from tmemlab.validation.result import Validation as Validation
    from tmemlab.validation.validate import validate as validate
    from tmemlab.xen.host import TmemHost as TmemHost

    report = _write_report

__version__ = "0.1.0"

# The same once more, for Python; a test compares the two.
_MODULES = ("errors", "figures", "policy", "trace", "widgets")
_HOME = {
    "Ablation": "ablation.Ablation",
    "ablate": "ablation.ablate",
    "Comparison": "comparison.Comparison",
    **{
        f"{kind}Error": f"errors.{kind}Error"
        for kind in ("GroundTruth", "Output", "Policy", "Scenario", "Tmemlab", "Trace", "Vector")
    },
    "Cancelled": "errors.Cancelled",
    "KernelFault": "errors.KernelFault",
    "MissRatioCurve": "locality.curve.MissRatioCurve",
    "miss_ratio_curve": "locality.curve.miss_ratio_curve",
    "refault_distances": "locality.refaults.refault_distances",
    "second_level": "locality.second_level.second_level",
    "WorkingSet": "locality.working_set.WorkingSet",
    "working_set": "locality.working_set.working_set",
    "page_faults": "page_faults.page_faults",
    "report": "report.write_report",
    "Run": "run.Run",
    "Scenario": "scenario.Scenario",
    "load_scenario": "scenario.load_scenario",
    "compare": "simulate.compare",
    "simulate": "simulate.simulate",
    "Trace": "trace.Trace",
    "import_trace": "trace.import_trace",
    "load_trace": "trace.load_trace",
    "record": "trace.record.record",
    "Validation": "validation.result.Validation",
    "validate": "validation.validate.validate",
    "TmemHost": "xen.host.TmemHost",
}  # public name -> where it is defined


class _Package(ModuleType):
    """The package itself; keeps ``tmemlab.simulate`` the function where a module has the same name.

    Python binds a module to its package once it is imported; here the public name of the same spelling is bound.
    """

    def __getattr__(self, name: str) -> Any:
        if name in _HOME:
            module, _, attribute = _HOME[name].rpartition(".")
            setattr(self, name, getattr(import_module(f"tmemlab.{module}"), attribute))
        elif name in _MODULES:
            import_module(f"tmemlab.{name}")
        else:
            raise AttributeError(f"tmemlab has no {name!r}; it has {', '.join((*_HOME, *_MODULES))}")
        return self.__dict__[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in _HOME:
            value = getattr(value, _HOME[name].rpartition(".")[2])
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_HOME, *_MODULES})


sys.modules[__name__].__class__ = _Package
