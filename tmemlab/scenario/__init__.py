"""Scenarios: one host, its guests, their programs, read from a TOML file and checked as a whole."""

from tmemlab.scenario.guest import Guest, Idle, Kernel, SelfBalloonSettings, SelfShrinkSettings, TmemSettings, Workload
from tmemlab.scenario.load import load_scenario, scenario_names
from tmemlab.scenario.machine import STORAGE, Content, Costs, Device, Host, Xen
from tmemlab.scenario.scenario import Scenario

__all__ = [
    "STORAGE",
    "Content",
    "Costs",
    "Device",
    "Guest",
    "Host",
    "Idle",
    "Kernel",
    "Scenario",
    "SelfBalloonSettings",
    "SelfShrinkSettings",
    "TmemSettings",
    "Workload",
    "Xen",
    "load_scenario",
    "scenario_names",
]
