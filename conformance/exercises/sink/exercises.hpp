#ifndef KOLLECT_CONFORMANCE_EXERCISES_SINK_EXERCISES_HPP
#define KOLLECT_CONFORMANCE_EXERCISES_SINK_EXERCISES_HPP

#include <suite/session.hpp>

// The exercises, a subject a file; sink_exercises() in table.cpp says what each is for.
namespace kollect::conformance::exercises::sink {

// content.cpp
result<void> vectors(session& now);
result<void> odd_names(session& now);
result<void> identical(session& now);
result<void> shuffled(session& now);
result<void> recreated(session& now);
result<void> empty(session& now);
result<void> nothing(session& now);
result<void> labels(session& now);
result<void> path_template(session& now);
result<void> secrets(session& now);
result<void> inventories(session& now);
result<void> both_systems(session& now);

// size.cpp
result<void> split(session& now);
result<void> too_large(session& now);
result<void> large(session& now);

// reach.cpp
result<void> endpoint(session& now);
result<void> connection_test(session& now);
result<void> spaced_topic(session& now);
result<void> missing_topic(session& now);
result<void> new_stream(session& now);
result<void> default_stream(session& now);
result<void> existing_stream(session& now);
result<void> foreign_stream(session& now);
result<void> flip(session& now);

// login.cpp
result<void> logins(session& now);
result<void> wrong_login(session& now);
result<void> encryption(session& now);

// outage.cpp
result<void> acks(session& now);
result<void> unconfirmed(session& now);
result<void> frozen(session& now);
result<void> restarted(session& now);
result<void> crashed(session& now);

} // namespace kollect::conformance::exercises::sink

#endif
