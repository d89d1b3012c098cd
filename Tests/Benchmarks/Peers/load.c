/* Creates reminders as fast as the API takes them, or at a rate, and says how long each took.

   usage: load PORT COUNT CONNECTIONS DUE [RATE [PERIOD [PATH]]]
     DUE     unix seconds at which they are due; with +N that many seconds after each is sent
     RATE    a second; 0: each connection sends the next when it has its answer
     PERIOD  seconds between occurrences; 0: once
     PATH    /remind_me
   LOAD_KEY in the environment: the key of the caller that asks.

   One thread, keep-alive, one request at a time on a connection. */
#include "http.h"

enum { BUFFER = 16 << 10, EVENTS = 256 };

struct connection {
    int fd;
    int64_t sent; /* 0: nothing is under way */
    size_t count;
    char bytes[BUFFER];
};

static int64_t *latencies;
static size_t started, answered, refused, total;
static const char *due_text, *path;
static char authorization[256];
static long rate, period;
static int64_t begin;

static int request(char *out, size_t size) {
    long due = atol(due_text);
    if (due_text[0] == '+') due += (long)(nanoseconds(CLOCK_REALTIME) / 1000000000);
    char rule[64] = "null";
    if (period > 0) snprintf(rule, sizeof rule, "\"FREQ=SECONDLY;INTERVAL=%ld\"", period);
    char body[1024];
    int length = snprintf(
        body, sizeof body,
        "{\"rrule\":%s,\"start_datetime\":%ld,\"notification_metadata\":{\"auth_header\":\"Bearer eyJhbGciOiJIUzI1NiJ9.benchmark\","
        "\"title\":\"A reminder of the benchmark\",\"body\":\"Page twelve, exercises three to five\",\"item_id\":\"item-%zu\","
        "\"created_at\":1794990000,\"created_by\":\"teacher-%zu\",\"classroom_id\":\"classroom-%zu\",\"kind\":1}}",
        rule, due, started, started % 100, started % 1000);
    return snprintf(
        out, size, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path,
        authorization, length, body);
}

/* Sends the next create if it is its time. */
static void next(struct connection *peer) {
    if (started == total || peer->sent != 0) return;
    int64_t now = nanoseconds(CLOCK_MONOTONIC);
    /* At a rate, latency counts from when it should have been sent. */
    int64_t at = rate == 0 ? now : begin + (int64_t)started * (1000000000 / rate);
    if (at > now) return;
    char out[2048];
    int length = request(out, sizeof out);
    if (write(peer->fd, out, (size_t)length) != length) fail("send");
    peer->sent = at;
    started++;
}

static void receive(struct connection *peer) {
    ssize_t got = read(peer->fd, peer->bytes + peer->count, BUFFER - peer->count);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the API closed a connection");
    peer->count += (size_t)got;
    size_t body, length = message(peer->bytes, peer->count, &body);
    if (length == 0) return;
    latencies[answered++] = nanoseconds(CLOCK_MONOTONIC) - peer->sent;
    if (peer->bytes[9] != '2') refused++;
    peer->sent = 0;
    peer->count -= length;
    memmove(peer->bytes, peer->bytes + length, peer->count);
    next(peer);
}

int main(int count, char **arguments) {
    const char *key = getenv("LOAD_KEY");
    if (key != NULL) snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", key);
    if (count < 5) {
        fprintf(stderr, "usage: load PORT COUNT CONNECTIONS DUE [RATE [PERIOD [PATH]]]\n");
        return 2;
    }
    allow_files();
    total = strtoul(arguments[2], NULL, 10);
    size_t connections = strtoul(arguments[3], NULL, 10);
    due_text = arguments[4];
    rate = count > 5 ? atol(arguments[5]) : 0;
    period = count > 6 ? atol(arguments[6]) : 0;
    path = count > 7 ? arguments[7] : "/remind_me";
    latencies = calloc(total + 1, sizeof *latencies);
    struct connection *peers = calloc(connections, sizeof *peers);
    if (latencies == NULL || peers == NULL) fail("memory");

    int poll = epoll_create1(0);
    struct sockaddr_in address = loopback(atoi(arguments[1]));
    for (size_t i = 0; i < connections; i++) {
        peers[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(peers[i].fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
        set_socket(peers[i].fd);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, peers[i].fd, &event);
    }
    begin = nanoseconds(CLOCK_MONOTONIC);
    for (size_t i = 0; i < connections; i++) next(&peers[i]);
    struct epoll_event events[EVENTS];
    while (answered < total) {
        int ready = epoll_wait(poll, events, EVENTS, rate == 0 ? 1000 : 1);
        for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
        if (rate > 0) for (size_t i = 0; i < connections; i++) next(&peers[i]);
    }
    double seconds = (double)(nanoseconds(CLOCK_MONOTONIC) - begin) / 1e9;
    qsort(latencies, answered, sizeof *latencies, compare_int64);
    printf(
        "{\"count\":%zu,\"refused\":%zu,\"per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", answered, refused,
        (double)answered / seconds, (double)percentile(latencies, answered, 0.5) / 1e6,
        (double)percentile(latencies, answered, 0.99) / 1e6, (double)percentile(latencies, answered, 1) / 1e6);
    return 0;
}
