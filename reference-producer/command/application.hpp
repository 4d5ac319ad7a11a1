#ifndef KOLLECT_PRODUCER_COMMAND_APPLICATION_HPP
#define KOLLECT_PRODUCER_COMMAND_APPLICATION_HPP

#include <program/shell.hpp>

namespace kollect::producer {

/// kollect-producer: its name, its commands, and the libraries that it runs with.
program::application application();

} // namespace kollect::producer

#endif
