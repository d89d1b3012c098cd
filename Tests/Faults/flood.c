/* Creates at a rate that does not wait for answers, over as many connections as that takes; a process of its own.

   usage: flood PORT RATE SECONDS CONNECTIONS FIRST-DUE LAST-DUE FILE

   The connections are opened before the SECONDS begin. RATE 0: as fast as they go that each wait for their answer. FILE gets the accepted occurrences, a line each. Prints one line of
   JSON: how many were sent and answered, by status, latencies of what was accepted in milliseconds, and what was answered wrongly. */
#include "../Benchmarks/Peers/http.h"

enum { BUFFER = 8 << 10, EVENTS = 256, STATUSES = 600, OPENED_AT_ONCE = 64 };
/* So long is waited until all are connected, and, when time is up, for what is under way. */
static const int64_t linger = 15000000000;

struct connection {
    int fd; /* -1: none */
    int64_t sent; /* 0: nothing is under way */
    long due;
    int is_connected;
    size_t count;
    char bytes[BUFFER];
};

static struct connection *peers;
static size_t *idle, idle_count, open_count, opening, connections;
static int64_t *latencies, begin, end;
static size_t accepted, room, sent, unsent, under_way, broken, unconnected, without_retry;
static size_t statuses[STATUSES];
static long first_due, last_due;
static double rate;
static int port, poll_fd;
static FILE *file;

static void ask(struct connection *peer) {
    peer->due = first_due + (long)(sent % (size_t)(last_due - first_due + 1));
    char body[512], out[1024];
    int length = snprintf(
        body, sizeof body,
        "{\"rrule\":null,\"start_datetime\":%ld,\"notification_metadata\":{\"auth_header\":\"Bearer fault\",\"title\":\"t\",\"body\":\"b\","
        "\"item_id\":\"i\",\"created_at\":%ld,\"created_by\":\"u\",\"classroom_id\":\"c\",\"kind\":1}}",
        peer->due, peer->due);
    length = snprintf(
        out, sizeof out,
        "POST /remind_me HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", length, body);
    peer->sent = nanoseconds(CLOCK_MONOTONIC);
    sent++;
    under_way++;
    /* A connection that the API has closed says so when it is read. */
    if (send(peer->fd, out, (size_t)length, MSG_NOSIGNAL) != length) shutdown(peer->fd, SHUT_RDWR);
}

static void lost(struct connection *peer) {
    close(peer->fd);
    peer->fd = -1;
    open_count--;
    if (!peer->is_connected) {
        opening--;
        unconnected++;
        return;
    }
    if (peer->sent != 0) {
        under_way--;
        broken++;
        return;
    }
    for (size_t i = 0; i < idle_count; i++)
        if (idle[i] == (size_t)(peer - peers)) idle[i--] = idle[--idle_count];
}

/* Begins a connection; what becomes of it, epoll says. */
static void begin_connection(struct connection *peer) {
    struct sockaddr_in address = loopback(port);
    peer->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (peer->fd < 0) fail("socket");
    set_socket(peer->fd);
    peer->sent = 0;
    peer->count = 0;
    peer->is_connected = 0;
    open_count++;
    opening++;
    if (connect(peer->fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
        perror("connect");
        return lost(peer);
    }
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = peer};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, peer->fd, &event) != 0) fail("epoll_ctl");
}

static void open_some(void) {
    for (size_t i = 0; i < connections && opening < OPENED_AT_ONCE && open_count < connections; i++)
        if (peers[i].fd < 0) begin_connection(&peers[i]);
}

/* A connection that was begun is there, or will not be. */
static void connected(struct connection *peer) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return lost(peer);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, peer->fd, &event) != 0) fail("epoll_ctl");
    peer->is_connected = 1;
    opening--;
    idle[idle_count++] = (size_t)(peer - peers);
}

static void accept_answer(struct connection *peer) {
    if (accepted == room) {
        room = room == 0 ? 1 << 20 : room * 2;
        if ((latencies = realloc(latencies, room * sizeof *latencies)) == NULL) fail("memory");
    }
    latencies[accepted++] = nanoseconds(CLOCK_MONOTONIC) - peer->sent;
    const char *id = memmem(peer->bytes, peer->count, "\"id\":\"", 6);
    fprintf(file, "%.36s:%ld\n", id == NULL ? "an answer without an id" : id + 6, peer->due);
}

static void receive(struct connection *peer) {
    ssize_t got = read(peer->fd, peer->bytes + peer->count, BUFFER - 1 - peer->count);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lost(peer);
    peer->count += (size_t)got;
    size_t body;
    if (message(peer->bytes, peer->count, &body) == 0) return;
    int status = atoi(peer->bytes + 9);
    statuses[status > 0 && status < STATUSES ? status : 0]++;
    if (status == 201) accept_answer(peer);
    else if ((status != 429 && status != 503) || header(peer->bytes, peer->bytes + body - 2, "\nretry-after:") == NULL) without_retry++;
    under_way--;
    peer->sent = 0;
    peer->count = 0;
    idle[idle_count++] = (size_t)(peer - peers);
}

static void take(struct connection *peer) {
    if (peer->is_connected) receive(peer);
    else connected(peer);
}

/* What is due at the rate, and cannot be sent for want of a connection, counts as unsent. */
static void ask_what_is_due(int64_t now) {
    size_t so_far = rate > 0 ? (size_t)(rate * (double)(now - begin) / 1e9) : SIZE_MAX;
    while (idle_count > 0 && sent + unsent < so_far) ask(&peers[idle[--idle_count]]);
    if (rate > 0 && sent + unsent < so_far) unsent = so_far - sent;
}

static void wait_for_events(void) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poll_fd, events, EVENTS, 1);
    for (int i = 0; i < ready; i++) take(events[i].data.ptr);
}

static void print_wrong(const char *what, size_t count, const char *comma) {
    if (count > 0) printf("%s\"%s\":%zu", comma, what, count);
}

static void print(double seconds) {
    qsort(latencies, accepted, sizeof *latencies, compare_int64);
    printf("{\"sent\":%zu,\"unsent\":%zu,\"accepted_per_s\":%.0f,\"statuses\":{", sent, unsent, (double)accepted / seconds);
    const char *comma = "";
    for (int status = 0; status < STATUSES; status++) {
        if (statuses[status] == 0) continue;
        printf("%s\"%d\":%zu", comma, status, statuses[status]);
        comma = ",";
    }
    printf("},\"wrong\":{");
    print_wrong("a connection was refused", unconnected, "");
    print_wrong("a connection broke before its answer", broken, unconnected > 0 ? "," : "");
    print_wrong("neither 201, nor 429 or 503 with Retry-After", without_retry, unconnected + broken > 0 ? "," : "");
    printf(
        "},\"unanswered\":%zu,\"connections\":%zu,\"p50_ms\":%.0f,\"p99_ms\":%.0f,\"max_ms\":%.0f}\n", under_way, open_count,
        (double)percentile(latencies, accepted, 0.5) / 1e6, (double)percentile(latencies, accepted, 0.99) / 1e6,
        (double)percentile(latencies, accepted, 1) / 1e6);
}

int main(int count, char **arguments) {
    if (count != 8) {
        fprintf(stderr, "usage: flood PORT RATE SECONDS CONNECTIONS FIRST-DUE LAST-DUE FILE\n");
        return 2;
    }
    allow_files();
    port = atoi(arguments[1]);
    rate = atof(arguments[2]);
    connections = strtoul(arguments[4], NULL, 10);
    first_due = atol(arguments[5]);
    last_due = atol(arguments[6]);
    peers = calloc(connections, sizeof *peers);
    idle = calloc(connections, sizeof *idle);
    if (peers == NULL || idle == NULL || (file = fopen(arguments[7], "w")) == NULL) fail("start");
    for (size_t i = 0; i < connections; i++) peers[i].fd = -1;
    poll_fd = epoll_create1(0);
    int64_t opened_by = nanoseconds(CLOCK_MONOTONIC) + linger;
    while (idle_count < connections && nanoseconds(CLOCK_MONOTONIC) < opened_by) {
        open_some();
        wait_for_events();
    }
    begin = nanoseconds(CLOCK_MONOTONIC);
    end = begin + (int64_t)(atof(arguments[3]) * 1e9);
    for (int64_t now = begin; now < end || (under_way > 0 && now < end + linger); now = nanoseconds(CLOCK_MONOTONIC)) {
        if (now < end) {
            ask_what_is_due(now);
            open_some();
        }
        wait_for_events();
    }
    if (fclose(file) != 0) fail(arguments[7]);
    print((double)(end - begin) / 1e9);
    return 0;
}
