"""File systems that are on no disk are known by what mountinfo says."""

import os
from pathlib import Path

from tmemlab.trace.record.files import Files, special_devices
from tmemlab.trace.record.spool import SYSTEM_V

MOUNTINFO = """\
22 27 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
23 27 0:21 / /proc rw,relatime - proc proc rw
25 27 0:23 / /run rw,nosuid - shared:5 - tmpfs tmpfs rw
26 27 0:24 / /dev/shm\\040a rw shared:3 master:2 - tmpfs tmpfs rw
27 1 254:300 / / rw,relatime shared:1 - ext4 /dev/vda rw
28 27 0:25 / /tmpfs rw - ext4 tmpfs rw
29 27 4095:1048575 / /big rw - ramfs none rw
30 27 0:26 / /a\\134b rw
31 27 0:26 / /cut
"""


def memfd_device() -> int:
    descriptor = os.memfd_create("a test")
    try:
        return os.fstat(descriptor).st_dev
    finally:
        os.close(descriptor)


def test_devices_of_made_up_mounts(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTINFO)
    devices = special_devices(mounts)
    assert devices.memory == {memfd_device(), os.makedev(0, 24), os.makedev(4095, 1048575)}
    assert devices.kernel == {os.makedev(0, 20), os.makedev(0, 21)}


def test_without_mountinfo_only_memfd_is_known(tmp_path: Path) -> None:
    devices = special_devices(tmp_path / "none")
    assert devices == (frozenset({memfd_device()}), frozenset())


def test_this_machine_s_own_files_are_told_apart(tmp_path: Path) -> None:
    files = Files(special_devices())
    for path, anonymous, cached in (("/proc/self/status", False, False), ("/dev/shm", True, True)):
        if Path(path).exists():
            status = Path(path).stat()
            file = files.known(status.st_dev, status.st_ino)
            assert (file.anonymous, file.cached) == (anonymous, cached), path
    assert files.known(SYSTEM_V, 0).anonymous
