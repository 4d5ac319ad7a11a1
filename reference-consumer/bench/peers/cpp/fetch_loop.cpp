// The least that takes messages from JetStream, for comparison:
//   fetch_loop fill URL STREAM SUBJECT FILE COUNT            publishes the bytes of a file so many times
//   fetch_loop take URL STREAM SUBJECT DURABLE BATCH COUNT   fetches and acknowledges so many messages

#include <nats/nats.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

void check(natsStatus status, const char* what) {
  if (status == NATS_OK)
    return;
  std::cerr << "fetch_loop: " << what << ": " << natsStatus_GetText(status) << '\n';
  std::exit(1);
}

void fill(jsCtx* stream, const char* name, const char* subject, const char* file, long count) {
  std::ifstream source(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(source), {}};
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  const char* subjects[] = {subject};
  config.Name = name;
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  check(js_AddStream(nullptr, stream, &config, nullptr, nullptr), "the stream cannot be made");
  for (long index = 0; index < count; ++index)
    check(js_PublishAsync(stream, subject, bytes.data(), static_cast<int>(bytes.size()), nullptr), "publish");
  check(js_PublishAsyncComplete(stream, nullptr), "not everything was stored");
}

void take(natsConnection* connection, jsCtx* stream, const char* name, const char* subject,
          const char* durable, int batch, long count) {
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = name;
  options.Config.AckPolicy = js_AckExplicit;
  options.Config.MaxAckPending = 10000;
  natsSubscription* subscription = nullptr;
  check(js_PullSubscribe(&subscription, stream, subject, durable, nullptr, &options, nullptr), "no durable");
  while (count > 0) {
    natsMsgList messages;
    check(natsSubscription_Fetch(&messages, subscription, batch, 5000, nullptr), "fetch");
    for (int index = 0; index < messages.Count; ++index)
      check(natsMsg_Ack(messages.Msgs[index], nullptr), "acknowledge");
    count -= messages.Count;
    natsMsgList_Destroy(&messages);
  }
  check(natsConnection_Flush(connection), "flush");
  natsSubscription_Destroy(subscription);
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 7)
    return 2;
  natsOptions* options = nullptr;
  natsConnection* connection = nullptr;
  jsCtx* stream = nullptr;
  check(natsOptions_Create(&options), "options");
  check(natsOptions_SetURL(options, argv[2]), "URL");
  check(natsConnection_Connect(&connection, options), "nats-server does not answer");
  jsOptions limits;
  jsOptions_Init(&limits);
  limits.PublishAsync.MaxPending = 64;
  check(natsConnection_JetStream(&stream, connection, &limits), "JetStream");
  if (std::string_view(argv[1]) == "fill")
    fill(stream, argv[3], argv[4], argv[5], std::atol(argv[6]));
  else
    take(connection, stream, argv[3], argv[4], argv[5], std::atoi(argv[6]), std::atol(argv[7]));
  jsCtx_Destroy(stream);
  natsConnection_Destroy(connection);
  natsOptions_Destroy(options);
  nats_Close();
}
