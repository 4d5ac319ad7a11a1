// Measures the SDK beside other libraries on the same bytes: goals P1 to P7, the SDK's part of P11, P15, P17
// to P20. script/bench starts it, with the goals that are wanted, if not all. First it makes sure that all
// compute the same; that failing, it ends with 70. A goal that is not reached is a finding like any other and
// changes no exit code.

#include "corpus.hpp"
#include "goal.hpp"
#include "memory.hpp"
#include "peer_process.hpp"
#include "works.hpp"

#include <kollect/kollect.hpp>

#include <fstream>
#include <iostream>

namespace kollect::bench {

namespace {

class benchmark {
public:
  benchmark(const std::string& folder, const std::string& go_peer, const std::string& python,
            std::vector<std::string> goals)
      : folder_(folder), go_({go_peer}), python_({python, KOLLECT_BENCH_PEERS "/peer.py"}),
        goals_(std::move(goals)) {}

  /// Whether a goal is to be measured.
  bool wants(const std::string& goal) const {
    return goals_.empty() || std::find(goals_.begin(), goals_.end(), goal) != goals_.end();
  }

  /// Ends the program unless all peers compute the same of every corpus.
  void verify() {
    for (const auto& data : corpora_) {
      const auto print = fingerprint_of(data.payload);
      const auto digest = sha256(data.payload);
      require(data, "fingerprint",
              fingerprint_by_kollect(data)() == print &&
                  fingerprint_by_simdjson(data, compiled_fingerprint)() == print &&
                  fingerprint_by_boost_dom(data)() == print);
      require(data, "SHA-256", key_by_kollect(data)() == digest && key_by_boost_dom(data)() == digest);
      const auto sums = rows_by_boost_dom(data)();
      require(data, "rows",
              rows_by_kollect(data)() == sums && check_and_rows_by_kollect(data)() == sums &&
                  items_by_kollect(data)() == sums && new_items_by_kollect(data)() == sums &&
                  check_and_walk_by_kollect(data)() == sums &&
                  lazy_items_by_kollect(data)().rows == sums.rows && walk_by_simdjson(data)() == sums);
      require(data, "checksum", items_sha256_alone(data)() == sha256(data.items));
      require(data, "encoding", encode_by_kollect(data)() == data.items);
      load(data, data.message);
      const auto key = to_string(make_dedup_key(*parse_envelope(data.message)));
      require(data, "dedup key", go_.ask("check key") == key && python_.ask("check key") == key);
      load(data, data.items);
      require(data, "Go's encoding", go_.ask("check encode") == to_string(sha256(data.items)));
      require(data, "duplicates and unchanged snapshots",
              duplicate_message(data)().rows == 0 && unchanged_snapshot(data)().rows == 0 &&
                  fresh_snapshot(data)().rows == sums.rows);
    }
  }

  std::vector<finding> run() {
    for (const auto& data : corpora_) {
      if (data.nominal_bytes < 8192)
        continue;
      std::cerr << "bench: " << data.name << '\n';
      measure_keys(data);
      measure_rows(data);
      measure_fresh(data);
      measure_texts(data);
      measure_repeats(data);
    }
    measure_growth_of_time();
    return std::move(findings_);
  }

private:
  static void require(const corpus& data, const std::string& what, bool holds) {
    if (holds)
      return;
    std::cerr << "error: not all peers agree: " << what << " of " << data.name << '\n';
    std::exit(70);
  }

  void load(const corpus&, const std::string& text) {
    const auto path = folder_ + "/message.json";
    std::ofstream(path, std::ios::binary) << text;
    if (go_.ask("load " + path) != "ok" || python_.ask("load " + path) != "ok") {
      std::cerr << "error: a peer cannot read " << path << '\n';
      std::exit(70);
    }
  }

  void add(const std::string& goal, const std::string& what, const std::string& beside, const corpus& data,
           const contender& ours, const contender& theirs, double wanted) {
    if (!wants(goal))
      return;
    findings_.push_back({goal, what, beside, data.name, "x", compare(ours, theirs).ratio, wanted, true});
  }

  void measure_keys(const corpus& data) {
    const auto print = make_contender(fingerprint_by_kollect(data));
    const auto key = make_contender(key_by_kollect(data));
    const std::string view_print = "view + XXH3-128", view_key = "view + SHA-256 key";
    // A peer has XXH3 as xxhash.h gives it; beside the one that ours has, it is for comparison.
    add("P1", view_print, "simdjson On-Demand + XXH3-128", data, print,
        make_contender(fingerprint_by_simdjson(data, compiled_fingerprint)), 3);
    add("P1", view_print, "simdjson On-Demand + the XXH3-128 that ours has", data, print,
        make_contender(fingerprint_by_simdjson(data, fingerprint_of)), 0);
    add("P1", view_print, "XXH3-128 alone", data, print,
        make_contender(fingerprint_alone(data, compiled_fingerprint)), 0.30);
    add("P1", view_print, "the XXH3-128 that ours has, alone", data, print,
        make_contender(fingerprint_alone(data, fingerprint_of)), 0);
    add("P2", view_key, "OpenSSL SHA-256 alone", data, key, make_contender(sha256_alone(data)), 0.88);
    add("P3", view_print, "Boost.JSON DOM + XXH3-128", data, print,
        make_contender(fingerprint_by_boost_dom(data)), 10);
    add("P3", view_key, "Boost.JSON DOM + SHA-256", data, key, make_contender(key_by_boost_dom(data)), 3);
    load(data, data.message);
    add("P3", view_key, "Go encoding/json + SHA-256", data, key, go_.work("key"), 8);
    add("P3", view_key, "Python orjson + hashlib", data, key, python_.work("key"), 3);
  }

  void measure_rows(const corpus& data) {
    if (!wants("P4"))
      return;
    const auto dom = make_contender(rows_by_boost_dom(data));
    for (const bool is_checked : {true, false}) {
      const auto ours = make_contender(is_checked ? rows_by_kollect(data) : check_and_rows_by_kollect(data));
      const std::string what = is_checked ? "row scan of a checked snapshot" : "view + check + row scan";
      const auto pairs = compare(ours, dom);
      findings_.push_back(
          {"P4", what, "Boost.JSON DOM", data.name, "x", pairs.ratio, is_checked ? 3.0 : 0.0, true});
      const double bytes = 1e-9 * static_cast<double>(data.items.size());
      const spread speed{bytes / pairs.first_seconds.median, bytes / pairs.first_seconds.most,
                         bytes / pairs.first_seconds.least};
      findings_.push_back({"P4", what, "nothing", data.name, "GB/s", speed, is_checked ? 1.0 : 0.0, true});
    }
  }

  /// A snapshot that comes for the first time, from its message to the last row.
  void measure_fresh(const corpus& data) {
    const std::string what = "view + check + rows";
    const auto ours = make_contender(check_and_walk_by_kollect(data));
    if (data.is_export_envelope) {
      add("P18", what + " + checksum", "OpenSSL SHA-256 of the items alone", data, ours,
          make_contender(items_sha256_alone(data)), 0.85);
      return;
    }
    add("P17", what, "simdjson DOM and a walk over its rows", data, ours,
        make_contender(walk_by_simdjson(data)), 1);
    add("P19", "view + check + rows as items, attributes as text", what, data,
        make_contender(lazy_items_by_kollect(data)), ours, 0.8);
  }

  void measure_texts(const corpus& data) {
    if (data.is_export_envelope)
      return; // the items are the same as the array's
    const auto encode = make_contender(encode_by_kollect(data));
    load(data, data.items);
    add("P5", "canonical encode", "Go json.Marshal", data, encode, go_.work("encode"), 4);
    add("P5", "canonical encode", "boost::json::serialize", data, encode,
        make_contender(encode_by_boost(data)), 0.8);
    if (data.has_escapes) {
      add("P20", "canonical encode, escapes", "Go json.Marshal", data, encode, go_.work("encode"), 8);
      add("P20", "canonical encode, escapes", "boost::json::serialize", data, encode,
          make_contender(encode_by_boost(data)), 1.5);
    }
    // Both sides use their memory again, but for the last line's rows.
    const auto dom = make_contender(items_by_boost_dom(data));
    add("P6", "validating parse into items", "Boost.JSON DOM, monotonic", data,
        make_contender(items_by_kollect(data)), dom, 1.5);
    add("P19", "validating parse into items", "Boost.JSON DOM, monotonic", data,
        make_contender(items_by_kollect(data)), dom, 2);
    add("P6", "validating parse into new items", "Boost.JSON DOM, monotonic", data,
        make_contender(new_items_by_kollect(data)), dom, 0);
  }

  void measure_repeats(const corpus& data) {
    const auto fresh = make_contender(fresh_snapshot(data));
    // P11's goals are about the consumer with its store. Without one, a duplicate costs SHA-256 and little
    // else.
    add("P11", "duplicate, without a store", "a fresh snapshot", data,
        make_contender(duplicate_message(data)), fresh, 0);
    add("P11", "unchanged snapshot, payload held, without a store", "a fresh snapshot", data,
        make_contender(unchanged_snapshot(data)), fresh, 0);
  }

  /// Time for a byte of 4 MiB by time for a byte of 8 KiB.
  void measure_growth_of_time() {
    if (!wants("P15"))
      return;
    const auto add_growth = [this](const std::string& what, const auto& make_work) {
      for (const auto& large : corpora_)
        for (const auto& small : corpora_) {
          if (large.nominal_bytes != 4U << 20U || small.nominal_bytes != 8192 ||
              large.is_export_envelope != small.is_export_envelope || large.has_escapes != small.has_escapes)
            continue;
          auto ratio = compare(make_contender(make_work(small)), make_contender(make_work(large))).ratio;
          const double by_size =
              static_cast<double>(small.message.size()) / static_cast<double>(large.message.size());
          ratio = {ratio.median * by_size, ratio.least * by_size, ratio.most * by_size};
          findings_.push_back(
              {"P15", what + ": time for a byte", "the same at 8 KiB", large.name, "x", ratio, 1.2, false});
        }
    };
    add_growth("view + XXH3-128", fingerprint_by_kollect);
    add_growth("view + SHA-256 key", key_by_kollect);
    add_growth("view + check + row scan", check_and_rows_by_kollect);
  }

  std::string folder_;
  peer_process go_, python_;
  std::vector<std::string> goals_; // empty: all
  std::vector<corpus> corpora_ = make_corpora();
  std::vector<finding> findings_;
};

} // namespace

} // namespace kollect::bench

int main(int count, char** words) {
  using namespace kollect::bench;
  const std::vector<std::string> arguments(words + 1, words + count);
  if (arguments.size() == 3 && arguments[0] == "--peak")
    return print_peak(arguments[1], arguments[2]);
  if (arguments.size() < 3) {
    std::cerr << "usage: " << words[0] << " FOLDER GO_PEER PYTHON [GOAL...]\n";
    return 64;
  }
  std::cerr << "bench: level " << to_string(kollect::detail::simd::best_level()) << '\n';
  benchmark all(arguments[0], arguments[1], arguments[2], {arguments.begin() + 3, arguments.end()});
  all.verify();
  auto findings = all.run();
  if (all.wants("P7"))
    for (auto& one : measure_memory(words[0], arguments[0]))
      findings.push_back(std::move(one));
  const auto worst = worst_of(findings);
  std::ofstream json(arguments[0] + "/sdk.json"), plot(arguments[0] + "/sdk.svg");
  write_json(json, findings);
  draw(plot, worst);
  print_table(std::cout, worst);
  return json.good() && plot.good() ? 0 : 73;
}
