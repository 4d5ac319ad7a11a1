#ifndef KOLLECT_CONFORMANCE_EXERCISES_CONSUMER_EXERCISES_HPP
#define KOLLECT_CONFORMANCE_EXERCISES_CONSUMER_EXERCISES_HPP

#include <suite/consumer_session.hpp>

// The exercises, a subject a file; consumer_exercises() in table.cpp says what each is for.
namespace kollect::conformance::exercises::consumer {

// forms.cpp
result<void> plain(consumer_session& now);
result<void> forms_in_turn(consumer_session& now);
result<void> no_form(consumer_session& now);
result<void> forged_checksum(consumer_session& now);
result<void> spellings(consumer_session& now);
result<void> versions(consumer_session& now);
result<void> strings(consumer_session& now);
result<void> invalid_bytes(consumer_session& now);
result<void> poison(consumer_session& now);

// rows.cpp
result<void> sparse_rows(consumer_session& now);
result<void> identities(consumer_session& now);
result<void> scope_name(consumer_session& now);
result<void> replaced(consumer_session& now);
result<void> namespaces(consumer_session& now);
result<void> neighbours(consumer_session& now);
result<void> operator_keys(consumer_session& now);
result<void> tombstone(consumer_session& now);
result<void> emptied(consumer_session& now);
result<void> silent(consumer_session& now);

// order.cpp
result<void> duplicates(consumer_session& now);
result<void> there_and_back(consumer_session& now);
result<void> same_content_elsewhere(consumer_session& now);
result<void> same_moment(consumer_session& now);
result<void> raw_checksum(consumer_session& now);
result<void> orders(consumer_session& now);
result<void> older_later(consumer_session& now);
result<void> text_order(consumer_session& now);
result<void> two_clocks(consumer_session& now);
result<void> generations(consumer_session& now);
result<void> future(consumer_session& now);

// sets.cpp
result<void> sets(consumer_session& now);
result<void> torn(consumer_session& now);
result<void> part_twice(consumer_session& now);
result<void> two_contents(consumer_session& now);
result<void> out_of_range(consumer_session& now);
result<void> late_part(consumer_session& now);
result<void> rounds_mixed(consumer_session& now);
result<void> scopes_mixed(consumer_session& now);

// restarts.cpp
result<void> killed_between(consumer_session& now);
result<void> older_after_restart(consumer_session& now);
result<void> set_over_restart(consumer_session& now);
result<void> killed_within(consumer_session& now);
result<void> broker_restarted(consumer_session& now);

} // namespace kollect::conformance::exercises::consumer

#endif
