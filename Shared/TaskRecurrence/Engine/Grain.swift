extension RulePlan {
    /// The times of day of a rule, and for a sub-daily one the raster of elapsed time.
    ///
    /// A sub-daily rule that leaves its minutes or seconds to DTSTART is one of a finer unit with a longer step: HOURLY without BYMINUTE
    /// is `3600 · INTERVAL` seconds from DTSTART, so that it keeps its distance when the wall clock is put forward by half an hour.
    /// One that names them, with INTERVAL 1, is a limit on every second. What remains (every third hour, at minutes 0 and 30) has a
    /// window: the period's length, within which the named minutes and seconds are taken. BYSETPOS picks among a period's minutes and
    /// seconds in the order of the wall clock.
    struct Grain {
        var step = 1, window = 1
        /// Seconds from `anchor` to DTSTART.
        var lead = 0
        var times: TimeSet

        init(_ rule: Rule, interval: Int, clock: Int, set: SetPositions?) {
            let time = clock % TimeSet.secondsPerDay
            func mask(_ list: [Int], _ own: Int, _ all: UInt64, ownFrom: Rule.Frequency, most: Int) -> UInt64 {
                if list.isEmpty { return rule.frequency < ownFrom ? 1 << UInt64(own) : all }
                // Unix time has no leap second: second 60 is 59, as section 3.3.12 reads it.
                return list.reduce(0) { $1 >= 0 && $1 <= most ? $0 | 1 << UInt64(min($1, 59)) : $0 }
            }
            let hours = mask(rule.byHour, time / 3600, TimeSet.allHours, ownFrom: .hourly, most: 23)
            let minutes = mask(rule.byMinute, time / 60 % 60, TimeSet.allMinutes, ownFrom: .hourly, most: 59)
            var seconds = mask(rule.bySecond, time % 60, TimeSet.allMinutes, ownFrom: .hourly, most: 60)
            let unit = switch rule.frequency {
            case .hourly: 3600
            case .minutely: 60
            default: 1
            }
            guard rule.frequency >= .hourly else {
                times = TimeSet(hours: hours, minutes: minutes, seconds: seconds)
                if rule.frequency == .daily, let set { times = times.picking(set) }
                return
            }
            step = interval * unit
            if rule.frequency == .hourly, !rule.byMinute.isEmpty {
                window = 3600
                if rule.bySecond.isEmpty { seconds = 1 << UInt64(time % 60) }
            } else if rule.frequency <= .minutely, !rule.bySecond.isEmpty {
                window = 60
            }
            lead = time % window
            times = TimeSet(hours: hours, minutes: minutes, seconds: seconds)
            if let set { times = Grain.picking(set, times, window: window) }
            // Periods without distance between them cover all seconds.
            if step == window { (step, window, lead) = (1, 1, 0) }
        }

        private static func picking(_ set: SetPositions, _ times: TimeSet, window: Int) -> TimeSet {
            switch window {
            case 3600: return times.pickingInHours(set)
            case 60:
                let minute = TimeSet(hours: 1, minutes: 1, seconds: times.seconds)
                let seconds = set.all(of: minute.count).reduce(UInt64(0)) { $0 | 1 << UInt64(minute.select($1)) }
                return TimeSet(hours: times.hours, minutes: times.minutes, seconds: seconds)
            default:
                // A single time is the first and the last of its period.
                return set.all(of: 1).isEmpty ? TimeSet(hours: 0, minutes: 0, seconds: 0) : times
            }
        }
    }
}
