#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The machine's clocks.
public enum SystemClock {
    /// Unix time in nanoseconds, by the wall clock, which may be set forwards and back.
    public static var unixNanoseconds: Int64 { nanoseconds(CLOCK_REALTIME) }

    /// The time by the wall clock, rounded down: what is due at a millisecond is never early by it.
    public static var now: UnixMilliseconds { UnixMilliseconds(unixNanoseconds / 1_000_000) }

    /// Nanoseconds of the clock that only goes forwards.
    public static var monotonicNanoseconds: Int64 { nanoseconds(CLOCK_MONOTONIC) }

    /// The time by the clock that only goes forwards, rounded down.
    public static var monotonic: MonotonicMilliseconds { MonotonicMilliseconds(monotonicNanoseconds / 1_000_000) }

    /// The time by a clock that only goes forwards, also while the machine is suspended, rounded down. Not to be compared with the other's.
    public static var sinceBoot: MonotonicMilliseconds {
        #if os(Linux)
            MonotonicMilliseconds(nanoseconds(CLOCK_BOOTTIME) / 1_000_000)
        #else
            // There this one counts suspensions.
            monotonic
        #endif
    }

    /// The time by the clock that only goes forwards, in microseconds.
    public static var monotonicMicroseconds: MonotonicMicroseconds { MonotonicMicroseconds(monotonicNanoseconds / 1_000) }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
