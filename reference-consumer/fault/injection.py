"""Faults that the kernel makes: calls that fail or kill, memory that ends, disks that are full, slow or wrong, clocks that lie."""

import os
import pathlib
import re
import subprocess

from harness import NotInjected, require_injected

HERE = pathlib.Path(__file__).resolve().parent
CGROUPS = pathlib.Path("/sys/fs/cgroup")


def straced(log, *injections, calls=None):
    """Words before a command: strace injects, and writes what it saw into the file."""
    calls = calls or sorted({name for one in injections for name in one.partition(":")[0].split(",")})
    return ["strace", "-D", "-f", "-qq", "-e", f"trace={','.join(calls)}", "-e", "signal=none",
            *(word for one in injections for word in ("-e", f"inject={one}")), "-o", log]


def injected(log):
    """How often strace says that it did."""
    return log.read_text(errors="replace").count("(INJECTED)") if log.exists() else 0


def calls_in(log):
    """How often each call stands in a file that strace wrote."""
    counts = {}
    for name in re.findall(r"^\d+ +(\w+)\(", log.read_text(errors="replace"), re.M):
        counts[name] = counts.get(name, 0) + 1
    return counts


def calls_before(log, path, names):
    """How often a program's first thread made these calls before it opened the path."""
    lines = log.read_text(errors="replace").splitlines()
    require_injected(lines and any(str(path) in one for one in lines), f"{path} is not in the trace")
    first_thread = lines[0].split()[0]
    count = 0
    for line in lines:
        if str(path) in line:
            break
        thread, _, call = line.partition(" ")
        count += thread == first_thread and call.strip().partition("(")[0] in names
    return count


class MemoryLimit:
    """A memory cgroup (version 1 or 2) that a command joins before it begins."""

    def __init__(self, world, limit):
        old = CGROUPS / "memory"
        self.folder = (old if (old / "memory.limit_in_bytes").exists() else CGROUPS) / f"kollect-{os.getpid()}-{world.fresh('m')}"
        try:
            self.folder.mkdir()
            self.is_old = (self.folder / "memory.limit_in_bytes").exists()
            (self.folder / ("memory.limit_in_bytes" if self.is_old else "memory.max")).write_text(str(limit))
        except OSError as error:
            raise NotInjected(f"no memory cgroup can be made: {error}") from error
        world.undo.append(self.remove)

    def prefix(self):
        return ["sh", "-c", f'echo $$ >{self.folder}/cgroup.procs && exec "$@"', "limited"]

    def kills(self):
        """How many processes the kernel ended for it."""
        text = (self.folder / ("memory.oom_control" if self.is_old else "memory.events")).read_text()
        return int(re.search(r"oom_kill (\d+)", text)[1])

    def remove(self):
        try:
            self.folder.rmdir()
        except OSError:
            pass  # a child that is only now ending; the group is empty and costs nothing


def mount(world, what, *words):
    """A file system of the case, unmounted in the end."""
    place = world.path(what)
    place.mkdir()
    done = subprocess.run(["mount", *map(str, words), str(place)], capture_output=True, text=True)
    require_injected(done.returncode == 0, f"mount: {done.stderr}")
    world.undo.append(lambda: subprocess.run(["umount", "-l", str(place)], capture_output=True))
    return place


def small_file_system(world, size):
    """A tmpfs of so many bytes."""
    return mount(world, "small", "-t", "tmpfs", "-o", f"size={size}", "kollect")


def disk(world, size):
    """An ext4 in a file, which can be frozen."""
    image = world.path("image")
    with open(image, "wb") as file:
        file.truncate(size)
    done = subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], capture_output=True, text=True)
    require_injected(done.returncode == 0, f"mkfs.ext4: {done.stderr}")
    return mount(world, "disk", "-o", "loop", image)


def shifted_clock(world, seconds):
    """Environment in which a program's real-time clock is so far off; its monotonic one is right."""
    library = world.path("clock")
    done = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "shifted_clock.c"), "-ldl"],
                          capture_output=True, text=True)
    require_injected(done.returncode == 0, f"cc: {done.stderr}")
    return {"LD_PRELOAD": str(library), "KOLLECT_CLOCK_SHIFT": str(seconds)}
