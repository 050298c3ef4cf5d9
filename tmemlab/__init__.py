"""A laboratory for one question: when many guests share too little RAM, who should hold each page.

The public names are loaded when they are first used, so that ``import tmemlab`` costs a few milliseconds.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Cancelled": "errors",
    "KernelFault": "errors",
    "OutputError": "errors",
    "PolicyError": "errors",
    "ScenarioError": "errors",
    "TmemlabError": "errors",
    "TraceError": "errors",
    "Trace": "trace",
    "load_trace": "trace",
    "Scenario": "scenario",
    "load_scenario": "scenario",
    "Comparison": "run",
    "Run": "run",
    "compare": "simulate",
    "simulate": "simulate",
    "report": "report.write_report",
}  # public name -> its module, and its name there where that differs
_MODULES = ("errors", "figures", "policy", "trace", "widgets")


class _Package(ModuleType):
    """The package itself; keeps ``tmemlab.simulate`` the function where a module has the same name.

    Python binds a module to its package once it is imported; here the public name of the same spelling is bound.
    """

    def __getattr__(self, name: str) -> Any:
        if name in _HOME:
            module, _, attribute = _HOME[name].partition(".")
            setattr(self, name, getattr(import_module(f"tmemlab.{module}"), attribute or name))
        elif name in _MODULES:
            import_module(f"tmemlab.{name}")
        else:
            raise AttributeError(f"tmemlab has no {name!r}; it has {', '.join(_public())}")
        return self.__dict__[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in _HOME:
            value = getattr(value, _HOME[name].partition(".")[2] or name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_public()})


def _public() -> list[str]:
    return ["__version__", *_HOME, *_MODULES]


sys.modules[__name__].__class__ = _Package
