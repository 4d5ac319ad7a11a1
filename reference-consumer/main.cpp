#include "command/application.hpp"

/// kollect-consumer: snapshots from Kafka or NATS into current state and a change feed, each effect
/// exactly once.
int main(int count, char** words) {
  kollect::program::run_main(kollect::consumer::application(), count, words);
}
