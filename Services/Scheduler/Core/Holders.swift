import Storage

/// Whom the next process has to wait for (`StoreWrite.workers`): the list that is on disk, the one on its way there, and the
/// one to be written next. What changes while a list is on its way goes into one list, not into several.
struct Holders {
    private var stored: [AttachedWorker] = []
    private var underWay: [AttachedWorker]?
    private var next: [AttachedWorker]?
    /// Instances that may get something: whichever of the lists the next process reads, they are in it.
    private var countedOn: Set<String> = []

    /// The list as it will be once everything is written.
    var latest: [AttachedWorker] { next ?? underWay ?? stored }
    /// Whether there is one to be written.
    var isWaiting: Bool { next != nil }

    /// Takes the list that is on disk.
    mutating func begin(with list: [AttachedWorker]) {
        stored = list
        count()
    }

    /// Decides what is to be written next.
    mutating func set(_ list: [AttachedWorker]) { next = list }

    /// Takes what is to be written, into a batch.
    mutating func take() -> [AttachedWorker]? {
        guard let list = next else { return nil }
        next = nil
        underWay = list
        count()
        return list
    }

    /// The batch with the list has been written, or is to be repeated.
    mutating func finish(isStored: Bool) {
        guard let list = underWay else { return }
        underWay = nil
        if isStored { stored = list } else { next = next ?? list }
        count()
    }

    /// Whether the next process would ask a worker what it runs, whatever of this becomes of what is under way.
    func isCountedOn(_ instance: String) -> Bool { countedOn.contains(instance) }

    private mutating func count() {
        countedOn = Self.open(stored)
        if let underWay { countedOn.formIntersection(Self.open(underWay)) }
    }

    /// Those that may get more at any time.
    private static func open(_ list: [AttachedWorker]) -> Set<String> {
        Set(list.lazy.filter { $0.leasesEndAt == nil }.map(\.instance))
    }
}
