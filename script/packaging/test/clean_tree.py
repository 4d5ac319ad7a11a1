"""A Debian of its own in a folder, which holds nothing of this repository."""

import os
import pathlib
import shutil
import subprocess
import tempfile


class CleanTree:
    """Made by mmdebstrap once, then unpacked from the cache. Commands run as root in it, with a /proc of their own; they and all that they
    start are gone when they end."""

    def __init__(self, suite, cache):
        archive = pathlib.Path(cache) / f"debian-{suite}.tar"
        if not archive.exists():
            partial = archive.with_suffix(f".{os.getpid()}.tar")
            subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", suite, partial], check=True)
            partial.rename(archive)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix=f"kollect-{suite}-"))
        subprocess.run(["tar", "-x", "-f", archive, "-C", self.root], check=True)
        self.run("apt-get", "update", "-qq")

    def run(self, *words, fails=False, user=None, timeout=900, text=None):
        """The output of a command. An exit code other than 0 is an error, unless it is meant to fail: then 0 is."""
        enter = 'mount -t proc proc "$0/proc" && exec chroot "$@"'
        as_user = [f"--userspec={user}"] if user else []
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", enter, self.root, *as_user, self.root, *map(str, words)],
            capture_output=True, text=True, timeout=timeout, input=text,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "HOME": "/root", "SYSTEMD_COLORS": "0", "SYSTEMD_URLIFY": "0",
                 "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
        if (done.returncode != 0) != fails:
            raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def shell(self, script, **how):
        return self.run("sh", "-euc", script, **how)

    def install(self, *files):
        """Packages from outside, with what they depend on from Debian."""
        (self.root / "packages").mkdir(exist_ok=True)
        for file in files:
            shutil.copy(file, self.root / "packages")
        return self.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *(f"/packages/{pathlib.Path(file).name}" for file in files))

    def purge(self, *names):
        self.run("apt-get", "purge", "-y", "-qq", "--auto-remove", *names)

    def write(self, path, text):
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def read(self, path):
        return (self.root / path.lstrip("/")).read_text()

    def exists(self, path):
        return os.path.lexists(self.root / path.lstrip("/"))

    def mode(self, path):
        status = (self.root / path.lstrip("/")).stat()
        return f"{status.st_mode & 0o7777:o}"

    def files_named(self, part):
        """All that is called so, but what apt and dpkg keep of packages that were there."""
        found = self.shell(f"find / -xdev -name '*{part}*' ! -path '/packages/*' ! -path '/proc/*' ! -path '/var/lib/dpkg/*' "
                           "! -path '/var/cache/*' ! -path '/var/log/*' ! -path '/tmp/*' | sort")
        return found.split()

    def close(self):
        subprocess.run(["rm", "-rf", "--one-file-system", self.root], check=True)
