// The load client of the benchmark: a controlling station in C over raw sockets and epoll, one thread, no protocol
// library. Each mode prints exactly one JSON object on standard output; bench/client/*.h hold the modes.
//
//   client events        --port P [--clients C] [--n N] [--indexed 0|1] [--w W]
//   client latency       --port P --n N --stamps FILE [--gi 1]
//   client stall         --port P [--clients C] [--hold S] [--unread 1] [--trigger IOA]
//   client interrogation --port P [--reps R]
//   client command       --port P --n N [--select 1] [--pipe K] [--load 1 --pace MS]
//   client connections   --port P --clients C [--hold S] [--parallel K]
//
// --server-pid PID reads the CPU time of that whole process (ns, by its CPU clock) and its resident memory.
// --tls CA.pem --cert C.pem --key K.pem speaks TLS, when built with -DWITH_TLS.
// It acknowledges after each read that brings the unacknowledged I frames to w.
#include "client/station.h"

#include "client/connections.h"
#include "client/events.h"
#include "client/requests.h"

static const struct { const char *name; void (*run)(void); } modes[] = {
    {"events", mode_events},   {"latency", mode_latency}, {"stall", mode_stall}, {"interrogation", mode_interrogation},
    {"command", mode_command}, {"connections", mode_connections}};

static const struct { const char *name; int *to; } numbers[] = {
    {"port", &o.port}, {"clients", &o.clients}, {"w", &o.w}, {"trigger", &o.trigger}, {"reps", &o.reps}, {"select", &o.select}, {"pipe", &o.pipe},
    {"hold", &o.hold_s}, {"idle-ms", &o.idle_ms}, {"settle", &o.settle_ms}, {"warm", &o.warm}, {"max-ms", &o.max_ms}, {"parallel", &o.parallel},
    {"load", &o.load}, {"gi", &o.gi}, {"unread", &o.unread}, {"pace", &o.pace_ms}};

static const struct { const char *name; const char **to; } texts[] = {{"stamps", &o.stamps}, {"tls", &o.ca_file}, {"cert", &o.cert}, {"key", &o.key}};

static bool option(const char *name, const char *value) {
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (!strcmp(name, numbers[i].name)) return *numbers[i].to = atoi(value), true;
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
    if (!strcmp(name, texts[i].name)) return *texts[i].to = value, true;
  if (!strcmp(name, "n")) return o.n = atol(value), true;
  if (!strcmp(name, "server-pid")) return o.pid = atoi(value), true;
  if (!strcmp(name, "indexed")) return o.indexed = atoi(value), true;
  return false;
}

static void prepare_tls(void) {
  if (!o.ca_file) return;
#ifdef WITH_TLS
  tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
  if (SSL_CTX_load_verify_locations(tls, o.ca_file, NULL) != 1) die("certificate authority");
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
  if (o.cert && (SSL_CTX_use_certificate_chain_file(tls, o.cert) != 1 || SSL_CTX_use_PrivateKey_file(tls, o.key, SSL_FILETYPE_PEM) != 1))
    die("client certificate");
#else
  die("this client was built without TLS");
#endif
}

int main(int count, char **words) {
  for (int i = 2; i + 1 < count; i += 2)
    if (strncmp(words[i], "--", 2) || !option(words[i] + 2, words[i + 1])) {
      fprintf(stderr, "client: unknown option %s\n", words[i]);
      return 2;
    }
  if (o.pid && clock_getcpuclockid(o.pid, &server_clock) == 0) have_server = true;
  signal(SIGPIPE, SIG_IGN);
  prepare_tls();
  for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
    if (count > 1 && !strcmp(words[1], modes[i].name)) {
      modes[i].run();
      return 0;
    }
  fprintf(stderr, "client: the modes stand in the first lines of bench/client.c\n");
  return 2;
}
