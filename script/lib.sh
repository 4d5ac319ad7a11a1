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

# True when a command is on PATH.
have() {
  command -v "$1" >/dev/null 2>&1
}
