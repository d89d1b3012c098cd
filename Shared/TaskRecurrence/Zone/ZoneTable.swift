import TaskDomain

/// A stretch of time in which a zone's offset does not change.
struct ZoneSegment {
    /// The instants `start ..< end`; `ZoneTable.beginning` and `ZoneTable.end` where nothing bounds them.
    var start: Int, end: Int
    /// Seconds east of UTC within.
    var offset: Int
    /// The offset in force just before `start`; the same as `offset` where there is nothing before.
    var previousOffset: Int

    /// How far the clock jumps at the start: positive for a gap, negative for a repeat.
    var jump: Int { offset - previousOffset }
}

/// The compiled offsets of one zone: an array of transitions, searched by bisection.
///
/// The rule of the footer is expanded for 400 years, after which the Gregorian calendar, weekdays included, repeats. Later instants
/// are brought into these 400 years by whole cycles, so every look-up costs the same.
final class ZoneTable: Sendable {
    static let beginning = Int.min / 4
    static let end = Int.max / 4
    /// No offset of the database is larger (Metlakatla and Manila once had -15:13 and -15:56), nor any that a footer can write.
    static let maximumOffset = 26 * 3600
    static let cycle = 146_097 * 86_400

    let identifier: String
    /// Of the data that it was made from; see ``Zone/digest``.
    let digest: UInt64
    /// Ascending, without those that leave the offset as it is.
    private let transitions: [Int]
    /// `offsets[i]` is in force before `transitions[i]`; the last one after all of them.
    private let offsets: [Int]
    /// The last cycle of `transitions` starts here and repeats for ever; `end` where the last offset stays.
    private let repeatsFrom: Int
    /// The first transition after that cycle.
    private let nextCycle: Int
    /// Every offset in force from `settledFrom` on.
    let lastOffsets: [Int]
    /// From here on only the footer's rule is at work.
    var settledFrom: Int { repeatsFrom == ZoneTable.end ? (transitions.last ?? ZoneTable.beginning) : repeatsFrom }

    init(identifier: String, fixedOffset: Int) {
        self.identifier = identifier
        digest = 0
        (transitions, offsets, repeatsFrom, nextCycle, lastOffsets) = ([], [fixedOffset], ZoneTable.end, ZoneTable.end, [fixedOffset])
    }

    /// - Parameter changes: every tabulated transition with the offset that it brings, ascending.
    init(identifier: String, digest: UInt64 = 0, firstOffset: Int, changes: [(at: Int, offset: Int)], footer: PosixRule?) {
        self.identifier = identifier
        self.digest = digest
        var transitions: [Int] = [], offsets = [firstOffset]
        func add(_ change: (at: Int, offset: Int)) {
            // Of two changes at one instant (daylight time all year round is written so) the later one counts.
            if change.at == transitions.last { (_, _) = (transitions.removeLast(), offsets.removeLast()) }
            guard change.offset != offsets.last, change.at > transitions.last ?? .min else { return }
            transitions.append(change.at)
            offsets.append(change.offset)
        }
        changes.forEach(add)
        guard let footer, let daylight = footer.daylight else {
            if let footer, let last = changes.last { add((last.at + 1, footer.standardOffset)) }
            if let footer, changes.isEmpty { offsets = [footer.standardOffset] }
            (self.transitions, self.offsets, repeatsFrom, nextCycle) = (transitions, offsets, ZoneTable.end, ZoneTable.end)
            lastOffsets = offsets.suffix(1)
            return
        }
        // One whole cycle, beginning in the year after the last tabulated transition; the years before it fill up.
        let lastTabulated = changes.last?.at ?? 0
        let firstYear = DayNumber.year(of: max(lastTabulated, 0) / 86_400 + DayNumber.unixEpoch)
        let cycleStart = (DayNumber.ofNewYear(firstYear + 1) - DayNumber.unixEpoch) * 86_400
        for year in firstYear...(firstYear + 401) {
            for change in footer.changes(in: year) where change.at > lastTabulated || changes.isEmpty {
                guard change.at < cycleStart + ZoneTable.cycle else { continue }
                add(change)
            }
        }
        let firstOfCycle = transitions.first { $0 >= cycleStart }
        (self.transitions, self.offsets) = (transitions, offsets)
        repeatsFrom = firstOfCycle == nil ? ZoneTable.end : cycleStart
        nextCycle = firstOfCycle.map { $0 + ZoneTable.cycle } ?? ZoneTable.end
        lastOffsets = [footer.standardOffset, daylight.offset]
    }

    /// The segment in force at an instant.
    func segment(at instant: Int) -> ZoneSegment {
        guard repeatsFrom != ZoneTable.end, instant >= repeatsFrom + ZoneTable.cycle else { return tabulated(instant) }
        let shift = (min(instant, ZoneTable.end) - repeatsFrom) / ZoneTable.cycle * ZoneTable.cycle
        var segment = tabulated(min(instant, ZoneTable.end) - shift)
        if segment.start < repeatsFrom {
            // What came before the first transition of this cycle is the tail of the cycle before it.
            segment.start = transitions[transitions.count - 1] - ZoneTable.cycle
            segment.previousOffset = offsets[offsets.count - 2]
            segment.offset = offsets[offsets.count - 1]
        }
        segment.start += shift
        segment.end += shift
        return segment
    }

    private func tabulated(_ instant: Int) -> ZoneSegment {
        var low = 0, high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return ZoneSegment(
            start: low > 0 ? transitions[low - 1] : ZoneTable.beginning,
            end: low < transitions.count ? transitions[low] : nextCycle,
            offset: offsets[low], previousOffset: low > 0 ? offsets[low - 1] : offsets[low])
    }

    /// How a local time reads: its instant, and the segment that begins after the gap it lies in, if it lies in one.
    func reading(of local: Int) -> (instant: Int, afterGap: ZoneSegment?) {
        let bounded = min(max(local, ZoneTable.beginning / 2), ZoneTable.end / 2)
        var segment = segment(at: bounded - ZoneTable.maximumOffset)
        while true {
            let instant = bounded - segment.offset
            if instant < segment.start { return (bounded - segment.previousOffset, segment) }
            if instant < segment.end { return (instant, nil) }
            segment = self.segment(at: segment.end)
        }
    }
}
