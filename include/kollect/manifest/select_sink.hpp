#ifndef KOLLECT_MANIFEST_SELECT_SINK_HPP
#define KOLLECT_MANIFEST_SELECT_SINK_HPP

#include <kollect/error.hpp>
#include <kollect/manifest/detail/manifest_path.hpp>
#include <kollect/manifest/manifest.hpp>
#include <kollect/version.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kollect::inline KOLLECT_ABI_NAMESPACE {

/// Picks the sink called `name`, which is NAME or NAMESPACE/NAME; without a name the only one there is.
/// error::invalid_value lists what there is where none or more than one fits.
[[nodiscard]] inline result<event_sink> select_sink(const manifest_file& file,
                                                    std::optional<std::string_view> name = {}) {
  std::vector<const event_sink*> fitting;
  std::string names;
  for (const auto& sink : file.sinks) {
    const auto full_name = to_string(sink.metadata);
    if (!name || *name == sink.metadata.name || *name == full_name)
      fitting.push_back(&sink);
    names += (names.empty() ? "" : ", ") + full_name;
  }
  if (fitting.size() == 1)
    return *fitting.front();

  std::string what = "it has no KollectEventSink";
  if (!fitting.empty())
    what = "it has several event sinks that fit; name one of " + names;
  else if (!names.empty())
    what = "it has no event sink \"" + detail::printable(*name) + "\"; name one of " + names;
  auto refusal = make_failure(error::invalid_value, what);
  refusal.source = file.source;
  return refusal;
}

} // namespace kollect::inline KOLLECT_ABI_NAMESPACE

#endif
