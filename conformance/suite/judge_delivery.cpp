#include "judge_families.hpp"

#include <kollect/checksum.hpp>
#include <kollect/sensitive_key.hpp>
#include <kollect/serialize.hpp>
#include <kollect/serialize_items.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace kollect::conformance {

namespace {

const header* find_header(const recorded_message& message, std::string_view name) {
  const auto found = std::ranges::find(message.headers, name, &header::name);
  return found == message.headers.end() ? nullptr : &*found;
}

/// The labels as the message itself has them: whether they are right is ENV-06's and ENV-07's question.
struct labels {
  std::string cluster, namespace_;
};
std::optional<labels> labels_of(const message_facts& message) {
  auto cluster = message.label("cluster"), namespace_ = message.label("namespace");
  if (!cluster || !namespace_)
    return {};
  return labels{std::move(*cluster), std::move(*namespace_)};
}

bool has_right_key(const dissected_export& one, const message_facts& message) {
  const auto& key = message.source->key;
  if (!key)
    return false;
  for (const auto& cluster : possible_labels(one, message, "cluster"))
    for (const auto& namespace_ : possible_labels(one, message, "namespace")) {
      const auto scope = cluster + ":" + namespace_ + "/";
      if (one.asked() != nullptr ? *key == scope + one.asked()->inventory
                                 : key->starts_with(scope) && key->size() > scope.size())
        return true;
    }
  return false;
}

void judge_kaf_01(const dissection& seen, judgement& out) {
  if (seen.system() != broker_system::kafka)
    return;
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    const auto own = labels_of(message);
    if (!own)
      return;
    out.look();
    if (has_right_key(one, message))
      return;
    const auto& key = message.source->key;
    const bool is_operators = key == own->cluster + "/" + own->namespace_;
    auto complaint = about(
        seen.system(), *message.source, is_operators ? "the key has no inventory" : "the key is another one",
        printable_excerpt(own->cluster + ":" + own->namespace_ + "/" +
                          (one.asked() != nullptr ? one.asked()->inventory : "{inventory}")),
        key ? printable_excerpt(*key) : "no key");
    complaint.is_operators = is_operators;
    out.complain(std::move(complaint));
  });
}

void judge_kaf_02(const dissection& seen, judgement& out) {
  if (seen.system() != broker_system::kafka)
    return;
  if (seen.source->partitions == 1)
    return out.note(std::string(one_partition_note));
  struct last_seen {
    const recorded_message* message;
    std::size_t exported;
  };
  std::map<std::string, last_seen> keys;
  for (std::size_t index = 0; index < seen.exports.size(); ++index)
    for (const auto& message : seen.exports[index].messages) {
      if (!message.source->key)
        continue;
      const auto [place, is_new] = keys.emplace(*message.source->key, last_seen{message.source, index});
      if (is_new)
        continue;
      out.look();
      const auto& before = *place->second.message;
      if (before.partition != message.source->partition)
        out.complain(about_partitions(seen.system(), *message.source, before.partition));
      else if (place->second.exported < index && before.offset > message.source->offset)
        out.complain(about(
            seen.system(), *message.source, "a key's messages are not in the order of the exports",
            "an offset after " + std::to_string(before.offset), std::to_string(message.source->offset)));
      place->second = {message.source, index};
    }
}

void judge_kaf_04(const dissection& seen, judgement& out) {
  if (seen.system() != broker_system::kafka)
    return;
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    if (!labels_of(message))
      return;
    out.look();
    for (const auto* label : {"cluster", "namespace"}) {
      const auto name = std::string("kollect.dev/") + label;
      const auto right = possible_labels(one, message, label);
      const auto* const found = find_header(*message.source, name);
      if (found != nullptr && std::ranges::find(right, found->value) != right.end())
        continue;
      auto complaint = about(seen.system(), *message.source, "the header " + name + " is not the label",
                             printable_excerpt(right.front()),
                             found == nullptr ? "no such header" : printable_excerpt(found->value));
      complaint.is_operators = found == nullptr;
      out.complain(std::move(complaint));
    }
  });
}

void judge_nat_02(const dissection& seen, judgement& out) {
  if (seen.system() != broker_system::nats)
    return;
  for_each_message(seen, [&](const dissected_export& one, const message_facts& message) {
    const auto own = labels_of(message);
    if (!own || !message.payload)
      return;
    out.look();
    if (has_right_message_id(one, message))
      return;
    const auto expected = nats_message_id(own->cluster, own->namespace_, message.payload->raw);
    const auto* const found = find_header(*message.source, message_id_header);
    out.complain(about(seen.system(), *message.source, "Nats-Msg-Id is not the hash of labels and payload",
                       expected, found == nullptr ? "no such header" : printable_excerpt(found->value)));
  });
}

/// Whether two exports ask for the same rows, in whatever order.
bool have_same_rows(const dissected_export& left, const dissected_export& right) {
  const auto one = serialize_items(left.asked_rows), other = serialize_items(right.asked_rows);
  return one && other && *one == *other;
}

/// Whether two exports ask for the same rows of the same inventory.
bool ask_for_the_same(const dissected_export& left, const dissected_export& right) {
  return left.asked()->inventory == right.asked()->inventory &&
         left.asked()->namespace_ == right.asked()->namespace_ && have_same_rows(left, right);
}

/// Whether each export of the same rows has the same payload: an array, or an export envelope that lacks its
/// instant (PAY-01).
bool has_no_instant(const message_facts& message) {
  return message.is_array || !message.field("exportedAt");
}

/// Whether a stream's duplicate window swallows the later of two exports of the same rows (NAT-06).
bool is_duplicate(const dissection& seen, const dissected_export& earlier, const dissected_export& later) {
  return seen.system() == broker_system::nats && (has_no_instant(earlier.messages.front()) ||
                                                  earlier.asked()->exported_at == later.asked()->exported_at);
}

void judge_ded_01(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    if (one.asked() == nullptr)
      continue;
    out.look();
    if (one.source->answer.is_ok && one.messages.empty())
      out.complain({.what = "the export of " + printable_excerpt(one.asked()->namespace_) + "/" +
                            printable_excerpt(one.asked()->inventory) +
                            " was reported as a success around an outage, and is lost",
                    .expected = "a message, or an error",
                    .found = "ok, and no message"});
  }
}

void judge_del_02(const dissection& seen, judgement& out) {
  for (const auto& one : seen.exports) {
    const auto* const asked = one.asked();
    const auto is_empty = [&](const message_facts& message) {
      return message.items && message.element_count == 0 &&
             (asked != nullptr || (!message.is_foreign() && !message.is_part()));
    };
    if (asked == nullptr) {
      const auto count = std::ranges::count_if(one.messages, is_empty);
      out.looked_at += static_cast<std::size_t>(count);
      continue;
    }
    if (asked->items == "null" || !one.asked_rows.empty() ||
        (one.messages.empty() && may_be_swallowed(seen, one)))
      continue;
    out.look();
    if (!one.source->answer.is_ok)
      out.complain({.what = "an empty snapshot was refused",
                    .expected = "ok",
                    .found = printable_excerpt(one.source->answer.error)});
    else if (one.messages.empty())
      out.complain({.what = "an empty snapshot was not published: the last row's deletion cannot be seen",
                    .expected = "a message without rows",
                    .found = "no message",
                    .is_operators = true});
    else if (!std::ranges::any_of(one.messages, is_empty))
      out.complain(about(seen.system(), *one.messages.front().source,
                         "the message of an empty snapshot has rows", "0 rows",
                         std::to_string(one.messages.front().row_count)));
  }
}

void judge_del_04(const dissection& seen, judgement& out) {
  for (std::size_t index = 1; index < seen.exports.size(); ++index) {
    const auto& one = seen.exports[index];
    if (one.asked() == nullptr || !one.source->answer.is_ok)
      continue;
    const auto earlier = std::span(seen.exports).first(index);
    const auto first = std::ranges::find_if(
        earlier, [&](const auto& other) { return !other.messages.empty() && ask_for_the_same(other, one); });
    if (first == earlier.end() || (one.messages.empty() && may_be_swallowed(seen, one)))
      continue;
    out.look();
    if (one.messages.empty() && !is_duplicate(seen, *first, one))
      out.complain({.what = "a snapshot that did not change was not published again",
                    .expected = "a message",
                    .found = "none"});
  }
}

/// Another message id is NAT-02's, and the window goes by the id.
bool has_right_message_ids(const dissected_export& one) {
  return std::ranges::all_of(
      one.messages, [&](const message_facts& message) { return has_right_message_id(one, message); });
}

void judge_nat_06(const dissection& seen, judgement& out) {
  if (seen.system() != broker_system::nats)
    return;
  for (std::size_t index = 2; index < seen.exports.size(); ++index) {
    const auto &first = seen.exports[index - 2], &one = seen.exports[index];
    if (one.asked() == nullptr || !have_same_rows(first, one) || first.messages.empty() ||
        (one.messages.empty() && may_be_swallowed(seen, one)) || !has_right_message_ids(first) ||
        !has_right_message_ids(one))
      continue;
    out.look();
    const bool is_same = has_no_instant(first.messages.front());
    if (!one.source->answer.is_ok)
      out.complain({.what = "the last export of A, B, A inside the duplicate window was reported as an error",
                    .expected = "ok",
                    .found = printable_excerpt(one.source->answer.error)});
    else if (one.messages.empty() != is_same)
      out.complain({.what = "the last of A, B, A inside the duplicate window",
                    .expected = is_same ? "is swallowed, as its payload is the first one's"
                                        : "is there, as exportedAt makes it unique",
                    .found = is_same ? "it is there" : "it is not there"});
  }
}

/// Whatever the reason.
bool is_redacted(const json_node& node) {
  const auto redacted = node.find("redacted");
  return redacted && redacted->raw == "true" && std::ranges::all_of(node.members(), [](const auto& one) {
           return one.name == "redacted" || one.name == "reason";
         });
}

/// Nothing, yes and no are no secrets, as in `"automountServiceAccountToken":false`.
bool can_be_secret(const json_node& node) {
  struct : json_visitor {
    bool is_any = false;
    void on_string(const json_string& text) { is_any = is_any || !text.empty(); }
    void on_number(std::string_view) { is_any = true; }
  } values;
  visit_json(node, values);
  return values.is_any;
}

/// Walks attributes in one pass, and names the place of what looks like a secret, never the value. Today's
/// operator passes over the names right under `attributes`.
class secret_search {
public:
  secret_search(const dissection& seen, const message_facts& message, judgement& out)
      : seen_(seen), message_(message), out_(out) {}

  void look_at(const json_node& attributes) {
    text_ = attributes.raw;
    json_reader reader(text_, max_depth_ceiling);
    (void)walk(reader, true);
  }

private:
  bool walk(json_reader& reader, bool is_top) {
    std::size_t index = 0;
    switch (reader.peek()) {
    case json_kind::object:
      return reader.read_object(
          [&](const json_string& name) { return look_at_member(reader, name, is_top); });
    case json_kind::array:
      return reader.read_array([&] {
        const auto number = index++;
        const auto kind = reader.peek();
        const bool is_deep = kind == json_kind::object || kind == json_kind::array;
        return is_deep ? within(std::to_string(number), [&] { return walk(reader, false); })
                       : !read_node(reader, text_).raw.empty();
      });
    default:
      return !read_node(reader, text_).raw.empty();
    }
  }

  bool look_at_member(json_reader& reader, const json_string& raw_name, bool is_top) {
    const auto name = raw_name.decode();
    return within(printable_excerpt(name, 60), [&] {
      if (!is_sensitive_key(name))
        return walk(reader, false);
      const auto value = read_node(reader, text_);
      if (is_redacted(value) || !can_be_secret(value))
        return !value.raw.empty();
      auto complaint = about(
          seen_.system(), *message_.source, "an attribute that looks like a secret is not redacted: " + path_,
          R"({"redacted":true,"reason":"sensitive-key"})", "another value, not shown here");
      complaint.is_operators = is_top;
      out_.complain(std::move(complaint));
      return true;
    });
  }

  template <class Walk>
  bool within(const std::string& step, Walk&& walk_on) {
    const auto size = path_.size();
    path_.append("/").append(step);
    const bool is_read = walk_on();
    path_.resize(size);
    return is_read;
  }

  const dissection& seen_;
  const message_facts& message_;
  judgement& out_;
  std::string_view text_{};
  std::string path_ = "/attributes";
};

void judge_sec_01(const dissection& seen, judgement& out) {
  for_each_message(seen, [&](const dissected_export&, const message_facts& message) {
    for (const auto& row : message.rows())
      if (const auto attributes = row.find("attributes")) {
        out.look();
        secret_search(seen, message, out).look_at(*attributes);
      }
  });
}

constexpr std::array delivery_table{
    clause_judge{"KAF-01", judge_kaf_01}, clause_judge{"KAF-02", judge_kaf_02},
    clause_judge{"KAF-04", judge_kaf_04}, clause_judge{"NAT-02", judge_nat_02},
    clause_judge{"NAT-06", judge_nat_06}, clause_judge{"DED-01", judge_ded_01},
    clause_judge{"DEL-02", judge_del_02}, clause_judge{"DEL-04", judge_del_04},
    clause_judge{"SEC-01", judge_sec_01}};

} // namespace

std::span<const clause_judge> delivery_judges() noexcept {
  return delivery_table;
}

} // namespace kollect::conformance
