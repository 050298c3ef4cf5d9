"""Draw the README's picture from kept results: python docs/picture.py results."""

import sys
from pathlib import Path

from tmemlab import Comparison, figures

comparison = Comparison.load(sys.argv[1])
figure = figures.frames_by_owner(*(comparison.run(name) for name in comparison.main))
figure.savefig(Path(__file__).parent / "images" / "overcommit.png", dpi=150)
