#include "operations/huge_allocations.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KOLLECT_HAS_SANITIZER
#elif defined(__has_feature) // clang
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define KOLLECT_HAS_SANITIZER
#endif
#endif

// malloc() has no argument that could lead to a state: it is the process's, and ready before main().
namespace kollect::consumer {
namespace {

std::atomic<std::size_t> most{0};
std::atomic<const char*> place{nullptr};

} // namespace

void put_huge_allocations_into(const char* folder, std::size_t bytes) noexcept {
  place = folder;
  most = bytes;
}

#ifndef KOLLECT_HAS_SANITIZER

namespace {

struct mapping {
  std::atomic<void*> begin{nullptr};
  std::atomic<std::size_t> size{0};
};

std::array<mapping, 64> mappings; // more at once do not fit a machine
std::atomic<int> mapped{0};

bool is_thread_of_librdkafka() noexcept {
  char name[16] = "";
  return ::pthread_getname_np(::pthread_self(), name, sizeof name) == 0 && std::strncmp(name, "rdk:", 4) == 0;
}

/// A file of that size on a disk, or -1. Its blocks are there: a disk that is full is no SIGBUS later.
int make_file(std::size_t size) noexcept {
  const int file = ::open(place.load(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  struct statfs system {};
  if (file >= 0 && ::fstatfs(file, &system) == 0 && system.f_type != TMPFS_MAGIC &&
      ::posix_fallocate(file, 0, static_cast<off_t>(size)) == 0)
    return file;
  if (file >= 0)
    ::close(file);
  return -1;
}

void* map_file(std::size_t size) noexcept {
  const int file = make_file(size);
  if (file < 0)
    return nullptr;
  void* const begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (begin == MAP_FAILED)
    return nullptr;
  for (auto& one : mappings) {
    void* none = nullptr;
    if (!one.begin.compare_exchange_strong(none, begin))
      continue;
    one.size = size;
    ++mapped;
    return begin;
  }
  ::munmap(begin, size);
  return nullptr;
}

mapping* find_mapping(const void* begin) noexcept {
  if (begin == nullptr || mapped.load(std::memory_order_relaxed) == 0)
    return nullptr;
  const auto found = std::find_if(mappings.begin(), mappings.end(),
                                  [begin](const mapping& one) { return one.begin.load() == begin; });
  return found == mappings.end() ? nullptr : &*found;
}

} // namespace
} // namespace kollect::consumer

extern "C" {

void* __libc_malloc(std::size_t size);
void __libc_free(void* memory);
void* __libc_realloc(void* memory, std::size_t size);

// The names are reserved to the C library, of which these are the documented replacements.
__attribute__((visibility("default"))) void* malloc(std::size_t size) {
  using namespace kollect::consumer;
  const auto limit = most.load(std::memory_order_relaxed);
  if (limit == 0 || size <= limit || !is_thread_of_librdkafka())
    return __libc_malloc(size);
  void* const memory = map_file(size);
  if (memory == nullptr)
    errno = ENOMEM;
  return memory;
}

__attribute__((visibility("default"))) void free(void* memory) {
  using namespace kollect::consumer;
  auto* const found = find_mapping(memory);
  if (found == nullptr)
    return __libc_free(memory);
  ::munmap(memory, found->size);
  --mapped;
  found->begin = nullptr;
}

__attribute__((visibility("default"))) void* realloc(void* memory, std::size_t size) {
  auto* const found = kollect::consumer::find_mapping(memory);
  if (found == nullptr)
    return __libc_realloc(memory, size);
  void* const moved = malloc(size);
  if (moved != nullptr) {
    std::memcpy(moved, memory, std::min(size, found->size.load()));
    free(memory);
  }
  return moved;
}

} // extern "C"

namespace kollect::consumer {

#endif

} // namespace kollect::consumer
