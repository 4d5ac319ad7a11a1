#include "store/network_file_system.hpp"

#include <filesystem>
#include <system_error>

#include <sys/vfs.h>

namespace kollect::consumer {

std::optional<std::string_view> name_network_file_system(std::uint64_t type) noexcept {
  switch (type) { // linux/magic.h, and statfs(2)
  case 0x6969:
    return "NFS";
  case 0xFF534D42:
  case 0xFE534D42:
  case 0x517B:
    return "SMB";
  case 0x00C36400:
    return "CephFS";
  case 0x0BD00BD0:
    return "Lustre";
  case 0x01021997:
    return "9P";
  case 0x5346414F:
    return "AFS";
  case 0x01161970:
    return "GFS2";
  default:
    return {};
  }
}

std::optional<std::string_view> find_network_file_system(const std::string& path) {
  struct statfs what {};
  if (::statfs(path.c_str(), &what) != 0) {
    const auto folder = std::filesystem::path(path).parent_path().string();
    if (::statfs(folder.empty() ? "." : folder.c_str(), &what) != 0)
      return {};
  }
  // The kernel's type is a number of 32 bits, which may come with its sign drawn out.
  return name_network_file_system(static_cast<std::uint32_t>(what.f_type));
}

} // namespace kollect::consumer
