import TaskDomain

/// A recurrence set joined with what stands beside its text: every date an instant, the rest a pattern.
public struct ResolvedSet: Sendable {
    /// The first occurrence, unless it is left out; unix seconds.
    public var start: Int64
    /// The zone on whose wall clock the set runs.
    public var zone: Zone
    /// Nil where only the start and `rdates` are occurrences.
    public var pattern: RecurrencePattern?
    /// Added and left out, unix seconds, in the order given.
    public var rdates: [Int64], exdates: [Int64]

    /// A fault of the set, or of what stands beside it.
    public struct Fault: Error, Sendable, Hashable {
        public enum Place: Sendable, Hashable { case start, zone, text }

        public var place: Place
        /// The fault and what is expected, as the rest of a sentence about the place.
        public var reason: String
    }

    /// Every fault at once; never empty.
    public struct Faults: Error, Sendable, Hashable {
        public var all: [Fault]
    }

    /// - Parameters:
    ///   - set: what the text says.
    ///   - start: the start given beside it, unix seconds; nil: its DTSTART stands for it.
    ///   - zone: the zone given beside it; nil: that of DTSTART stands for it, or where there is no DTSTART that of the first date with
    ///     one, or UTC.
    ///   - rdates: added beside those of the text, unix seconds.
    ///   - exdates: left out beside those of the text, unix seconds.
    public init(
        _ set: RuleSet, start: Int64?, zone: Zone?, rdates: [Int64] = [], exdates: [Int64] = []
    ) throws(Faults) {
        var resolution = Resolution(set: set)
        guard resolution.readZones(beside: zone), let start = resolution.start(beside: start) else { throw Faults(all: resolution.faults) }
        self.start = start
        self.zone = resolution.zone
        self.rdates = rdates + resolution.instants("RDATE", set.rdates, start: start)
        self.exdates = exdates + resolution.instants("EXDATE", set.exdates.filter { !$0.isDay }, start: start)
        guard resolution.faults.isEmpty else { throw Faults(all: resolution.faults) }
        pattern = RecurrencePattern(rules: set.rules, exrules: set.exrules, excludedDays: set.exdates.compactMap(\.day))
        if set.rules.isEmpty { excludeSingly() }
    }

    /// Without a rule the occurrences are few, so those that the pattern takes away are left out one by one.
    private mutating func excludeSingly() {
        guard let pattern else { return }
        let series = Series(start: start, pattern: pattern, rdates: rdates, exdates: exdates, zone: zone)
        let known = Set(exdates)
        if !pattern.exrules.isEmpty || !pattern.excludedDays.isEmpty {
            exdates += Set([start] + rdates).filter { !known.contains($0) && !series.contains($0) }.sorted()
        }
        self.pattern = nil
    }
}

extension RuleDate {
    /// Days since 1970-01-01, where it is a day without a time.
    fileprivate var day: Int64? { if case .date(let day) = self { day } else { nil } }
    fileprivate var isDay: Bool { day != nil }

    /// The instant in unix seconds, with the zone of the set for what names none. A day without a time begins at `timeOfDay`, in seconds.
    fileprivate func instant(in zone: Zone, named: [String: Zone], timeOfDay: Int64) -> Int64 {
        switch self {
        case .utc(let instant): instant
        case .local(let local, let name): (name.flatMap { named[$0] } ?? zone).unix(fromLocal: local)
        case .date(let day): zone.unix(fromLocal: day * CivilTime.secondsPerDay + timeOfDay)
        }
    }
}

private struct Resolution {
    let set: RuleSet
    var zone = Zone.utc
    private var named: [String: Zone] = [:]
    var faults: [ResolvedSet.Fault] = []

    init(set: RuleSet) { self.set = set }

    private mutating func refuse(_ place: ResolvedSet.Fault.Place, _ reason: String) {
        if faults.count < Rule.maximumFaults { faults.append(ResolvedSet.Fault(place: place, reason: reason)) }
    }

    /// Looks up every zone that the text names, each once, and decides on that of the set.
    mutating func readZones(beside given: Zone?) -> Bool {
        var seen: Set<String> = []
        for name in ([set.start].compactMap { $0 } + set.rdates + set.exdates).lazy.compactMap(\.zone) where seen.insert(name).inserted {
            do throws(ZoneError) { named[name] = try Zone(identifier: name) } catch { refuse(.text, "TZID: \(error)") }
        }
        guard faults.isEmpty else { return false }
        let own: Zone? =
            switch set.start {
            case .utc: .utc
            case .local, .date: set.start?.zone.flatMap { named[$0] }
            case nil: nil
            }
        if let own, let given, own != given, let start = set.start {
            let stated = start.zone.map { "TZID=\($0)" } ?? "UTC (\(start.text))"
            refuse(.zone, "is \(given.identifier), and DTSTART of the set has \(stated); give one of them, or both the same")
        }
        let ofDates = set.start == nil ? set.zoneIdentifier.flatMap { named[$0] } : nil
        zone = own ?? given ?? ofDates ?? .utc
        return true
    }

    mutating func start(beside given: Int64?) -> Int64? {
        guard let date = set.start else {
            if let given { return given }
            refuse(.start, "is required, unless rrule is a set with a DTSTART")
            return nil
        }
        let own = date.instant(in: zone, named: named, timeOfDay: 0)
        if !ReminderLimits.scheduleSeconds.contains(own) {
            refuse(.text, "DTSTART \(date.text): must lie in the years 1 to 9999")
        } else if let given, given != own {
            refuse(.start, "is \(given), and DTSTART\(date.parameters):\(date.text) of the set is \(own); give one of them, or both the same")
        }
        return faults.isEmpty ? own : nil
    }

    /// RDATE of a day means that day at the time of the start, as a rule takes from the start what it leaves open.
    mutating func instants(_ property: String, _ dates: [RuleDate], start: Int64) -> [Int64] {
        let local = start + Int64(zone.offset(at: start))
        let timeOfDay = local - CivilTime(secondNumber: local).dayNumber * CivilTime.secondsPerDay
        return dates.map { date in
            let instant = date.instant(in: zone, named: named, timeOfDay: timeOfDay)
            if !ReminderLimits.scheduleSeconds.contains(instant) { refuse(.text, "\(property) \(date.text): must lie in the years 1 to 9999") }
            return instant
        }
    }
}
