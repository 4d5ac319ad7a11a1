#include "read_api/portal.hpp"

#include "feed/feed_format.hpp"
#include "http/cross_origin.hpp"
#include "operations/probes.hpp"
#include "read_api/change_feed.hpp"
#include "read_api/change_pages.hpp"
#include "read_api/event_text.hpp"
#include "read_api/format.hpp"
#include "read_api/json_answers.hpp"
#include "read_api/parameters.hpp"
#include "read_api/questions.hpp"
#include "read_api/responses.hpp"
#include "web/embedded.hpp"

#include <kollect/json_writer.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace kollect::consumer {
namespace {

using clock = std::chrono::steady_clock;

/// None where no file is named.
result<access_tokens> tokens_in(const std::string& file) {
  return file.empty() ? result<access_tokens>(access_tokens()) : read_token_file(file);
}

http_outcome with_headers(http_outcome answered, const header_list& more) {
  std::visit([&](auto& one) { one.headers.insert(one.headers.end(), more.begin(), more.end()); }, answered);
  return answered;
}

http_reply with_headers(http_reply reply, const header_list& more) {
  if (more.empty())
    return reply;
  if (auto* const answer = std::get_if<http_response>(&reply))
    return std::get<http_response>(with_headers(http_outcome(std::move(*answer)), more));
  return http_job([job = std::move(std::get<http_job>(reply)), more] { return with_headers(job(), more); });
}

/// The digest of the token that a request came with; nothing where none is asked for.
using caller = std::optional<sha256_digest>;

std::int64_t seconds_now() {
  return from_system_clock(std::chrono::system_clock::now()).seconds;
}

} // namespace

struct portal::state {
  state(portal_settings how, store_readers::open_reader open, monitor& watch, program::log& to)
      : settings(std::move(how)), watched(watch), log(to), readers(open),
        totals({.recount_soon = [this] { recount_soon(); }}), feed(std::move(open), to, settings.feed_bytes) {
  }

  portal_settings settings;
  monitor& watched;
  program::log& log;
  store_readers readers;
  row_totals totals;
  json_answers answers{settings.answers, totals, [this] { return watched.waiting_messages(); }};
  change_feed feed;
  std::mutex tokens_mutex;
  std::optional<access_tokens> tokens;
  access_tokens admin_tokens;
  bool has_told_foreign_host = false; // on the server's thread
  std::unique_ptr<http_server> server;

  result<void> load_tokens() {
    auto may_read = tokens_in(settings.token_file);
    if (!may_read)
      return may_read.error();
    auto may_change = tokens_in(settings.admin.token_file);
    if (!may_change)
      return may_change.error();
    if (std::find_first_of(may_change->begin(), may_change->end(), may_read->begin(), may_read->end()) !=
        may_change->end())
      return make_failure(
          error::invalid_value,
          "--admin-token-file: one of its tokens is in --token-file too, and whoever may read "
          "could change the store: make another");
    const std::scoped_lock lock(tokens_mutex);
    if (!settings.token_file.empty())
      tokens = std::move(*may_read);
    admin_tokens = std::move(*may_change);
    return {};
  }

  /// Rows that inventories share, so that no page waits for that.
  void recount_soon() {
    server->post([this] {
      auto done = readers.ask([this](store_reader& source) -> answer_of<void> {
        auto counted = totals.recount(source);
        if (!counted)
          return store_is_away(counted.error());
        return {};
      });
      if (!done && done.error().cause && done.error().cause->reason() != error::store_missing)
        log.error(*done.error().cause);
    });
  }

  // On the server's thread: who, what, with which parameters. Whatever needs the store becomes a job.

  http_reply answer(http_request request) {
    auto headers = cross_origin_headers(settings.allowed_origins, request.origin);
    if (request.method == "OPTIONS")
      return with_headers(http_reply(answer_preflight(settings.allowed_origins, request.origin)), headers);
    const auto& base = settings.base_path;
    if (!base.empty() && request.path == base) // relative addresses of the page begin at its folder
      return http_response{.status = 308, .headers = {{"Location", base.substr(base.rfind('/') + 1) + "/"}}};
    if (!base.empty() && request.path.starts_with(base + "/"))
      request.path.erase(0, base.size());
    return with_headers(answer_at_root(request), headers);
  }

  http_reply answer_at_root(http_request& request) {
    const auto where = route_of(request.path);
    if (!where)
      return respond(where.error());
    const auto method = method_of(where->where);
    if (request.method != method && !(method == "GET" && request.method == "HEAD"))
      return respond_to_other_method(method);
    if (method != "GET")
      return change(*where, request);
    const bool is_stream = where->where == route::watch || where->where == route::changes;
    const auto ticket = is_stream ? take_parameter(request.query, "ticket=") : std::string();
    caller who;
    if (!is_open(where->where)) {
      const std::scoped_lock lock(tokens_mutex);
      if (tokens)
        who = token_of(*tokens, request.authorization);
      if (tokens && !who)
        who = token_of_ticket(*tokens, ticket, seconds_now());
      if (!who)
        if (auto refused = refuse_access(request, tokens)) {
          tell_foreign_host(request, *refused);
          return std::move(*refused);
        }
    }
    auto reply = answer_routed(*where, request, who);
    if (!reply)
      return respond(reply.error());
    return std::move(*reply);
  }

  /// What changes the store: it is written on a worker, beside the consumer.
  http_reply change(const routed& where, const http_request& request) {
    {
      const std::scoped_lock lock(tokens_mutex);
      if (auto refused = refuse_change(request, admin_tokens, tokens))
        return std::move(*refused);
    }
    if (auto read = read_no_question(request.query); !read)
      return respond(read.error());
    return http_job([this, where]() -> http_outcome {
      auto done = where.where == route::cluster ? settings.admin.forget_cluster(where.cluster)
                                                : settings.admin.retry_dead_letter(where.id);
      if (!done)
        return respond_refused(done.error());
      return http_response{.content_type = "application/json", .body = std::move(*done)};
    });
  }

  /// The answer does not say why, and whoever has put a proxy before us looks into the log.
  void tell_foreign_host(const http_request& request, const http_response& refused) {
    constexpr std::size_t longest = 100;
    if (refused.status == 403 && !std::exchange(has_told_foreign_host, true))
      log.warning("refused: the Host of a request is not this machine, and without --token-file only this "
                  "machine may read; set --token-file, or have the proxy send the Host 127.0.0.1",
                  {{"host", request.host.substr(0, longest)}});
  }

  /// The caller's token may open a stream by a ticket for a while.
  answer_of<http_reply> give_ticket(const http_request& request, const caller& who) const {
    if (auto read = read_no_question(request.query); !read)
      return read.error();
    const auto expires = seconds_now() + settings.ticket_lifetime.count();
    std::string body;
    json_writer(body)
        .begin_object()
        .member("ticket", who ? make_ticket(*who, expires) : std::string())
        .member("expiresAt", to_string(timestamp{expires, 0}))
        .end_object();
    return http_reply(http_response{.content_type = "application/json", .body = std::move(body)});
  }

  answer_of<http_reply> answer_routed(const routed& where, const http_request& request, const caller& who) {
    switch (where.where) {
    case route::page:
      return http_reply(respond_file("text/html; charset=utf-8", web::page_html()));
    case route::page_style:
      return http_reply(respond_file("text/css; charset=utf-8", web::page_css()));
    case route::page_script:
      return script(request.path);
    case route::page_icon:
      return http_reply(respond_file("image/svg+xml", web::page_icon()));
    case route::openapi:
      return http_reply(respond_file("application/yaml", web::openapi_yaml()));
    case route::health:
    case route::readiness:
    case route::metrics:
      return http_reply(answer_probe(watched, request.path));
    case route::ticket:
      return give_ticket(request, who);
    case route::watch:
      return watch(where, request, who);
    case route::changes:
      return is_of_a_span(request.query) ? json_answer(where, request) : changes(request, who);
    default:
      return json_answer(where, request);
    }
  }

  answer_of<http_reply> script(std::string_view path) {
    const auto text = web::page_script(path.substr(1));
    if (text.empty())
      return refusal{404, "the page has no such script"};
    return http_reply(respond_file("text/javascript; charset=utf-8", text));
  }

  // On a worker.

  http_response respond_refused(const refusal& refused) {
    if (refused.cause)
      log.error(*refused.cause);
    return respond(refused);
  }

  /// A job that asks a store.
  http_reply job(const http_request& request, json_question ask) {
    return http_job([this, request, ask = std::move(ask)]() -> http_outcome {
      auto answer = readers.ask(ask);
      if (!answer)
        return respond_refused(answer.error());
      return respond_text(std::move(*answer), request);
    });
  }

  answer_of<http_reply> json_answer(const routed& where, const http_request& request) {
    auto question = answers.question(where, request.query, form_of(request.accept));
    if (!question)
      return question.error();
    return job(request, std::move(*question));
  }

  // Streams.

  struct change_begin {
    std::string store_id;
    std::int64_t cursor = 0;
  };

  /// A stream that ends when the token that it was opened with is none any more.
  http_stream as_long_as_allowed(const caller& who, stream_source source) {
    return {[this, who, source = std::move(source)](bool is_idle) -> stream_part {
      {
        const std::scoped_lock lock(tokens_mutex);
        if (tokens && (!who || std::find(tokens->begin(), tokens->end(), *who) == tokens->end()))
          return {event_text({}, "error", "{\"error\":\"unauthorized\"}"), true};
      }
      return source(is_idle);
    }};
  }

  answer_of<change_begin> begin_changes(store_reader& source, const std::string& since) {
    auto id = source.store_id();
    if (!id)
      return store_is_away(id.error());
    auto last = source.last_cursor();
    if (!last)
      return store_is_away(last.error());
    if (since.empty())
      return change_begin{*id, *last};
    auto asked = read_place(since);
    if (!asked)
      return asked.error();
    auto first = source.changes_after(0, 1);
    if (!first)
      return store_is_away(first.error());
    auto cursor = begin_after(*asked, *id, first->empty() ? 0 : first->front().cursor, *last);
    if (!cursor)
      return cursor.error();
    return change_begin{*id, *cursor};
  }

  answer_of<http_reply> changes(const http_request& request, const caller& who) {
    auto question = read_change_question(request.query, request.last_event_id, settings.answers.filters);
    if (!question)
      return question.error();
    return http_reply(http_job([this, asked = std::move(*question), who]() -> http_outcome {
      auto begun = readers.ask([&](store_reader& source) { return begin_changes(source, asked.since); });
      if (!begun)
        return respond_refused(begun.error());
      auto listening = std::make_shared<change_feed::listener>(feed);
      return as_long_as_allowed(who, [this, listening, filter = asked.filter, at = *begun](
                                         bool is_idle) mutable { return next_changes(filter, at, is_idle); });
    }));
  }

  stream_part next_changes(const item_filter& filter, change_begin& at, bool is_idle) {
    auto entries = feed.after(at.cursor, settings.part_bytes, readers);
    if (!entries) {
      if (entries.error().cause)
        log.error(*entries.error().cause);
      return {event_text({}, "error", "{\"error\":\"store unavailable\"}"), true};
    }
    if (!entries->empty() && entries->front()->cursor > at.cursor + 1)
      return {
          event_text({}, "resync",
                     "{\"error\":\"resync required: this client was so slow that the history of changes no "
                     "longer has what comes next\"}"),
          true};
    stream_part part;
    for (const auto& entry : *entries) {
      at.cursor = entry->cursor;
      if (holds(filter, *entry))
        part.text +=
            event_text(change_place(at.store_id, entry->cursor), entry->kind, feed_json(*entry, at.store_id));
    }
    // What did not fit the filter is told as a place to go on from; so is a long silence.
    if (part.text.empty() && is_idle)
      part.text = heartbeat_text(change_place(at.store_id, at.cursor));
    else if (part.text.empty() && !entries->empty())
      part.again_after = std::chrono::milliseconds(1);
    return part;
  }

  /// What a watch has told last.
  struct watch_place {
    std::string checksum;
    std::optional<clock::time_point> told_at;
  };

  answer_of<http_reply> watch(const routed& where, const http_request& request, const caller& who) {
    auto question = read_row_question(request.query, where, {}, settings.answers.filters);
    if (!question)
      return question.error();
    if (question->as_of || !question->cursor.empty())
      return bad_request("asOf and cursor are for pages; a watch tells what is now");
    return http_reply(http_job([this, asked = std::move(*question), who]() -> http_outcome {
      // The first answer tells whether there is a stream to have.
      auto body = readers.ask([&](store_reader& source) { return answers.inventory(source, asked); });
      if (!body)
        return respond_refused(body.error());
      auto listening = std::make_shared<change_feed::listener>(feed);
      return as_long_as_allowed(who, [this, listening, asked, last = watch_place{}](bool is_idle) mutable {
        return next_watch(asked, last, is_idle);
      });
    }));
  }

  stream_part next_watch(const row_question& asked, watch_place& last, bool is_idle) {
    if (last.told_at && clock::now() - *last.told_at < settings.watch_pause)
      return {.again_after = settings.watch_pause};
    auto body = readers.ask([&](store_reader& source) { return answers.inventory(source, asked); });
    if (!body) {
      if (body.error().cause)
        log.error(*body.error().cause);
      return {event_text({}, "error", "{\"error\":\"store unavailable\"}"), true};
    }
    last.told_at = clock::now();
    // Rows and signals count; that a snapshot without changes has come, and what changed elsewhere, does not.
    const auto checksum = watched_part(*body);
    if (checksum == last.checksum)
      return {is_idle ? heartbeat_text({}) : std::string()};
    last.checksum = checksum;
    return {event_text({}, "inventory", *body)};
  }
};

portal::portal(std::unique_ptr<state> made) noexcept : state_(std::move(made)) {}

portal::~portal() {
  // The feed's thread wakes streams, and streams read the feed: first the thread, then the server.
  state_->feed.end();
  state_->server.reset();
}

result<std::unique_ptr<portal>> portal::start(portal_settings settings, store_readers::open_reader open,
                                              monitor& watched, program::log& log) {
  const auto is_local = is_loopback(settings.http.address);
  if (!is_local)
    return is_local.error();
  if (!*is_local && settings.token_file.empty())
    return make_failure(error::invalid_value,
                        "--listen: others can reach " + settings.http.address +
                            ", so a token is needed: put one into a file and name it with --token-file");
  auto made = std::make_unique<state>(std::move(settings), std::move(open), watched, log);
  if (auto loaded = made->load_tokens(); !loaded)
    return loaded.error();
  auto& events = made->settings.http.events;
  events.answered = [&watched](int status, std::chrono::duration<double> took) {
    watched.http_answered(status, took);
  };
  events.open = [&watched](std::size_t connections, std::size_t streams) {
    watched.http_open(connections, streams);
  };
  events.connection_refused = [&watched] { watched.http_refused(); };
  events.stream_dropped = [&watched, &log](std::string_view reason) {
    watched.stream_dropped(reason);
    log.warning("a client's stream was dropped", {{"reason", reason}});
  };
  auto server = http_server::start(made->settings.http,
                                   [&at = *made](const http_request& request) { return at.answer(request); });
  if (!server)
    return server.error();
  made->server = std::move(*server);
  made->recount_soon();
  made->feed.begin([&at = *made] { at.server->wake_streams(); });
  return std::unique_ptr<portal>(new portal(std::move(made)));
}

std::string portal::address() const {
  return state_->server->address();
}

void portal::reload() {
  if (auto loaded = state_->load_tokens(); !loaded)
    state_->log.error(loaded.error());
  else if (auto reloaded = state_->server->reload_tls(); !reloaded)
    state_->log.error(reloaded.error());
  else
    state_->log.info("token, certificate and key were read again");
  state_->server->wake_streams(); // those whose token is gone end
}

} // namespace kollect::consumer
