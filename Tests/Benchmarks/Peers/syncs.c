/* The disk's limit: 4 KiB appended and made durable, one after the other.

   usage: syncs FOLDER COUNT */
#include "http.h"

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: syncs FOLDER COUNT\n");
        return 2;
    }
    char path[4096], page[4096] = {1};
    snprintf(path, sizeof path, "%s/syncs-XXXXXX", arguments[1]);
    int file = mkstemp(path);
    if (file < 0) fail(path);
    unlink(path);
    long total = atol(arguments[2]);
    int64_t begin = nanoseconds(CLOCK_MONOTONIC);
    for (long i = 0; i < total; i++) {
        if (write(file, page, sizeof page) != (ssize_t)sizeof page || fdatasync(file) != 0) fail(path);
    }
    printf("{\"count\":%ld,\"per_second\":%.0f}\n", total, (double)total * 1e9 / (double)(nanoseconds(CLOCK_MONOTONIC) - begin));
    return 0;
}
