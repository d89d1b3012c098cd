/* The receiving backend of the benchmarks: answers every POST with 200 and keeps, for each, when it came and when it was due.

   usage: backend [PORT]       prints the port it listens on
   GET /count    how many have come
   GET /stats    count, distinct keys, early ones, lateness in milliseconds, the time from the first to the last
   POST /reset   forgets all of it

   One thread. What it keeps is eight bytes and a hash of the key for each delivery. */
#include "http.h"

enum { BUFFER = 64 << 10, EVENTS = 256 };

struct connection {
    int fd;
    size_t count;
    char bytes[BUFFER];
};

static int64_t *lateness;
static uint64_t *keys;
static size_t deliveries, room;
static int64_t first, last;

static void keep(int64_t late, uint64_t key) {
    if (deliveries == room) {
        room = room == 0 ? 1 << 20 : room * 2;
        lateness = realloc(lateness, room * sizeof *lateness);
        keys = realloc(keys, room * sizeof *keys);
        if (lateness == NULL || keys == NULL) fail("memory");
    }
    lateness[deliveries] = late;
    keys[deliveries++] = key;
}

/* The key is the reminder's id, a colon, and the second at which it was due. */
static void delivered(const char *head, const char *end) {
    int64_t now = nanoseconds(CLOCK_REALTIME);
    if (deliveries == 0) first = now;
    last = now;
    const char *key = header(head, end, "\nidempotency-key:");
    uint64_t hash = 14695981039346656037u;
    int64_t due = 0;
    for (const char *at = key; at != NULL && at < end && *at != '\r'; at++) {
        hash = (hash ^ (uint8_t)*at) * 1099511628211u;
        if (*at == ':') due = strtoll(at + 1, NULL, 10);
    }
    keep(now - due * 1000000000, hash);
}

static int compare_keys(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static int statistics(char *text, size_t size) {
    int64_t *sorted = malloc((deliveries + 1) * sizeof *sorted);
    uint64_t *distinct = malloc((deliveries + 1) * sizeof *distinct);
    if (sorted == NULL || distinct == NULL) fail("memory");
    memcpy(sorted, lateness, deliveries * sizeof *sorted);
    memcpy(distinct, keys, deliveries * sizeof *distinct);
    qsort(sorted, deliveries, sizeof *sorted, compare_int64);
    qsort(distinct, deliveries, sizeof *distinct, compare_keys);
    size_t different = 0, early = 0;
    for (size_t i = 0; i < deliveries; i++) {
        if (i == 0 || distinct[i] != distinct[i - 1]) different++;
        if (sorted[i] < 0) early++;
    }
    int length = snprintf(
        text, size, "{\"count\":%zu,\"distinct\":%zu,\"early\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"seconds\":%.4f}",
        deliveries, different, early, (double)percentile(sorted, deliveries, 0.5) / 1e6,
        (double)percentile(sorted, deliveries, 0.99) / 1e6, (double)percentile(sorted, deliveries, 1) / 1e6,
        (double)(last - first) / 1e9);
    free(sorted);
    free(distinct);
    return length;
}

static size_t answer(const char *text, size_t body, char *out, size_t size) {
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    int is_count = memcmp(text, "GET /count", 10) == 0;
    if (is_count || memcmp(text, "GET /stats", 10) == 0) {
        char json[512];
        int length = is_count ? snprintf(json, sizeof json, "{\"count\":%zu}", deliveries) : statistics(json, sizeof json);
        return (size_t)snprintf(out, size, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, json);
    }
    if (memcmp(text, "POST /reset", 11) == 0) {
        deliveries = 0;
    } else {
        delivered(text, text + body - 2);
    }
    memcpy(out, ok, sizeof ok - 1);
    return sizeof ok - 1;
}

/* Answers all that has come whole. False when the connection has ended. */
static int serve(struct connection *peer) {
    ssize_t got = read(peer->fd, peer->bytes + peer->count, BUFFER - peer->count);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    peer->count += (size_t)got;
    char out[BUFFER];
    size_t at = 0, filled = 0, body, length;
    while (filled < BUFFER - 1024 && (length = message(peer->bytes + at, peer->count - at, &body)) > 0) {
        filled += answer(peer->bytes + at, body, out + filled, BUFFER - filled);
        at += length;
    }
    memmove(peer->bytes, peer->bytes + at, peer->count - at);
    peer->count -= at;
    return filled == 0 || write(peer->fd, out, filled) == (ssize_t)filled;
}

int main(int count, char **arguments) {
    allow_files();
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = loopback(count > 1 ? atoi(arguments[1]) : 0);
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1024) != 0) fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);

    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *peer = events[i].data.ptr;
            if (peer == NULL) {
                int fd = accept(listener, NULL, NULL);
                if (fd < 0 || (peer = malloc(sizeof *peer)) == NULL) continue;
                peer->fd = fd;
                peer->count = 0;
                set_socket(fd);
                event.data.ptr = peer;
                epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
            } else if (!serve(peer)) {
                close(peer->fd);
                free(peer);
            }
        }
    }
}
