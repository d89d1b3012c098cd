/* Loaded before the C library into a service under test (LD_PRELOAD), to give it another clock and a broken disk on command.

   FAULTS_CONTROL names a file of `struct control`, which the test maps and changes while the service runs.
   FAULTS_STORE   names the database whose file and write-ahead log (-wal) the disk's faults concern.

   Only the wall clock is moved: the monotonic one, which timers run on, goes on as it does when a machine's clock is set. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { WRITES = 1, SYNCS = 2, READS = 4 };

struct control {
    int64_t clock_offset_ns;    /* set by the test */
    int32_t failing;            /* set by the test: WRITES, SYNCS, READS or several */
    int32_t error;              /* set by the test: the errno they fail with */
    int64_t failures;           /* counted here: how many calls failed */
    int64_t log_written;        /* counted here: where the last write to the log ended */
    int64_t log_synced;         /* counted here: the same at the last sync of the log that succeeded */
};

enum { MAX_DESCRIPTORS = 65536 };
enum kind { OTHER, DATABASE, LOG };

static struct control nothing;
static struct control *volatile control = &nothing;
static const char *store;
static volatile unsigned char kinds[MAX_DESCRIPTORS];

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("FAULTS_CONTROL");
    store = getenv("FAULTS_STORE");
    if (path == NULL) return;
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return;
    void *memory = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory != MAP_FAILED) control = memory;
    close(descriptor);
}

#define REAL(name, type) \
    static __typeof__(type) real; \
    if (real == NULL) real = (__typeof__(type))dlsym(RTLD_NEXT, name)

/* The clock. */

int clock_gettime(clockid_t which, struct timespec *time) {
    REAL("clock_gettime", int (*)(clockid_t, struct timespec *));
    int result = real(which, time);
    int64_t offset = __atomic_load_n(&control->clock_offset_ns, __ATOMIC_RELAXED);
    if (result != 0 || offset == 0 || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE)) return result;
    int64_t nanoseconds = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + offset;
    time->tv_sec = nanoseconds / 1000000000;
    time->tv_nsec = nanoseconds % 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL) *result = now.tv_sec;
    return now.tv_sec;
}

/* The disk. */

static void remember(int descriptor, const char *path) {
    if (descriptor < 0 || descriptor >= MAX_DESCRIPTORS) return;
    enum kind kind = OTHER;
    size_t length = store == NULL ? 0 : strlen(store);
    if (length > 0 && strncmp(path, store, length) == 0) {
        if (path[length] == 0) kind = DATABASE;
        else if (strcmp(path + length, "-wal") == 0) kind = LOG;
    }
    kinds[descriptor] = kind;
}

static enum kind kind_of(int descriptor) {
    return descriptor >= 0 && descriptor < MAX_DESCRIPTORS ? kinds[descriptor] : OTHER;
}

/* Whether this call is to fail; errno then says why. */
static int fails(int descriptor, int what) {
    if (kind_of(descriptor) == OTHER || (__atomic_load_n(&control->failing, __ATOMIC_RELAXED) & what) == 0) return 0;
    __atomic_add_fetch(&control->failures, 1, __ATOMIC_RELAXED);
    errno = control->error;
    return 1;
}

static void written(int descriptor, ssize_t count, off_t offset) {
    if (count > 0 && kind_of(descriptor) == LOG) control->log_written = offset + count;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(#name, int (*)(const char *, int, ...)); \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments); \
        int descriptor = real(path, flags, mode); \
        remember(descriptor, path); \
        return descriptor; \
    }
OPEN(open)
OPEN(open64)

int close(int descriptor) {
    REAL("close", int (*)(int));
    if (descriptor >= 0 && descriptor < MAX_DESCRIPTORS) kinds[descriptor] = OTHER;
    return real(descriptor);
}

#define PWRITE(name) \
    ssize_t name(int descriptor, const void *bytes, size_t count, off_t offset) { \
        REAL(#name, ssize_t (*)(int, const void *, size_t, off_t)); \
        if (fails(descriptor, WRITES)) return -1; \
        ssize_t done = real(descriptor, bytes, count, offset); \
        written(descriptor, done, offset); \
        return done; \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define PREAD(name) \
    ssize_t name(int descriptor, void *bytes, size_t count, off_t offset) { \
        REAL(#name, ssize_t (*)(int, void *, size_t, off_t)); \
        return fails(descriptor, READS) ? -1 : real(descriptor, bytes, count, offset); \
    }
PREAD(pread)
PREAD(pread64)

#define TRUNCATE(name) \
    int name(int descriptor, off_t length) { \
        REAL(#name, int (*)(int, off_t)); \
        return fails(descriptor, WRITES) ? -1 : real(descriptor, length); \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(name) \
    int name(int descriptor) { \
        REAL(#name, int (*)(int)); \
        if (fails(descriptor, SYNCS)) return -1; \
        int64_t end = control->log_written; \
        int result = real(descriptor); \
        if (result == 0 && kind_of(descriptor) == LOG) control->log_synced = end; \
        return result; \
    }
SYNC(fsync)
SYNC(fdatasync)
