# Functions that the scripts beside this file share. Source it: . "$(dirname "$0")/lib.sh"

# The repository's root, wherever the caller stands.
repository_root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)

# Tells what happens, on standard error: standard output is for results.
say() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Ends the script with a message that says what is wrong and what to do.
die() {
  say "error: $*"
  exit 1
}

# The version that the sources say they are.
present_version() {
  sed -nE 's/^#define KOLLECT_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+)$/\2/p' "$repository_root/include/kollect/version.hpp" | paste -sd. -
}

# True when a command is on PATH.
have() {
  command -v "$1" >/dev/null 2>&1
}

# Puts Python packages into a virtual environment, unless they are there.
python_with() { # FOLDER REQUIREMENTS
  cmp -s "$2" "$1/installed.txt" && return
  python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2" >&2
  cp "$2" "$1/installed.txt"
}

# Builds what faults are injected into: optimised programs, and Python with clients of both brokers.
prepare_faults() {
  cmake --preset release >build/configure-release.log 2>&1 || die "the programs cannot be configured: see build/configure-release.log"
  cmake --build --preset release --target kollect-consumer kollect-producer kollect-conformance >&2
  mkdir -p build/fault
  python_with build/fault/venv reference-consumer/fault/requirements.txt
  fault_programs="producer=build/release/bin/kollect-producer consumer=build/release/bin/kollect-consumer
    conformance=build/release/bin/kollect-conformance"
}

# Copies what git knows of into a folder, where it may be changed; prints the copy's path. The same names in it keep the
# compiler's cache of use.
copy_of_sources() {
  mkdir -p "$1/tree/build"
  git ls-files -z | xargs -0 cp --parents -pPt "$1/tree"
  ln -sfn "$repository_root/build/cache" "$1/tree/build/cache"
  printf '%s\n' "$repository_root/$1/tree"
}
