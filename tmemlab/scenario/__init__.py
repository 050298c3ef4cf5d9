"""Scenarios: one host, its guests, their programs, read from a TOML file and checked as a whole."""

from tmemlab.scenario.guest import Guest, Idle, SelfBalloonSettings, SelfShrinkSettings, TmemSettings, Workload
from tmemlab.scenario.kernel import Mechanisms, Replacement, Version
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
    "Mechanisms",
    "Replacement",
    "Scenario",
    "SelfBalloonSettings",
    "SelfShrinkSettings",
    "TmemSettings",
    "Version",
    "Workload",
    "Xen",
    "load_scenario",
    "scenario_names",
]
