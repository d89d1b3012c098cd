import Storage
import TaskDomain
import TaskRecurrence

/// Has the store know every zone that series run in, so that it is noticed when the data of one has changed.
///
/// @unchecked Sendable is safe because every mutable member is used on the scheduler's event loop only.
final class ZoneMarks: @unchecked Sendable {
    private let store: any Store
    /// Those that the store has a mark of, or soon will; UTC needs none.
    private var known: Set<String> = ["UTC"]

    init(_ store: any Store) { self.store = store }

    func know(_ zones: some Sequence<String>) { known.formUnion(zones) }

    /// A reminder with this schedule is about to be stored.
    func note(_ schedule: Schedule) {
        let name = schedule.timezone
        guard !schedule.isSingle, !known.contains(name), let zone = try? Zone(identifier: name) else { return }
        known.insert(name)
        store.submit([.zone(ZoneMark(zone: name, digest: zone.digest))]) { [self] result in
            // The next one tries again.
            if case .failure = result { known.remove(name) }
        }
    }
}
