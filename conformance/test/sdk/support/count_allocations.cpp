#include "count_allocations.hpp"

#include <cstdlib>
#include <limits>
#include <new>

namespace kollect::test {

thread_local std::size_t allocations = 0;
thread_local std::size_t largest_allocation = std::numeric_limits<std::size_t>::max();

} // namespace kollect::test

namespace {

void* allocate(std::size_t size) {
  ++kollect::test::allocations;
  void* const memory = size > kollect::test::largest_allocation ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory != nullptr)
    return memory;
  throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
