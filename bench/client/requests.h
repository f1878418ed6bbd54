// Modes that ask: interrogations, and commands one at a time, pipelined, or beside a load of events and interrogations.

// interrogation: R station interrogations one after the other; the first one of a server's life is the cold one.
static void mode_interrogation(void) {
  Connection c;
  int poll = connect_and_start(&c);
  struct epoll_event e;
  printf("{\"mode\":\"interrogation\",\"runs\":[");
  for (int r = 0; r < o.reps && !c.closed; r++) {
    while (pump(&c) > 0) {}
    uint64_t frames = c.frames, octets = c.octets, cpu = server_cpu(), begin = now(), last = begin;
    bool timeout = false;
    c.confirmed = false;
    send_interrogation(&c);
    while (!c.terminated && !c.closed && !timeout) {
      if (epoll_wait(poll, &e, 1, 100) > 0) {
        pump_all(&c);
        last = now();
      }
      timeout = now() - last > o.idle_ms * NS_PER_MS || now() - begin > o.max_ms * NS_PER_MS;
    }
    uint64_t cpu_end = server_cpu(), end = c.terminated ? c.terminated_at : c.last_at;
    if (c.unacknowledged && !c.closed) send_s(&c);
    printf("%s{\"ms\":%.3f,\"objects\":%lu,\"frames\":%lu,\"octets\":%lu,\"confirmed\":%d,\"terminated\":%d,\"cpu_ms\":%.3f}", r ? "," : "",
           (end - begin) / 1e6, c.objects, c.frames - frames, c.octets - octets, c.confirmed && !c.negative, c.terminated, (cpu_end - cpu) / 1e6);
    fflush(stdout);
    usleep(o.settle_ms * 1000);
  }
  printf("],\"sequence_errors\":%lu,\"closed\":%d,\"rss_kb\":%ld}\n", c.sequence_errors, c.closed, server_rss_kb());
}

static Connection *background; // a second connection that loads the server, or NULL
static int both;               // polls the commanding connection and the background

// Serves whatever is there for at most `wait_ms`.
static void serve(Connection *c, int wait_ms) {
  struct epoll_event ready[2];
  int k = epoll_wait(both, ready, 2, wait_ms);
  for (int i = 0; i < k; i++) pump_all(ready[i].data.ptr);
  if (background && background->terminated) c->objects = background->objects, send_interrogation(background);
}

// n round trips of a command (select and execute with --select 1) at least `pace_ms` apart; times go to `took`. Returns how many.
static long round_trips(Connection *c, long n, int pace_ms, int64_t *took) {
  for (long i = 0; i < n; i++) {
    uint64_t begin = now();
    for (int selecting = o.select; selecting >= 0; selecting--) {
      c->confirmed = false;
      send_command(c, COMMAND_ADDRESS, (i & 1) | (selecting ? 0x80 : 0));
      while (!c->confirmed) {
        if (c->closed || now() - begin > 3 * NS_PER_S) return i;
        if (background) serve(c, 100);
        else pump(c); // the socket blocks: one system call a frame
      }
    }
    took[i] = now() - begin;
    while (background && now() < begin + pace_ms * NS_PER_MS) serve(c, 1);
  }
  return n;
}

static void command_alone(Connection *c) {
  int64_t *took = malloc(8 * (o.n > o.warm ? o.n : o.warm));
  struct timeval patience = {.tv_sec = 3};
  setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  round_trips(c, o.warm, 0, took);
  c->negatives = 0;
  uint64_t begin = now(), cpu = server_cpu();
  long ok = round_trips(c, o.n, 0, took);
  uint64_t end = now(), cpu_end = server_cpu();
  qsort(took, ok, 8, by_size);
  double idle99 = percentile(took, ok, .99);
  printf("{\"mode\":\"command\",\"n\":%ld,\"ok\":%ld,\"p50_us\":%.2f,\"p90_us\":%.2f,\"p99_us\":%.2f,\"max_us\":%.2f,\"per_s\":%.0f,\"cpu_us\":%.3f", o.n, ok,
         percentile(took, ok, .5), percentile(took, ok, .9), idle99, percentile(took, ok, 1), ok / ((end - begin) / 1e9), ok ? (cpu_end - cpu) / 1e3 / ok : 0);
  if (o.load) { // the same again, paced, while a second client is sent events and interrogates without pause
    Connection other;
    background = &other;
    both = connect_and_start(background);
    no_waiting(c);
    watch(both, c);
    o.indexed = false;
    send_command(background, TRIGGER_RATE, 1);
    send_interrogation(background);
    // As when idle, the first ones are told apart: what runs beside the load is compiled meanwhile.
    ok = round_trips(c, o.warm, o.pace_ms, took);
    qsort(took, ok, 8, by_size);
    double early99 = percentile(took, ok, .99);
    ok = round_trips(c, o.n, o.pace_ms, took);
    qsort(took, ok, 8, by_size);
    printf(",\"loaded\":%ld,\"loaded_p50_us\":%.2f,\"loaded_p99_us\":%.2f,\"loaded_early_p99_us\":%.2f,\"loaded_times\":%.3f,\"load_events\":%lu,\"load_objects\":%lu", ok,
           percentile(took, ok, .5), percentile(took, ok, .99), early99, percentile(took, ok, .99) / idle99, other.events, c->objects);
  }
  printf(",\"negative\":%lu,\"sequence_errors\":%lu,\"closed\":%d}\n", c->negatives, c->sequence_errors, c->closed);
}

static void command_pipelined(Connection *c, int poll) {
  uint8_t b[16 * 1024];
  struct epoll_event e;
  long sent = 0;
  bool timeout = false;
  no_waiting(c);
  uint64_t cpu = server_cpu(), begin = now(), last = begin;
  while ((long)c->confirmations < o.n && !c->closed && !timeout) {
    int length = 0;
    for (; sent < o.n && sent - (long)c->confirmations < o.pipe && length < (int)sizeof b - 16; sent++)
      length += put_i(c, b + length, 45, COMMAND_ADDRESS, sent & 1);
    if (length) write_all(c, b, length);
    if (epoll_wait(poll, &e, 1, 100) > 0) {
      pump_all(c);
      last = now();
    }
    timeout = now() - last > o.idle_ms * NS_PER_MS;
  }
  uint64_t end = now(), cpu_end = server_cpu();
  long ok = c->confirmations;
  printf("{\"mode\":\"command\",\"pipe\":%d,\"n\":%ld,\"ok\":%ld,\"negative\":%lu,\"per_s\":%.0f,\"cpu_us\":%.3f,\"sequence_errors\":%lu,\"closed\":%d}\n", o.pipe,
         o.n, ok, c->negatives, ok / ((end - begin) / 1e9), ok ? (cpu_end - cpu) / 1e3 / ok : 0, c->sequence_errors, c->closed);
}

// command: N commands one at a time, or --pipe K outstanding; --load 1 repeats them beside events and interrogations.
static void mode_command(void) {
  Connection c;
  int poll = connect_and_start(&c);
  if (o.pipe > 1) return command_pipelined(&c, poll);
  fcntl(c.fd, F_SETFL, fcntl(c.fd, F_GETFL) & ~O_NONBLOCK);
  command_alone(&c);
}
