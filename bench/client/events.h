// Modes that receive events: how many a second, how late an isolated one, and what a client costs that does not answer.

// events: starts C connections, triggers N events on the first one and counts what arrives on each.
static void mode_events(void) {
  Connection *c = calloc(o.clients, sizeof *c);
  int poll = epoll_create1(0);
  for (int i = 0; i < o.clients; i++) {
    if (!open_connection(&c[i], BUFFER_OCTETS, false)) die("connect");
    start(&c[i]);
    no_waiting(&c[i]);
    watch(poll, &c[i]);
  }
  usleep(o.settle_ms * 1000);
  for (int i = 0; i < o.clients; i++) {
    while (pump(&c[i]) > 0) {}
    c[i].events = c[i].frames = c[i].octets = c[i].first_at = 0;
    c[i].next_index = 0;
    c[i].done = false;
  }
  long rss_before = server_rss_kb();
  uint64_t cpu = server_cpu(), own = own_cpu(), begin = now(), last = begin, cpu_end = cpu;
  send_command(&c[0], o.trigger, 1);
  int left = o.clients;
  bool timeout = false;
  struct epoll_event ready[64];
  while (left > 0 && !timeout) {
    int k = epoll_wait(poll, ready, 64, 100);
    uint64_t t = now();
    for (int i = 0; i < k; i++) {
      Connection *x = ready[i].data.ptr;
      bool was_done = x->done;
      pump_all(x);
      if (x->closed) epoll_ctl(poll, EPOLL_CTL_DEL, x->fd, NULL);
      if ((x->done || x->closed) && !was_done) left--;
    }
    if (k > 0) last = t;
    // What a server does after its last event is not the work that is measured.
    else if (t - last < 150 * NS_PER_MS) cpu_end = server_cpu();
    timeout = t - last > o.idle_ms * NS_PER_MS || t - begin > o.max_ms * NS_PER_MS;
  }
  if (left == 0) cpu_end = server_cpu();
  uint64_t own_end = own_cpu(), last_at = 0, first_at = ~0ull;
  Connection sum = {0};
  int closed = 0;
  for (int i = 0; i < o.clients; i++) {
    if (c[i].unacknowledged && !c[i].closed) send_s(&c[i]);
    if (c[i].last_at > last_at) last_at = c[i].last_at;
    if (c[i].first_at && c[i].first_at < first_at) first_at = c[i].first_at;
    sum.events += c[i].events;
    sum.frames += c[i].frames;
    sum.octets += c[i].octets;
    sum.gaps += c[i].gaps;
    sum.duplicates += c[i].duplicates;
    sum.sequence_errors += c[i].sequence_errors;
    closed += c[i].closed;
  }
  double data_s = last_at > first_at ? (last_at - first_at) / 1e9 : 0;
  printf("{\"mode\":\"events\",\"clients\":%d,\"n\":%ld,\"events\":%lu,\"frames\":%lu,\"octets\":%lu,\"seconds\":%.6f,\"first_ms\":%.3f,"
         "\"per_s\":%.0f,\"lost\":%ld,\"gaps\":%lu,\"duplicates\":%lu,\"sequence_errors\":%lu,\"closed\":%d,\"timeout\":%d,"
         "\"cpu_ns\":%.2f,\"client_ns\":%.2f,\"rss_before_kb\":%ld,\"rss_kb\":%ld}\n",
         o.clients, o.n, sum.events, sum.frames, sum.octets, data_s, first_at == ~0ull ? -1 : (first_at - begin) / 1e6,
         data_s > 0 ? sum.events / data_s : 0, o.n * o.clients - (long)sum.events, sum.gaps, sum.duplicates, sum.sequence_errors, closed, timeout,
         sum.events ? (double)(cpu_end - cpu) / sum.events : 0, sum.events ? (double)(own_end - own) / sum.events : 0, rss_before, server_rss_kb());
  usleep(20000);
}

// latency: the server sends N single events and notes when, by the same clock; with --gi 1 while it is interrogated.
static void mode_latency(void) {
  Connection c;
  int poll = connect_and_start(&c);
  int64_t *received = calloc(o.n, 8), *sent = calloc(o.n, 8), *took = calloc(o.n, 8);
  uint64_t interrogations = 0, last = now();
  struct epoll_event e;
  send_command(&c, TRIGGER_LATENCY, 1);
  c.terminated = o.gi;
  while (c.next_index < o.n && !c.closed) {
    if (c.terminated) interrogations++, send_interrogation(&c);
    int k = epoll_wait(poll, &e, 1, 100);
    uint64_t t = now();
    int64_t from = c.next_index;
    if (k > 0) pump_all(&c);
    if (k > 0 && !o.gi && c.unacknowledged) send_s(&c);
    for (int64_t i = from; i < c.next_index && i < o.n; i++) received[i] = t, last = t;
    if (t - last > o.idle_ms * NS_PER_MS) break;
  }
  usleep(300000);
  FILE *file = fopen(o.stamps, "rb");
  long stamped = file ? (long)fread(sent, 8, o.n, file) : 0, got = 0;
  if (file) fclose(file);
  for (long i = 0; i < stamped; i++)
    if (received[i] && sent[i]) took[got++] = received[i] - sent[i];
  qsort(took, got, 8, by_size);
  printf("{\"mode\":\"latency\",\"n\":%ld,\"ok\":%ld,\"gaps\":%lu,\"sequence_errors\":%lu,\"closed\":%d,\"interrogations\":%lu,"
         "\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
         o.n, got, c.gaps, c.sequence_errors, c.closed, interrogations, percentile(took, got, .5), percentile(took, got, .9),
         percentile(took, got, .99), percentile(took, got, 1));
}

// stall: C started connections never acknowledge (with --unread 1 never even read) while N events are there for them.
static void mode_stall(void) {
  Connection *c = calloc(o.clients, sizeof *c);
  o.w = 1 << 20;
  o.indexed = false;
  for (int i = 0; i < o.clients; i++) {
    if (!open_connection(&c[i], BUFFER_OCTETS, false)) die("connect");
    start(&c[i]);
    no_waiting(&c[i]);
  }
  usleep(o.settle_ms * 1000);
  send_command(&c[0], o.trigger, 1);
  uint64_t begin = now(), closed_at = 0, second = 0, quiet_cpu = 0;
  long rss_before = server_rss_kb();
  double most = 0, all = 0;
  int seconds = 0;
  // The first second is publishing; after it there is nothing to do until t1.
  for (int s = 0; s < o.hold_s; s++) {
    uint64_t cpu = server_cpu();
    second = now();
    while (now() - second < NS_PER_S) {
      if (!o.unread)
        for (int i = 0; i < o.clients; i++)
          if (!c[i].closed) pump(&c[i]);
      if (c[0].closed && !closed_at) closed_at = now();
      usleep(2000);
    }
    if (s == 0 || closed_at) continue;
    quiet_cpu = server_cpu() - cpu;
    if (quiet_cpu / 1e6 > most) most = quiet_cpu / 1e6;
    all += quiet_cpu / 1e6;
    seconds++;
  }
  printf("{\"mode\":\"stall\",\"clients\":%d,\"cpu_ms_s\":%.3f,\"worst_ms_s\":%.3f,\"events\":%lu,\"closed_after_s\":%.2f,\"rss_before_kb\":%ld,\"rss_kb\":%ld}\n",
         o.clients, seconds ? all / seconds : 0, most, c[0].events, closed_at ? (closed_at - begin) / 1e9 : -1, rss_before, server_rss_kb());
}
