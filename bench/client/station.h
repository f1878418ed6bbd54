// What every mode of the load client shares: options, clocks, the measured server process, a connection over TCP or TLS,
// and the few frames of IEC 60870-5-104 that it sends and reads. No protocol library: it has to cost less than any server.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
#else
typedef void SSL;
#endif

#define BUFFER_OCTETS (256 * 1024)
#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull

// Addresses of the commands that trigger something; bench/server.ts says what.
enum { TRIGGER_EVENTS = 1, TRIGGER_LATENCY = 2, TRIGGER_RATE = 3, COMMAND_ADDRESS = 5000 };

static struct {
  const char *mode, *stamps, *ca_file, *cert, *key;
  int port, clients, w, trigger, reps, select, pipe, hold_s, idle_ms, settle_ms, warm, max_ms, parallel, load, gi, unread, pace_ms;
  bool indexed;
  long n;
  pid_t pid;
} o = {.port = 2404, .clients = 1, .w = 8, .trigger = TRIGGER_EVENTS, .reps = 1, .n = 100000, .indexed = true, .idle_ms = 2000, .hold_s = 5,
       .pipe = 1, .settle_ms = 50, .warm = 200, .max_ms = 120000, .parallel = 32};

static _Noreturn void die(const char *what) {
  printf("{\"error\":\"%s: %s\"}\n", what, errno ? strerror(errno) : "no system error");
  exit(2);
}

// ---- clocks and the measured process ----

static uint64_t read_clock(clockid_t id) {
  struct timespec t;
  if (clock_gettime(id, &t)) return 0;
  return t.tv_sec * NS_PER_S + t.tv_nsec;
}
static uint64_t now(void) { return read_clock(CLOCK_MONOTONIC); }
static uint64_t own_cpu(void) { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

static clockid_t server_clock;
static bool have_server;
// CPU time of all threads of the server process, user and system, in ns.
static uint64_t server_cpu(void) { return have_server ? read_clock(server_clock) : 0; }
static long server_rss_kb(void) {
  char path[64], line[256];
  long kb = 0;
  if (!o.pid) return 0;
  snprintf(path, sizeof path, "/proc/%d/status", o.pid);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "VmRSS: %ld", &kb) == 1) break;
  fclose(file);
  return kb;
}

static int by_size(const void *a, const void *b) { int64_t x = *(int64_t *)a, y = *(int64_t *)b; return (x > y) - (x < y); }
// Percentile of n sorted times in ns, in us.
static double percentile(int64_t *sorted, long n, double p) { return n ? sorted[(long)(p * (n - 1) + .5)] / 1e3 : 0; }

// ---- connections ----

typedef struct {
  int fd;
  SSL *ssl;
  uint8_t *buffer;
  int length;
  uint32_t vr, vs, unacknowledged; // next expected N(S); our next N(S); I frames since our last N(R)
  bool started, done, closed, confirmed, terminated, negative;
  uint64_t frames, events, octets, s_sent, testfr_act, testfr_con, sequence_errors, gaps, duplicates, objects;
  int64_t next_index;
  uint64_t first_at, last_at, confirmed_at, terminated_at, confirmations, negatives;
} Connection;

#ifdef WITH_TLS
static SSL_CTX *tls;
#endif

static int read_some(Connection *c, void *to, int n) {
#ifdef WITH_TLS
  if (c->ssl) {
    int r = SSL_read(c->ssl, to, n);
    if (r > 0) return r;
    int why = SSL_get_error(c->ssl, r);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return 0;
    errno = EAGAIN;
    return -1;
  }
#endif
  return read(c->fd, to, n);
}

static void write_all(Connection *c, const uint8_t *from, int n) {
  while (n > 0 && !c->closed) {
    int r;
    bool again;
#ifdef WITH_TLS
    if (c->ssl) {
      r = SSL_write(c->ssl, from, n);
      int why = r > 0 ? 0 : SSL_get_error(c->ssl, r);
      again = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    } else
#endif
    {
      r = send(c->fd, from, n, MSG_NOSIGNAL);
      again = r < 0 && errno == EAGAIN;
    }
    if (r > 0) from += r, n -= r;
    else if (again) usleep(20);
    else c->closed = true;
  }
}

// Connects; without waiting when `later`. False when it was refused.
static bool open_connection(Connection *c, int buffer, bool later) {
  memset(c, 0, sizeof *c);
  c->buffer = malloc(buffer);
  c->fd = socket(AF_INET, SOCK_STREAM | (later ? SOCK_NONBLOCK : 0), 0);
  if (c->fd < 0) die("socket");
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(o.port)};
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  if (connect(c->fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) return false;
#ifdef WITH_TLS
  if (o.ca_file) {
    c->ssl = SSL_new(tls);
    SSL_set_fd(c->ssl, c->fd);
    if (SSL_connect(c->ssl) != 1) {
      ERR_print_errors_fp(stderr);
      die("TLS handshake");
    }
  }
#endif
  return true;
}
static void no_waiting(Connection *c) { fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK); }
static void watch(int poll, Connection *c) {
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &e);
}

// ---- frames ----

static void send_u(Connection *c, uint8_t function) { write_all(c, (uint8_t[]){0x68, 4, function, 0, 0, 0}, 6); }
static void send_s(Connection *c) {
  write_all(c, (uint8_t[]){0x68, 4, 1, 0, c->vr << 1, c->vr >> 7}, 6);
  c->unacknowledged = 0;
  c->s_sent++;
}
// An I frame with one object to station 1, cause 6.
static int put_i(Connection *c, uint8_t *b, int type, int ioa, int element) {
  uint8_t frame[16] = {0x68, 14, c->vs << 1, c->vs >> 7, c->vr << 1, c->vr >> 7, type, 1, 6, 0, 1, 0, ioa, ioa >> 8, ioa >> 16, element};
  memcpy(b, frame, sizeof frame);
  c->vs = (c->vs + 1) & 0x7fff;
  c->unacknowledged = 0;
  return sizeof frame;
}
static void send_command(Connection *c, int ioa, int element) {
  uint8_t b[16];
  write_all(c, b, put_i(c, b, 45, ioa, element));
}
static void send_interrogation(Connection *c) {
  uint8_t b[16];
  c->terminated = false;
  c->objects = 0;
  write_all(c, b, put_i(c, b, 100, 0, 20));
}

// One whole APDU: the client's hot path.
static inline void take(Connection *c, const uint8_t *f, int n, uint64_t at) {
  if (f[2] & 1) {
    if (f[2] == 0x0b) c->started = true;
    else if (f[2] == 0x43) c->testfr_act++, send_u(c, 0x83);
    else if (f[2] == 0x83) c->testfr_con++;
    return;
  }
  uint32_t number = (f[2] >> 1) | (f[3] << 7);
  if (number != c->vr) c->sequence_errors++;
  c->vr = (number + 1) & 0x7fff;
  c->frames++;
  c->unacknowledged++;
  if (n < 12) return;
  uint8_t type = f[6], count = f[7] & 0x7f, cause = f[8] & 0x3f;
  if (type < 45 && cause == 3) {
    if (!c->first_at) c->first_at = at;
    c->last_at = at;
    c->events += count;
    if (o.indexed && count) { // the value of the first object says which event it is
      float value;
      memcpy(&value, f + 15, 4);
      int64_t index = (int64_t)value;
      if (index > c->next_index) c->gaps += index - c->next_index;
      else if (index < c->next_index) c->duplicates++;
      c->next_index = index + count;
      if (c->next_index >= o.n) c->done = true;
    }
    if (c->events >= (uint64_t)o.n) c->done = true;
  } else if (type < 45 && cause >= 20) {
    c->objects += count;
    c->last_at = at;
  } else if (cause == 7) {
    c->confirmed = true;
    c->negative = f[8] & 0x40;
    c->negatives += c->negative;
    c->confirmed_at = at;
    c->confirmations++;
  } else if (cause == 10 && type == 100) {
    c->terminated = true;
    c->terminated_at = at;
  }
}

// Takes the whole frames among `length` octets and returns how many octets they had, or -1 for what is no frame.
static int take_frames(Connection *c, const uint8_t *b, int length, uint64_t at) {
  int p = 0;
  while (length - p >= 2) {
    int n = b[p + 1] + 2;
    if (b[p] != 0x68) return -1;
    if (length - p < n) break;
    take(c, b + p, n, at);
    p += n;
  }
  return p;
}

// Reads once and takes all whole frames. Octets read, 0 when closed, -1 when there was nothing.
static int pump(Connection *c) {
  int r = read_some(c, c->buffer + c->length, BUFFER_OCTETS - c->length);
  if (r < 0 && (errno == EAGAIN || errno == EINTR)) return -1;
  int taken = r <= 0 ? -1 : take_frames(c, c->buffer, c->length += r, now());
  if (taken < 0) {
    if (r > 0) c->sequence_errors += 1000000;
    c->closed = true;
    return 0;
  }
  c->octets += r;
  c->length -= taken;
  if (taken && c->length) memmove(c->buffer, c->buffer + taken, c->length);
  if (c->unacknowledged >= (uint32_t)o.w) send_s(c);
  return r;
}

// TLS may hold more than one read's worth that the socket no longer shows.
static void pump_all(Connection *c) {
  int r;
  do r = pump(c);
  while (c->ssl && r > 0);
}

static void start(Connection *c) {
  send_u(c, 0x07);
  uint64_t until = now() + 10 * NS_PER_S;
  while (!c->started && !c->closed && now() < until) pump(c);
  if (!c->started) die("no STARTDT con");
}

// A started connection that does not block, and a poll that watches it.
static int connect_and_start(Connection *c) {
  if (!open_connection(c, BUFFER_OCTETS, false)) die("connect");
  start(c);
  usleep(o.settle_ms * 1000);
  no_waiting(c);
  int poll = epoll_create1(0);
  watch(poll, c);
  return poll;
}
