// Tells the thread sanitizer of Swift's Mutex. Where a lock is contended, it is taken and given back inside libswiftSynchronization,
// which the sanitizer does not see into; without this every value behind a contended Mutex would be reported as a race.
// `deploy/sanitize` builds it and loads it before the library (LD_PRELOAD).
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *
// _MutexHandle._lockSlow(UInt32) and _MutexHandle._unlockSlow(): self is the address of the lock's word.
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Only programs that are built with the sanitizer have them.
void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));

SWIFT void lock_slow(uint32_t thread, SELF lock) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF lock) {
    SWIFT void (*original)(uint32_t, SELF) = (SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK);
    original(thread, lock);
    if (__tsan_acquire) __tsan_acquire(lock);
}

SWIFT void unlock_slow(SELF lock) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF lock) {
    SWIFT void (*original)(SELF) = (SWIFT void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(lock);
    original(lock);
}
