#ifndef KOLLECT_PRODUCER_COMMAND_FLAG_TYPES_HPP
#define KOLLECT_PRODUCER_COMMAND_FLAG_TYPES_HPP

#include <program/values.hpp>

namespace kollect::producer {

/// Text that may stand in an envelope as a label: UTF-8, not empty.
program::text_kind label();

} // namespace kollect::producer

#endif
