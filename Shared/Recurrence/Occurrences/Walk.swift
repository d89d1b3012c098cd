/// What a walk along a series has looked up last; consecutive answers find it ready. Any walk can answer any question.
struct Walk {
    var place = DaySet.Place()
    private var segment: ZoneSegment?

    @inline(__always)
    mutating func segment(at instant: Int, _ zone: ZoneTable) -> ZoneSegment {
        if let segment, instant >= segment.start, instant < segment.end { return segment }
        return lookUp(instant, zone)
    }

    private mutating func lookUp(_ instant: Int, _ zone: ZoneTable) -> ZoneSegment {
        let found = zone.segment(at: instant)
        segment = found
        return found
    }
}

/// A wall clock's seconds, counted from the epoch of ``DayNumber`` so that they are never negative.
enum WallSeconds {
    @inline(__always)
    static func split(_ local: Int) -> (day: Int, time: Int) {
        let seconds = UInt(bitPattern: local)
        return (Int(bitPattern: seconds / 86_400), Int(bitPattern: seconds % 86_400))
    }

    /// From unix seconds and an offset east of UTC.
    @inline(__always)
    static func of(_ instant: Int, offset: Int) -> Int { instant + offset + DayNumber.unixSeconds }
}
