/* What the benchmark's small HTTP/1.1 peers share: clocks, sockets, and finding the end of a message. */
#pragma once

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline int64_t nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Connections beyond the usual soft limit. */
static inline void allow_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static inline void set_socket(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static inline struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* The value of a header within a head; NULL if it is not there. `name` begins with "\n" and ends with ":". */
static inline const char *header(const char *head, const char *end, const char *name) {
    size_t length = strlen(name);
    for (const char *at = head; at + length < end; at++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at == NULL || at + length >= end) return NULL;
        if (strncasecmp(at, name, length) == 0) {
            at += length;
            while (at < end && *at == ' ') at++;
            return at;
        }
    }
    return NULL;
}

/* Bytes of the message at `text`, head and body; 0 while it is not whole. `body`: where the body begins. */
static inline size_t message(const char *text, size_t count, size_t *body) {
    const char *end = memmem(text, count, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    *body = (size_t)(end - text) + 4;
    const char *length = header(text, end + 2, "\ncontent-length:");
    size_t total = *body + (length == NULL ? 0 : strtoul(length, NULL, 10));
    return total <= count ? total : 0;
}

static inline int compare_int64(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Of sorted values. */
static inline int64_t percentile(const int64_t *values, size_t count, double part) {
    return count == 0 ? 0 : values[(size_t)((double)(count - 1) * part)];
}
