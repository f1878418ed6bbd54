// The mode that opens many connections: how long until all are started, what idle ones cost, and whether all still answer.
#define SMALL_BUFFER 4096

static Connection *all;
static int many, lost;

// Reads what one connection has; notes when the server closed it.
static void serve_small(Connection *x) {
  int r = read_some(x, x->buffer, SMALL_BUFFER);
  if (r > 0) take_frames(x, x->buffer, r, 0);
  if (r == 0 || (r < 0 && errno != EAGAIN)) {
    x->closed = true;
    lost++;
    epoll_ctl(many, EPOLL_CTL_DEL, x->fd, NULL);
  }
}

static void serve_many(int wait_ms) {
  struct epoll_event ready[128];
  int k = epoll_wait(many, ready, 128, wait_ms);
  for (int i = 0; i < k; i++) serve_small(&all[ready[i].data.u32]);
}

// Opens all, `parallel` attempts at a time; each counts when its STARTDT con is there. Returns how many are started.
static int open_all(int64_t *took) {
  uint64_t *begun = calloc(o.clients, 8), begin = now();
  int started = 0, failed = 0, next = 0, under_way = 0;
  struct epoll_event ready[128];
  while (started + failed < o.clients && now() - begin < o.max_ms * NS_PER_MS) {
    for (; next < o.clients && under_way < o.parallel; next++) {
      begun[next] = now();
      if (!open_connection(&all[next], SMALL_BUFFER, !o.ca_file)) {
        all[next].closed = true;
        failed++;
        continue;
      }
      if (o.ca_file) no_waiting(&all[next]);
      struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.u32 = next};
      epoll_ctl(many, EPOLL_CTL_ADD, all[next].fd, &e);
      under_way++;
    }
    int k = epoll_wait(many, ready, 128, 200);
    for (int i = 0; i < k; i++) {
      Connection *x = &all[ready[i].data.u32];
      if (x->closed) continue;
      if (ready[i].events & EPOLLOUT) {
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = ready[i].data.u32};
        epoll_ctl(many, EPOLL_CTL_MOD, x->fd, &e);
        send_u(x, 0x07);
      }
      bool was_started = x->started;
      if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) serve_small(x);
      if (x->closed && !was_started) failed++, under_way--;
      if (x->started && !was_started) took[started++] = now() - begun[ready[i].data.u32], under_way--;
    }
  }
  return started;
}

// connections: C started connections, then silence, then a TESTFR to each.
static void mode_connections(void) {
  all = calloc(o.clients, sizeof *all);
  int64_t *took = calloc(o.clients, 8);
  many = epoll_create1(0);
  long rss_before = server_rss_kb();
  uint64_t cpu = server_cpu(), begin = now();
  int started = open_all(took);
  uint64_t end = now(), cpu_end = server_cpu();
  qsort(took, started, 8, by_size);
  int failed = lost;
  lost = 0;
  usleep(300000);
  // Whoever runs this asks the server for its memory now; a second is left for that.
  fprintf(stderr, "HELD\n");
  fflush(stderr);
  for (uint64_t t = now(); now() - t < NS_PER_S;) serve_many(50);
  long rss = server_rss_kb();
  uint64_t idle = now(), idle_cpu = server_cpu();
  while (now() - idle < o.hold_s * NS_PER_S) serve_many(100);
  double idle_ms_s = (server_cpu() - idle_cpu) / 1e6 / ((now() - idle) / 1e9);
  long want = 0, got = 0;
  uint64_t asked = now();
  for (int i = 0; i < o.clients; i++)
    if (all[i].started && !all[i].closed) send_u(&all[i], 0x43), want++;
  while (got < want - lost && now() - asked < 10 * NS_PER_S) {
    serve_many(100);
    got = 0;
    for (int i = 0; i < o.clients; i++) got += all[i].testfr_con > 0;
  }
  printf("{\"mode\":\"connections\",\"clients\":%d,\"ok\":%d,\"refused\":%d,\"dropped\":%d,\"answered\":%ld,\"connect_ms\":%.2f,\"p50_us\":%.0f,\"p99_us\":%.0f,"
         "\"connect_cpu_ms\":%.2f,\"rss_kb_each\":%.2f,\"idle_cpu_ms_s\":%.3f}\n",
         o.clients, started, failed, lost, got, (end - begin) / 1e6, percentile(took, started, .5), percentile(took, started, .99), (cpu_end - cpu) / 1e6,
         started ? (double)(rss - rss_before) / started : 0, idle_ms_s);
}
