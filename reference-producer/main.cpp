#include "command/application.hpp"

/// kollect-producer: the reference sink as a program.
int main(int count, char** words) {
  kollect::program::run_main(kollect::producer::application(), count, words);
}
