#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The system's wall clock.
public enum WallClock {
    /// Unix time in nanoseconds.
    public static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Unix time in whole milliseconds, rounded down: what is due at a millisecond is never early by it.
    public static var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
