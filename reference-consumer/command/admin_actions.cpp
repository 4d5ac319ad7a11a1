#include "command/admin_actions.hpp"

#include "ingest/ingest.hpp"

#include <kollect/json_writer.hpp>

namespace kollect::consumer {
namespace {

answer_of<std::string> forget(store& target, const ingest_settings& settings, const std::string& cluster) {
  auto done = forget_cluster(target, settings, cluster);
  if (!done)
    return store_is_away(done.error());
  if (done->scopes == 0)
    return refusal{404, "there is no such cluster"};
  return forgotten_json(cluster, *done);
}

answer_of<std::string> retry(store& target, const ingest_settings& settings, std::int64_t id) {
  auto ended = retry_dead_letter(target, settings, id);
  if (!ended && ended.error().reason() == error::invalid_value)
    return refusal{404, ended.error().message};
  if (!ended)
    return store_is_away(ended.error());
  return retried_json(id, *ended);
}

/// Calls `act` with the store and the settings of the day.
template <class Act>
answer_of<std::string> with_store(const store_flags& flags, const ingest_settings& settings, const Act& act) {
  auto opened = open_store_beside(flags, describe_owner("run"));
  if (!opened)
    return store_is_away(opened.error());
  auto own = settings;
  own.on_progress = {}; // which is the loop's
  return act(**opened, own);
}

} // namespace

admin_actions admin_actions_on(const store_flags& flags, const ingest_settings& settings) {
  admin_actions out;
  out.forget_cluster = [flags, settings](const std::string& cluster) {
    return with_store(flags, settings, [&](store& target, const ingest_settings& own) {
      return forget(target, own, cluster);
    });
  };
  out.retry_dead_letter = [flags, settings](std::int64_t id) {
    return with_store(flags, settings,
                      [&](store& target, const ingest_settings& own) { return retry(target, own, id); });
  };
  return out;
}

std::string retried_json(std::int64_t id, outcome ended) {
  std::string text;
  json_writer(text).begin_object().member("id", id).member("result", to_string(ended)).end_object();
  return text;
}

std::string forgotten_json(const std::string& cluster, const forgotten_cluster& done) {
  std::string text;
  json_writer(text)
      .begin_object()
      .member("cluster", cluster)
      .member("scopes", done.scopes)
      .member("rows", done.rows)
      .end_object();
  return text;
}

} // namespace kollect::consumer
