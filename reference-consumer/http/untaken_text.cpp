#include "http/untaken_text.hpp"

#include <cstring>

#include <sys/mman.h>

namespace kollect::consumer {
namespace {

constexpr std::size_t largest_small_text = 64UL * 1024;

} // namespace

untaken_text::untaken_text(std::string text) : small_(std::move(text)) {
  if (small_.size() <= largest_small_text)
    return;
  void* const pages =
      ::mmap(nullptr, small_.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED)
    return; // it stays where it is
  std::memcpy(pages, small_.data(), small_.size());
  pages_ = pages;
  size_ = small_.size();
  small_ = std::string();
}

untaken_text::~untaken_text() {
  if (pages_ != nullptr)
    ::munmap(pages_, size_);
}

} // namespace kollect::consumer
