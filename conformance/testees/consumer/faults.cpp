#include "fault.hpp"

#include <algorithm>
#include <array>

namespace kollect::testees {

std::span<const consumer_fault> consumer_faults() {
  static constexpr auto all = std::to_array<consumer_fault>({
      {"wants-order", "ENV-02", "sets aside envelopes whose fields are in another order"},
      {"refuses-unknown-fields", "ENV-02", "sets aside envelopes with fields that it does not know"},
      {"reads-names-raw", "ENV-02", "does not decode escapes in the names of fields"},
      {"refuses-white-space", "ENV-02", "sets aside envelopes with white space between their tokens"},
      {"checks-compacted-items", "ENV-02", "checks the checksum of items after it has compacted them"},
      {"guesses-versions", "ENV-03", "takes messages of every version"},
      {"hides-versions", "ENV-03", "drops messages of other versions without a word"},
      {"wants-version", "ENV-03", "sets aside envelopes without schemaVersion"},
      {"refuses-empty-version", "ENV-03", "sets aside envelopes whose schemaVersion is empty"},
      {"reads-no-arrays", "PAY-01", "sets aside payloads that are arrays"},
      {"reads-no-envelopes", "PAY-01", "sets aside payloads that are export envelopes"},
      {"takes-null-for-empty", "PAY-01", "takes a payload that is null for a snapshot without rows"},
      {"takes-lack-for-empty", "PAY-01",
       "takes an export envelope without items for a snapshot without rows"},
      {"believes-checksums", "PAY-01", "never checks the checksum of items"},
      {"wants-all-fields", "ROW-01", "sets aside snapshots with rows that lack a field"},
      {"drops-ungrouped", "ROW-01", "passes over rows without a group"},
      {"drops-null-attributes", "ROW-01", "passes over rows whose attributes are null"},
      {"identity-without-uid", "ROW-03", "takes rows that differ in their uid for one"},
      {"identity-without-name", "ROW-03", "takes rows that differ in their name for one"},
      {"identity-without-namespace", "ROW-03", "takes rows that differ in their namespace for one"},
      {"identity-without-target", "ROW-03", "takes rows that differ in their target's name for one"},
      {"identity-without-target-namespace", "ROW-03",
       "takes rows that differ in their target's namespace for one"},
      {"identity-joined", "ROW-03", "joins the identifying fields with a `-`"},
      {"keeps-escapes", "BYT-03", "leaves \\u003c as six letters"},
      {"refuses-lone-surrogates", "BYT-03", "sets aside messages with a lone surrogate"},
      {"splits-pairs", "BYT-03", "reads a surrogate pair as two letters"},
      {"ends-at-zero", "BYT-03", "cuts strings at U+0000"},
      {"stops-at-bad-bytes", "BYT-03", "takes nothing more in after a string that is not UTF-8"},
      {"applies-parts", "MP-04", "applies each part of a set as if it were the whole"},
      {"counts-parts", "MP-04", "takes a set for whole when as many parts have come as it has"},
      {"takes-any-index", "MP-04", "takes part 3 of 2 for one of the two"},
      {"wants-parts-in-order", "MP-04", "drops parts that do not come in their order"},
      {"applies-late-sets", "MP-04", "applies sets that are older than what it holds"},
      {"forgets-parts", "MP-04", "loses the parts that wait when it is restarted"},
      {"gives-up-sets", "MP-04", "drops a set one of whose parts comes again"},
      {"sets-by-generation", "MP-05", "tells sets apart by generation and not by exportedAt"},
      {"sets-without-generation", "MP-05", "does not tell sets of two generations apart"},
      {"sets-without-total", "MP-05", "does not tell sets of other sizes apart"},
      {"sets-without-namespace", "MP-05", "does not tell sets of two namespaces apart"},
      {"sets-without-cluster", "MP-05", "does not tell sets of two clusters apart"},
      {"doubles-redelivered", "DED-01", "adds the rows of a message that comes again"},
      {"key-without-timestamp", "DED-01", "takes the same payload at another time for a duplicate"},
      {"key-without-cluster", "DED-01", "takes the same payload of another cluster for a duplicate"},
      {"key-without-namespace", "DED-01", "takes the same payload of another namespace for a duplicate"},
      {"key-without-checksum", "DED-01", "takes another payload of the same time for a duplicate"},
      {"stops-at-poison", "DED-01", "takes nothing more in after a message that is no object"},
      {"ends-at-poison", "DED-01", "ends at a message that is no object"},
      {"drops-after-poison", "DED-01", "passes over the message after one that is no object"},
      {"begins-at-end", "DED-01", "begins at the end of the log when it is restarted"},
      {"believes-keys", "DED-02", "knows messages by the checksum that they tell"},
      {"hashes-items", "DED-02", "knows messages by the bytes of their items alone"},
      {"hashes-compacted", "DED-02", "knows messages by their compacted payload", true},
      {"applies-last", "DED-03", "applies whatever comes last"},
      {"compares-text", "DED-03", "compares instants as text"},
      {"orders-by-timestamp", "DED-03", "orders export envelopes by the event's timestamp"},
      {"orders-by-generation", "DED-03", "orders by generation before it looks at exportedAt"},
      {"dates-future-now", "DED-03", "tells that a snapshot from the future is of today"},
      {"counts-milliseconds", "DED-03", "reads instants to the millisecond"},
      {"forgets-order", "DED-03", "forgets how old its rows are when it is restarted"},
      {"never-deletes", "DEL-01", "keeps rows that a snapshot lacks"},
      {"never-changes", "DEL-01", "keeps the attributes that a row had first"},
      {"scope-without-namespace", "DEL-01", "replaces the rows of all namespaces"},
      {"scope-without-cluster", "DEL-01", "replaces the rows of all clusters"},
      {"scope-without-inventory", "DEL-01", "replaces the rows of all inventories of a namespace", true},
      {"key-as-inventory", "DEL-01", "takes the operator's key for the name of an inventory", true},
      {"deletes-at-tombstone", "DEL-01", "clears the scope of a record without a value", true},
      {"ignores-empty", "DEL-02", "passes over snapshots without rows"},
      {"forgets-cleared", "DEL-02", "forgets how old a snapshot without rows was"},
      {"refuses-empty-arrays", "DEL-02", "sets aside `[]`"},
      {"expires-silent", "DEL-03", "drops scopes that have been silent for a month"},
      {"refreshes-silent", "DEL-03", "tells that the rows of a silent cluster are of today"},
      {"evicts-silent", "DEL-03", "drops the scopes of a cluster after thirty messages of another"},
  });
  return all;
}

const consumer_fault* find_consumer_fault(std::string_view name) {
  const auto all = consumer_faults();
  const auto found = std::ranges::find(all, name, &consumer_fault::name);
  return found == all.end() ? nullptr : &*found;
}

} // namespace kollect::testees
