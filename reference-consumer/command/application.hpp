#ifndef KOLLECT_CONSUMER_COMMAND_APPLICATION_HPP
#define KOLLECT_CONSUMER_COMMAND_APPLICATION_HPP

#include <program/shell.hpp>

namespace kollect::consumer {

/// kollect-consumer: its name, its commands, and the libraries that it runs with.
program::application application();

} // namespace kollect::consumer

#endif
