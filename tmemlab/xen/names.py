"""What people call Xen's versions and rules, and what the kernels do."""

from tmemlab.core.evict import INTENDED, INVERTED
from tmemlab.core.world import XEN_4_3, XEN_4_7, XEN_4_12

VERSIONS = {"4.3": XEN_4_3, "4.7": XEN_4_7, "4.12": XEN_4_12}
QUOTAS = {"inverted": INVERTED, "intended": INTENDED}
