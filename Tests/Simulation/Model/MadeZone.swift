import Storage
import Synchronization
import TaskDomain
import TaskRecurrence

/// A zone whose data changes during a life. It has a name of its own, as lives run side by side in one process.
final class MadeZone {
    /// Seconds east of UTC at first, and how far other offsets may lie from there.
    static let offset = 7_200, farthest = 7_200

    /// Local noon at first, after the beginning of a day in UTC.
    static let noonMilliseconds: Int64 = 10 * 3_600_000

    let name: String
    /// What the machine's file says, from when on, unix seconds.
    private var changes: [(at: Int64, offset: Int)] = []
    /// What is computed with.
    private var used: [(at: Int64, offset: Int)] = []
    private static let number = Atomic<UInt64>(0)

    init() {
        name = "Made/Zone\(Self.number.add(1, ordering: .relaxed).newValue)"
        ZoneData.make(name, offset: Self.offset)
    }

    deinit { ZoneData.forget(name) }

    /// The machine gets other data, by which another offset is in force from then on.
    func change(at time: Int64, offset: Int) {
        changes.removeAll { $0.at >= time }
        changes.append((time, offset))
    }

    /// Has what is computed from now on have the machine's data.
    /// - Returns: whether it had other data before.
    func read() -> Bool {
        guard !changes.elementsEqual(used, by: ==) else { return false }
        used = changes
        ZoneData.make(name, offset: Self.offset, changes: used)
        return true
    }

    /// Whether what is computed with is other data than that of the beginning.
    var isChanged: Bool { !used.isEmpty }

    /// Of the data that is computed with.
    var digest: UInt64 { (try? Zone(identifier: name))?.digest ?? 0 }

    /// The number of an occurrence's day, of one that falls due around noon whichever offset is in force.
    static func day(of scheduledAt: UnixSeconds) -> Int64 {
        let local = scheduledAt.count + Int64(offset)
        return (local - (local % 86_400 + 86_400) % 86_400) / 86_400
    }
}
