#include "exercises.hpp"

namespace kollect::conformance::exercises::sink {

namespace {

std::string login_clause(const session& now) {
  return now.system() == broker_system::kafka ? "KAF-07" : "NAT-04";
}

/// Opens and exports one row: nothing where it arrived, else why not.
result<std::optional<std::string>> try_to_export(session& now, const place& where) {
  const auto opened = now.try_open(where);
  if (!opened)
    return opened.error();
  if (!opened->is_ok)
    return std::optional("open was refused: " + opened->error);
  const auto asked = now.try_publish(make_request("team-a", "all", make_rows({make_row("api")})));
  if (!asked)
    return asked.error();
  if (!(*asked)->answer.is_ok)
    return std::optional("the export was refused: " + (*asked)->answer.error);
  if ((*asked)->messages.empty())
    return std::optional<std::string>("the export was reported as a success, and no message arrived");
  return std::optional<std::string>();
}

result<void> must_arrive(session& now, const place& where, const std::string& clause,
                         const std::string& what) {
  const auto hindrance = try_to_export(now, where);
  if (!hindrance)
    return hindrance.error();
  now.testify(clause, !hindrance->has_value(), what, "a message", hindrance->value_or(""));
  return {};
}

result<void> must_be_refused(session& now, const place& where, const std::string& clause,
                             const std::string& what) {
  const auto hindrance = try_to_export(now, where);
  if (!hindrance)
    return hindrance.error();
  now.testify(clause, hindrance->has_value(), what, "an error", "ok");
  return {};
}

} // namespace

result<void> logins(session& now) {
  const auto password = now.brokers().make_secure_place("password", login::password, false);
  if (!password)
    return password.error();
  if (auto done = must_arrive(now, *password, login_clause(now),
                              "username and password, taken verbatim, do not log in");
      !done)
    return done;
  const auto token = now.brokers().make_secure_place("token", login::token, false);
  if (!token)
    return token.error();
  if (auto done =
          must_arrive(now, *token, login_clause(now), "the secret's token does not win over its password");
      !done)
    return done;
  if (now.system() == broker_system::nats)
    return {};
  auto token_alone = now.brokers().make_secure_place("token-alone", login::none, false);
  if (!token_alone)
    return token_alone.error();
  token_alone->sink.secret = secret_values{{"token", "canary-token-alone"}};
  return must_arrive(now, *token_alone, "KAF-07", "a token without a username is not without SASL");
}

result<void> wrong_login(session& now) {
  auto where = now.brokers().make_secure_place("wrong-login", login::password, false);
  if (!where)
    return where.error();
  where->sink.secret->insert_or_assign("password", "canary-wrong-password-55d0");
  return must_be_refused(now, *where, login_clause(now), "a wrong password was not reported");
}

result<void> encryption(session& now) {
  const std::string clause = now.system() == broker_system::kafka ? "KAF-08" : "NAT-04";
  auto where = now.brokers().make_secure_place("encryption", login::none, true);
  if (!where)
    return where.error();
  if (auto done = must_arrive(now, *where, clause,
                              "with spec.tls.caBundle the sink does not reach the broker over TLS");
      !done)
    return done;
  auto untrusted = now.brokers().untrusted_ca();
  if (!untrusted)
    return untrusted.error();
  where->sink.ca_pem = *untrusted;
  return must_be_refused(
      now, *where, clause,
      "a broker's certificate was trusted although its authority is not in spec.tls.caBundle");
}

} // namespace kollect::conformance::exercises::sink
