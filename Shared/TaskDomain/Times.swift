// Times with their unit and their clock in the type, wherever they cross a function. Where bytes begin, in messages, statements and
// JSON, they are plain numbers, converted once.

/// An instant as a count of whole units since its clock's zero. Of two instants of one kind there is a difference, in that unit; an
/// instant and so many units later or earlier is an instant; nothing else is.
public protocol Instant: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// Units since the clock's zero.
    var count: Int64 { get }

    init(_ count: Int64)
}

/// What 64 bits do not hold is the nearest that they do: a time from a message, a row or a clock that was set never stops the process.
extension Instant {
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.count < b.count }

    /// Units from `b` to `a`.
    @inlinable public static func - (a: Self, b: Self) -> Int64 {
        let (difference, overflow) = a.count.subtractingReportingOverflow(b.count)
        return overflow ? (a.count < 0 ? .min : .max) : difference
    }

    @inlinable public static func + (time: Self, units: Int64) -> Self {
        let (sum, overflow) = time.count.addingReportingOverflow(units)
        return overflow ? (units < 0 ? .distantPast : .distantFuture) : Self(sum)
    }

    @inlinable public static func - (time: Self, units: Int64) -> Self {
        let (difference, overflow) = time.count.subtractingReportingOverflow(units)
        return overflow ? (units < 0 ? .distantFuture : .distantPast) : Self(difference)
    }

    @inlinable public static func += (time: inout Self, units: Int64) { time = time + units }
    @inlinable public static func -= (time: inout Self, units: Int64) { time = time - units }

    /// Before and after all others.
    @inlinable public static var distantPast: Self { Self(.min) }
    @inlinable public static var distantFuture: Self { Self(.max) }

    /// The count in digits.
    public var description: String { String(count) }
}

/// An instant in milliseconds of either clock.
public protocol InstantInMilliseconds: Instant {}

extension InstantInMilliseconds {
    /// From a moment of the same clock, in nanoseconds since its zero, until this instant: negative where it has passed, and the most
    /// that 64 bits hold where it is further away.
    @inlinable public func nanoseconds(from moment: Int64) -> Int64 {
        let (nanoseconds, isFar) = count.multipliedReportingOverflow(by: 1_000_000)
        guard !isFar else { return count < 0 ? .min : .max }
        let (difference, overflow) = nanoseconds.subtractingReportingOverflow(moment)
        return overflow ? (nanoseconds < 0 ? .min : .max) : difference
    }
}

/// Milliseconds of a clock that only goes forwards: what leases, graces and pauses are measured with. Its zero means nothing, and it is
/// another one after each start of the machine.
@frozen
public struct MonotonicMilliseconds: InstantInMilliseconds {
    public let count: Int64

    @inlinable public init(_ count: Int64) { self.count = count }
}

/// Milliseconds since 1970-01-01T00:00:00Z by a wall clock, which may be set forwards and back: when things are due, and when they
/// happened.
@frozen
public struct UnixMilliseconds: InstantInMilliseconds {
    public let count: Int64

    @inlinable public init(_ count: Int64) { self.count = count }

    /// The second that it lies in: rounded down, before 1970 too.
    @inlinable public var second: UnixSeconds {
        let (quotient, remainder) = count.quotientAndRemainder(dividingBy: 1_000)
        return UnixSeconds(remainder < 0 ? quotient - 1 : quotient)
    }
}

/// Seconds since 1970-01-01T00:00:00Z: what schedules are made of, and what callers send.
@frozen
public struct UnixSeconds: Instant {
    public let count: Int64

    @inlinable public init(_ count: Int64) { self.count = count }

    /// The second's first millisecond; the last or first that there is where 64 bits do not hold it.
    @inlinable public var milliseconds: UnixMilliseconds {
        let (product, overflow) = count.multipliedReportingOverflow(by: 1_000)
        return overflow ? (count < 0 ? .distantPast : .distantFuture) : UnixMilliseconds(product)
    }

    /// The guess, in words, that a number that is out of bounds as unix seconds is one of a smaller unit: "1798500000000 looks like
    /// milliseconds; unix seconds would be 1798500000". Nil for what is within the bounds, or is no instant in any unit.
    public static func guess(_ number: Int64) -> String? {
        let all = ReminderLimits.scheduleSeconds
        guard !all.contains(number) else { return nil }
        let units: [(name: String, perSecond: Int64)] = [("milliseconds", 1_000), ("microseconds", 1_000_000), ("nanoseconds", 1_000_000_000)]
        for unit in units where all.contains(number / unit.perSecond) {
            return "\(number) looks like \(unit.name); unix seconds would be \(number / unit.perSecond)"
        }
        return nil
    }
}

/// Microseconds of the clock that only goes forwards, for timers finer than ``MonotonicMilliseconds``.
@frozen
public struct MonotonicMicroseconds: Instant {
    public let count: Int64

    @inlinable public init(_ count: Int64) { self.count = count }
}
