#include <kollect/releaser.hpp>
#include <servers/files.hpp>
#include <servers/free_port.hpp>
#include <servers/nats_server.hpp>
#include <servers/wait_until.hpp>

#include <boost/json/serialize.hpp>
#include <nats/nats.h>

#include <memory>

namespace kollect::servers {
namespace {

using options_pointer = std::unique_ptr<natsOptions, releaser<natsOptions_Destroy>>;
using connection_pointer = std::unique_ptr<natsConnection, releaser<natsConnection_Destroy>>;
using context_pointer = std::unique_ptr<jsCtx, releaser<jsCtx_Destroy>>;
using account_pointer = std::unique_ptr<jsAccountInfo, releaser<jsAccountInfo_Destroy>>;

/// A string in nats-server's configuration language.
std::string nats_string(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\')
      out += '\\';
    out += letter;
  }
  return out + "\"";
}

std::string configuration(const nats_options& options) {
  std::string text = "listen: \"127.0.0.1:" + std::to_string(options.port) + "\"\n" +
                     "jetstream { store_dir: " + nats_string(options.store.string()) + " }\n";
  if (options.max_payload != 0)
    text += "max_payload: " + std::to_string(options.max_payload) + "\n";
  if (!options.token.empty())
    text += "authorization { token: " + nats_string(options.token) + " }\n";
  else if (!options.username.empty())
    text += "authorization { user: " + nats_string(options.username) +
            ", password: " + nats_string(options.password) + " }\n";
  if (options.tls)
    text += "tls { cert_file: " + nats_string(options.tls->certificate_file.string()) +
            ", key_file: " + nats_string(options.tls->key_file.string()) + " }\n";
  return text;
}

/// As it stands in JSON. cnats writes credentials into its CONNECT message as they are.
std::string escaped(const std::string& text) {
  const std::string quoted = boost::json::serialize(boost::json::string_view(text));
  return quoted.substr(1, quoted.size() - 2);
}

/// Whether a client gets an answer from JetStream. Certificates are not looked at: some are meant to be bad.
bool answers(const std::string& url, const nats_options& options) {
  natsOptions* raw_options = nullptr;
  if (natsOptions_Create(&raw_options) != NATS_OK)
    return false;
  const options_pointer client(raw_options);
  natsOptions_SetURL(client.get(), url.c_str());
  natsOptions_SetTimeout(client.get(), 2000);
  natsOptions_SetAllowReconnect(client.get(), false);
  if (!options.token.empty())
    natsOptions_SetToken(client.get(), escaped(options.token).c_str());
  else if (!options.username.empty())
    natsOptions_SetUserInfo(client.get(), escaped(options.username).c_str(),
                            escaped(options.password).c_str());
  if (options.tls) {
    natsOptions_SetSecure(client.get(), true);
    natsOptions_SkipServerVerification(client.get(), true);
  }

  natsConnection* raw_connection = nullptr;
  if (natsConnection_Connect(&raw_connection, client.get()) != NATS_OK)
    return false;
  const connection_pointer connection(raw_connection);
  jsCtx* raw_context = nullptr;
  if (natsConnection_JetStream(&raw_context, connection.get(), nullptr) != NATS_OK)
    return false;
  const context_pointer context(raw_context);
  jsAccountInfo* raw_account = nullptr;
  const bool answered = js_GetAccountInfo(&raw_account, context.get(), nullptr, nullptr) == NATS_OK;
  const account_pointer account(raw_account);
  return answered;
}

} // namespace

struct nats_server::state {
  nats_options options;
  temporary_directory directory;
  std::optional<process> child{};

  std::filesystem::path log() const { return directory.path() / "nats-server.log"; }
  std::filesystem::path configuration_file() const { return directory.path() / "nats-server.conf"; }
  std::string url() const {
    return (options.tls ? "tls" : "nats") + ("://127.0.0.1:" + std::to_string(options.port));
  }

  failure not_ready(const std::string& why) const {
    return make_failure(error::broker_unavailable, "nats-server " + why + "; the last lines of its log:\n" +
                                                       std::string(last_lines(log_text())));
  }

  std::string log_text() const {
    auto text = read_file(log());
    return text ? *text : std::string();
  }

  /// Another server that took our port would answer as well: ours must have said that it listens.
  bool listens(std::size_t log_start) const {
    return log_text().find("Server is ready", log_start) != std::string::npos;
  }

  result<void> launch() {
    if (!is_free(options.port))
      return not_ready("cannot listen on port " + std::to_string(options.port) + ", which is taken");
    const auto log_start = log_text().size();
    auto started =
        process::start({.arguments = {options.program, "-c", configuration_file().string()}, .log = log()});
    if (!started)
      return started.error();
    child = std::move(*started);
    bool ready = false;
    wait_until([&] { return (ready = listens(log_start) && answers(url(), options)) || !child->running(); },
               options.start_timeout, std::chrono::milliseconds(20));
    if (ready && child->running())
      return {};
    const bool ended = !child->running();
    child->kill();
    return not_ready(ended ? "has ended instead of starting" : "did not answer in time");
  }
};

result<nats_server> nats_server::start(nats_options options) {
  if (options.port == 0) {
    const auto port = free_port();
    if (!port)
      return port.error();
    options.port = *port;
  }
  auto directory = temporary_directory::create("kollect-nats-");
  if (!directory)
    return directory.error();
  if (options.store.empty())
    options.store = directory->path() / "store";
  auto made = std::make_unique<state>(state{std::move(options), std::move(*directory)});
  if (auto written = write_file(made->configuration_file(), configuration(made->options)); !written)
    return written.error();
  if (auto launched = made->launch(); !launched)
    return launched.error();
  return nats_server(std::move(made));
}

nats_server::nats_server(std::unique_ptr<state> started) noexcept : state_(std::move(started)) {}
nats_server::nats_server(nats_server&&) noexcept = default;
nats_server& nats_server::operator=(nats_server&&) noexcept = default;
nats_server::~nats_server() = default;

std::string nats_server::url() const {
  return state_->url();
}
std::uint16_t nats_server::port() const noexcept {
  return state_->options.port;
}
process& nats_server::child() noexcept {
  return *state_->child;
}

std::string nats_server::log() const {
  return state_->log_text();
}

result<void> nats_server::stop() {
  const auto ended = state_->child->stop();
  if (!ended)
    return ended.error();
  return {};
}

void nats_server::kill() {
  state_->child->kill();
}

result<void> nats_server::restart() {
  if (auto stopped = stop(); !stopped)
    return stopped.error();
  return state_->launch();
}

} // namespace kollect::servers
