# Makes one source file of the C++ blocks of a page, each in a namespace of its own, so that a test compiles them.

/^```cpp$/ { is_code = 1; body = "#line " (FNR + 1) " \"" FILENAME "\"\n"; next }
/^```$/ && is_code { is_code = 0; blocks[++total] = body; next }
is_code && /^#include/ { includes = includes $0 "\n"; body = body "\n"; next }
is_code { body = body $0 "\n" }

END {
  if (total == 0) {
    print FILENAME " has no C++ blocks" > "/dev/stderr"
    exit 1
  }
  printf "%s", includes
  for (block = 1; block <= total; ++block)
    printf "namespace block_%d {\n%s} // namespace block_%d\n", block, blocks[block], block
}
