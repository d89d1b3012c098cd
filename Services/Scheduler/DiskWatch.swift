import Logging
import Metrics
import ServiceLifecycle
import Storage
import TaskOperations

/// Looks how full the store's disk is. Below the reserve nothing new is taken in, so that what was accepted can go on being
/// delivered: a delivery writes, too. The scheduler stays ready for its workers meanwhile; `/readyz` says it in a notice.
struct DiskWatch: Service, CustomStringConvertible {
    static let interval = Duration.seconds(1)

    let store: any Store
    let reserve: DiskReserve
    let loop: SchedulerLoop
    let readiness: Readiness
    let logger: Logger
    private let free = Gauge(label: "scheduler_store_free_bytes")
    private let refusing = Gauge(label: "scheduler_refuses_creates")

    init(store: any Store, reserve: DiskReserve, loop: SchedulerLoop, readiness: Readiness, logger: Logger) {
        self.store = store
        self.reserve = reserve
        self.loop = loop
        self.readiness = readiness
        self.logger = logger
    }

    var description: String { "disk check" }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var wasRefusing = false
            while true {
                let refusal = try await look()
                if (refusal != nil) != wasRefusing {
                    wasRefusing = refusal != nil
                    logger.log(level: wasRefusing ? .error : .notice, "\(refusal ?? "there is room on the disk again: new reminders are accepted")")
                }
                try await Task.sleep(for: Self.interval)
            }
        }
    }

    /// - Returns: why nothing new is taken in; `nil` where it is.
    @discardableResult
    func look() async throws -> String? {
        // A store that cannot say it cannot be written either, which others notice.
        guard let space = try? await answer({ store.space(completion: $0) }) else { return nil }
        let reserve = reserve.bytes(of: space.capacity)
        let refusal = space.free < reserve
            ? "the store's disk has \(space.free >> 20) MiB left of which \(reserve >> 20) are kept for deliveries: no new reminders are accepted. "
                + "Free space, or lower SCHEDULER_DISK_RESERVE" : nil
        free.record(space.free)
        refusing.record(refusal == nil ? 0 : 1)
        readiness.set("disk", refusal.map { .notice($0) } ?? .ok)
        try await loop.eventLoop.submit { [loop] in loop.createRefusal = refusal }.get()
        return refusal
    }
}
