import TaskDomain
import Testing

@Suite("times")
struct TimesTests {
    @Test("what 64 bits do not hold is the nearest that they do")
    func saturation() {
        #expect(UnixSeconds(.max - 1) + 5 == .distantFuture && UnixSeconds(.min + 1) + -5 == .distantPast)
        #expect(UnixSeconds(.min + 1) - 5 == .distantPast && UnixSeconds(.max - 1) - -5 == .distantFuture)
        #expect(UnixSeconds(.max) - UnixSeconds(-1) == .max && UnixSeconds(.min) - UnixSeconds(1) == .min)
        #expect(UnixSeconds(7) + 5 == UnixSeconds(12) && UnixSeconds(7) - 5 == UnixSeconds(2) && UnixSeconds(7) - UnixSeconds(5) == 2)
    }

    @Test("a millisecond lies in the second before it, before 1970 too", arguments: [(1_999, 1), (0, 0), (-1, -1), (-1_000, -1), (-1_001, -2)])
    func seconds(milliseconds: Int64, second: Int64) {
        #expect(UnixMilliseconds(milliseconds).second == UnixSeconds(second))
    }

    @Test("a second that has no milliseconds in 64 bits has the first or the last that there are")
    func milliseconds() {
        #expect(UnixSeconds(12).milliseconds == UnixMilliseconds(12_000))
        #expect(UnixSeconds(.max / 999).milliseconds == .distantFuture && UnixSeconds(.min / 999).milliseconds == .distantPast)
    }

    @Test("the nanoseconds until a time are as many as 64 bits hold where it is further away")
    func nanoseconds() {
        #expect(MonotonicMilliseconds(3).nanoseconds(from: 1_000_000) == 2_000_000)
        #expect(MonotonicMilliseconds(1).nanoseconds(from: 3_000_000) == -2_000_000)
        for far in [.max, .max / 1_000_000 + 1] as [Int64] {
            #expect(UnixMilliseconds(far).nanoseconds(from: -5) == .max && UnixMilliseconds(-far).nanoseconds(from: 5) == .min)
        }
        #expect(UnixMilliseconds(.max / 1_000_000).nanoseconds(from: .min) == .max)
    }

    @Test("a duration in whole units is rounded towards zero, and no more than 64 bits hold")
    func durations() {
        let duration = Duration(secondsComponent: 2, attosecondsComponent: 3_456_789_999_999_999)
        #expect(duration.wholeMilliseconds == 2_003 && duration.wholeMicroseconds == 2_003_456 && duration.wholeNanoseconds == 2_003_456_789)
        #expect((Duration.zero - duration).wholeMilliseconds == -2_003)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max && Duration.seconds(Int64.min).wholeMilliseconds == .min)
    }
}
