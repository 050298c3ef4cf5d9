"""What the documents name is there: settings, methods, files, and the README's own examples."""

import re
from pathlib import Path

import pytest

import tmemlab
from tmemlab.scenario import Mechanisms
from tmemlab.xen.domain import Domain

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "tests" / "golden" / "README.md"]
SWITCHES = (ROOT / "docs" / "switches.md").read_text()
OWNERS = {"TmemHost": tmemlab.TmemHost, "Domain": Domain, "Run": tmemlab.Run}
OTHER_VALUES = {
    "filesystem": "image",
    "replacement": "lru",
    "quota": "intended",
    "version": "4.3",
    "swap": "1GiB",
    "maxmem": "128MiB",
}
# Values for settings by their last word; whatever else there is takes 7
NEEDED: dict[str, dict[str, object]] = {
    "xen.tze": {"xen.dedup": True},
    "xen.compress": {"xen.metadata": True},
}  # what some settings want besides


def other(setting: str) -> object:
    """Return a value that a setting may have."""
    xen = ("compress", "dedup", "tze", "shared_auth", "persistent_charge", "exclusive_gets")
    switches = (*xen, "enabled", "cleancache", "frontswap", *Mechanisms.model_fields)
    last = setting.rpartition(".")[2]
    return True if last in switches else OTHER_VALUES.get(last, 7)


def settings() -> list[str]:
    """Return the settings that the table of switches names."""
    named = re.findall(r"`((?:guests\.\*|xen)\.[a-z_.]+)(?: = [^`]*)?`", SWITCHES)
    assert len(named) > 20
    return sorted({*named} - {"guests.*.kernel"})


@pytest.mark.parametrize("setting", settings())
def test_every_setting_of_the_table_of_switches_can_be_set(setting: str) -> None:
    changes: dict[str, object] = {setting: other(setting)}
    changes |= NEEDED.get(setting, {})
    tmemlab.load_scenario("tiny", changes)


def test_every_method_that_the_table_of_switches_names_is_there() -> None:
    named = re.findall(r"`(TmemHost|Domain|Run)\.([a-z_]+)`", SWITCHES)
    assert len(named) > 8
    missing = [f"{owner}.{name}" for owner, name in named if not hasattr(OWNERS[owner], name)]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = [t for t in re.findall(r"\]\(([^)#]+)\)", document.read_text()) if "://" not in t]
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_tmem_by_hand_does_what_the_readme_says() -> None:
    text = (ROOT / "README.md").read_text()
    example = next(code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "TmemHost" in code)
    call, _, said = next(line for line in example.splitlines() if "web.get" in line).partition("  # ")
    names: dict[str, object] = {"tmemlab": tmemlab}
    exec(example.replace(call, f"answers = {call}"), names)
    assert str(names["answers"]).strip("()") == said.partition(":")[0]
