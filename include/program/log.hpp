#ifndef KOLLECT_PROGRAM_LOG_HPP
#define KOLLECT_PROGRAM_LOG_HPP

#include <kollect/error.hpp>
#include <kollect/json_writer.hpp>
#include <kollect/timestamp.hpp>
#include <program/printable.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace kollect::program {

/// A value beside a log message.
struct log_field {
  std::string_view name;
  std::variant<std::string, std::int64_t> value;

  log_field(std::string_view field, std::string text) : name(field), value(std::move(text)) {}
  log_field(std::string_view field, std::string_view text) : name(field), value(std::string(text)) {}
  log_field(std::string_view field, const char* text) : name(field), value(std::string(text)) {}
  template <std::integral Number>
  log_field(std::string_view field, Number number) : name(field), value(static_cast<std::int64_t>(number)) {}
};

/// Writes to stderr: one JSON object a line, or plain text for a person at a terminal. Every value is
/// escaped as JSON either way, so that no message can forge a line or drive the terminal.
/// Thread-safe. Never give it a secret: it does not know what one is.
class log {
public:
  enum class format { json, text };
  using level = spdlog::level::level_enum;

  explicit log(std::string program, format how = format::json, level least = level::info,
               bool has_color = false)
      : program_(std::move(program)), how_(how), has_color_(has_color),
        logger_(
            std::make_shared<spdlog::logger>(program_, std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
    logger_->set_pattern("%v");
    logger_->set_level(least);
  }

  /// Whether there is a person to show progress to: text is written, and more than errors.
  [[nodiscard]] bool shows_progress() const {
    return how_ == format::text && logger_->should_log(level::info);
  }

  void debug(std::string_view message, std::initializer_list<log_field> fields = {}) {
    write(level::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<log_field> fields = {}) {
    write(level::info, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<log_field> fields = {}) {
    write(level::warn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<log_field> fields = {}) {
    write(level::err, message, fields);
  }

  /// The same with fields that are known at run time only.
  void record(level severity, std::string_view message, std::span<const log_field> fields) {
    write(severity, message, fields);
  }

  /// Logs a failure with its name and clause.
  void error(const failure& reason) {
    write(level::err, to_string(reason),
          {{"reason", error_name(reason.reason())}, {"clause", reason.clause}});
  }

private:
  static void write_value(json_writer& out, const log_field& field) {
    std::visit([&out](const auto& value) { out.value(value); }, field.value);
  }

  void write(level severity, std::string_view message, std::initializer_list<log_field> fields) {
    write(severity, message, std::span(fields.begin(), fields.size()));
  }

  void write(level severity, std::string_view message, std::span<const log_field> fields) {
    if (!logger_->should_log(severity))
      return;
    logger_->log(severity, how_ == format::json ? json_line(severity, message, fields)
                                                : text_line(severity, message, fields));
  }

  std::string json_line(level severity, std::string_view message, std::span<const log_field> fields) const {
    const auto name = spdlog::level::to_string_view(severity);
    std::string line;
    json_writer out(line);
    out.begin_object()
        .member("time", to_string(from_system_clock(std::chrono::system_clock::now())))
        .member("level", std::string_view(name.data(), name.size()))
        .member("program", program_)
        .member("message", message);
    for (const auto& field : fields) {
      out.name(field.name);
      write_value(out, field);
    }
    out.end_object();
    return printable_json(line);
  }

  std::string text_line(level severity, std::string_view message, std::span<const log_field> fields) const {
    const auto name = spdlog::level::to_string_view(severity);
    auto line = program_ + ": ";
    line.append(has_color_ ? color_of(severity) : "").append(name.data(), name.size());
    line.append(has_color_ ? "\033[0m: " : ": ").append(legible(message));
    for (const auto& field : fields) {
      line.append(" ").append(field.name).append("=");
      json_writer out(line);
      write_value(out, field);
    }
    return printable_json(line);
  }

  /// As printable(), with quotes as they are: the text stands in none.
  static std::string legible(std::string_view message) {
    auto text = printable(message);
    for (auto at = text.find("\\\""); at != std::string::npos; at = text.find("\\\"", at + 1))
      text.erase(at, 1);
    return text;
  }

  static std::string_view color_of(level severity) noexcept {
    return severity == level::err ? "\033[31m" : severity == level::warn ? "\033[33m" : "\033[2m";
  }

  std::string program_;
  format how_;
  bool has_color_;
  std::shared_ptr<spdlog::logger> logger_;
};

} // namespace kollect::program

#endif
