import HeapModule
import TaskDomain

/// What queues allow: pauses, concurrency, rates.
struct Queues {
    private struct Queue {
        var settings: QueueSettings
        var running = 0
        /// Monotonic microseconds: the theoretical arrival time of the generic cell rate algorithm (ITU-T I.371), by
        /// which dispatches keep their distance.
        var arrival: Int64 = .min
    }

    private var queues: [String: Queue] = [:]
    /// Of the queues that have settings, or something running.
    private(set) var sortedNames = SortedNames()
    /// Queues that are held back by their rate, by when they may go on.
    private var wakes = Heap<Wake>()
    private var waking: [String: MonotonicMilliseconds] = [:]

    var names: some Sequence<String> { queues.keys }

    /// Queues that have settings of their own.
    var configured: Int { queues.count { $0.value.settings != QueueSettings(name: $0.key) } }

    mutating func set(_ settings: QueueSettings) {
        queues[settings.name, default: Queue(settings: settings)].settings = settings
        sortedNames.insert(settings.name)
    }

    func settings(of name: String) -> QueueSettings { queues[name]?.settings ?? QueueSettings(name: name) }

    func running(in name: String) -> Int { queues[name]?.running ?? 0 }

    mutating func began(_ name: String) {
        let before = queues.count
        queues[name, default: Queue(settings: QueueSettings(name: name))].running += 1
        if queues.count > before { sortedNames.insert(name) }
    }

    mutating func ended(_ name: String) {
        guard var queue = queues[name] else { return }
        queue.running -= 1
        // Names are callers' to choose: only what has settings is remembered.
        let isOver = queue.running <= 0 && queue.settings == QueueSettings(name: name)
        queues[name] = isOver ? nil : queue
        if isOver { sortedNames.remove(name) }
    }

    /// Whether one more of the queue may be dispatched now.
    mutating func allows(_ name: String, now: Moment) -> Bool {
        guard let queue = queues[name] else { return true }
        guard !queue.settings.isPaused, queue.running < queue.settings.maxConcurrency ?? .max else { return false }
        guard let rate = queue.settings.rate else { return true }
        let wait = queue.arrival.subtractingReportingOverflow(rate.toleranceMicroseconds + now.monotonicMicroseconds)
        guard !wait.overflow, wait.partialValue > 0 else { return true }
        wake(name, at: now.monotonic + (wait.partialValue + 999) / 1_000)
        return false
    }

    // MARK: Rates

    /// A moment at which a queue may go on.
    private struct Wake: Comparable {
        let at: MonotonicMilliseconds
        let queue: String

        static func < (a: Wake, b: Wake) -> Bool { a.at != b.at ? a.at < b.at : a.queue < b.queue }
    }

    private mutating func wake(_ name: String, at time: MonotonicMilliseconds) {
        if let known = waking[name], known <= time { return }
        waking[name] = time
        wakes.insert(Wake(at: time, queue: name))
    }

    /// When the first of them may go on.
    var wakeAt: MonotonicMilliseconds? { wakes.min?.at }

    /// Takes those that may go on by now.
    mutating func takeWoken(now: Moment) -> [String] {
        var woken: [String] = []
        while let wake = wakes.min, wake.at <= now.monotonic {
            wakes.removeMin()
            guard waking[wake.queue] == wake.at else { continue }
            waking[wake.queue] = nil
            woken.append(wake.queue)
        }
        return woken
    }

    /// Who a reminder belongs to, where those share its queue: ASCII, so that it is the same here as on disk exactly if its bytes are.
    func sharer(of reminder: Reminder) -> String {
        let name =
            switch queues[reminder.queue]?.settings.fairBy ?? .caller {
            case .caller: reminder.caller
            case .createdBy: reminder.createdBy
            case .classroomID: reminder.classroomID
            case .nobody: ""
            }
        return name.utf8.allSatisfy { $0 < 0x80 } ? name : "utf-8:" + Hexadecimal.text(name.utf8)
    }

    /// One of the queue is dispatched.
    mutating func spend(_ name: String, now: Moment) {
        guard let queue = queues[name], let rate = queue.settings.rate else { return }
        queues[name]?.arrival = max(queue.arrival, now.monotonicMicroseconds) + rate.intervalMicroseconds
    }
}

extension DispatchRate {
    /// Between two dispatches, at least a microsecond.
    fileprivate var intervalMicroseconds: Int64 { max(1, Int64(seconds) * 1_000_000 / Int64(count)) }

    /// How far a burst may run ahead: one second's worth.
    fileprivate var toleranceMicroseconds: Int64 { Int64(max(1, count / seconds) - 1) * intervalMicroseconds }
}

extension Moment {
    fileprivate var monotonicMicroseconds: Int64 { monotonic.count * 1_000 }
}
