public import Logging
import NIOPosix
import TaskDomain
import TaskMessages
import TaskWire

/// Asks the cluster's scheduler itself.
struct WireTransport: Transport {
    private let client: Client

    /// - Parameter client: started, and ended by ``stop()``. Its calls may be repeated: a repeated create stays one reminder.
    init(_ client: Client) { self.client = client }

    func create(_ request: TaskRequest, now: UnixMilliseconds) async throws(TaskSchedulerError) -> ReminderID {
        let id = request.options.id ?? TaskScheduler.drawID(now)
        let reply = try await call(SchedulerService.create, request.message(id, now: now))
        guard reply.result == .created else { throw Self.strangeAnswer }
        return id
    }

    func change(_ id: ReminderID, _ change: ReminderChange, now: UnixMilliseconds) async throws(TaskSchedulerError) -> Bool {
        let request = Proto.ChangeRequest(action: change.action, reminders: [Proto.ReminderRef(id: id.bytes)], atMs: now.count)
        guard let answer = try await call(SchedulerService.change, request).changes.first else { throw Self.strangeAnswer }
        // Cancelled before is cancelled: a call that is repeated gets the answer that the first one may have lost.
        return answer.result == .done || change == .cancel && answer.result == .finished && answer.state == .cancelled
    }

    func get(_ id: ReminderID, now: UnixMilliseconds) async throws(TaskSchedulerError) -> ScheduledReminder? {
        let reply = try await call(SchedulerService.get, Proto.ReminderRef(id: id.bytes))
        return reply.found ? try Self.read(reply, now) : nil
    }

    func page(
        _ filter: ReminderFilter, after cursor: [UInt8], limit: Int, now: UnixMilliseconds
    ) async throws(TaskSchedulerError) -> ReminderPage {
        let reply = try await call(
            SchedulerService.list, Proto.ListRequest(filter: filter.message, cursor: cursor, limit: UInt32(clamping: limit)))
        let reminders = try reply.reminders.map { (each) throws(TaskSchedulerError) in try Self.read(each, now) }
        return ReminderPage(reminders: reminders, cursor: reply.cursor)
    }

    /// The scheduler answers at once.
    func result(of id: ReminderID, scheduledAt: UnixSeconds?, waiting: Duration) async throws(TaskSchedulerError) -> OccurrenceResult? {
        try OccurrenceResult(try await call(SchedulerService.result, Proto.ResultRequest(id: id.bytes, scheduledAt: scheduledAt?.count)))
    }

    func stop() async { await client.stop() }

    // MARK: Calls

    private static let strangeAnswer = TaskSchedulerError.refused("it answered another question")

    private static func read(_ reply: Proto.ReminderReply, _ now: UnixMilliseconds) throws(TaskSchedulerError) -> ScheduledReminder {
        guard let reminder = ScheduledReminder(reply, now: now.second) else { throw strangeAnswer }
        return reminder
    }

    private func call<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request
    ) async throws(TaskSchedulerError) -> Reply {
        do throws(CallError) {
            return try await client.call(method, request, deadline: .after(milliseconds: TaskScheduler.deadlineMilliseconds))
        } catch {
            switch error.code {
            case .invalidArgument, .outOfRange, .failedPrecondition, .permissionDenied, .unimplemented: throw .refused(error.message)
            default: throw .unavailable("\(error)")
            }
        }
    }
}

extension TaskScheduler {
    /// Connects to the cluster's scheduler, and stays connected: calls that find no connection wait for one within their deadline,
    /// ``deadlineMilliseconds``.
    ///
    /// ```swift
    /// let scheduler = try TaskScheduler(at: "scheduler:7101", secret: secret)
    /// ```
    ///
    /// - Parameters:
    ///   - address: `host:port` of the scheduler's `SCHEDULER_LISTEN`; several, with commas, for several.
    ///   - secret: the cluster's, or better the line that `scheduler --derive-secret client` prints, with which a process can do nothing but
    ///     ask for tasks and about them. Proves who asks, and encrypts what leaves the machine. `nil`: for a scheduler on loopback that has none.
    ///   - name: what the scheduler's log calls this program.
    /// - Throws: ``TaskSchedulerError/invalid(_:)`` for an address or a secret that cannot be one.
    public init(
        at address: String, secret: String? = nil, name: String = "client", logger: Logger = Logger(label: "task-scheduler")
    ) throws(TaskSchedulerError) {
        let endpoints = try Self.endpoints(address)
        let identity = PeerIdentity(role: .client, drawnFor: name, build: "1")
        let settings = WireSettings(identity: identity, security: WireSecurity(credential: try secret.map(Self.credential)))
        let client = Client(
            to: .scheduler, at: endpoints, settings: settings, repetition: .idempotent,
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        client.start()
        self.init(WireTransport(client), clock: { SystemClock.now })
    }

    private static func endpoints(_ text: String) throws(TaskSchedulerError) -> [WireEndpoint] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let endpoints = parts.compactMap { WireEndpoint(text: $0) }.filter { endpoint in
            endpoint.port > 0 && !endpoint.host.isEmpty && endpoint.host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
        guard endpoints.count == parts.count else {
            throw .invalid("the scheduler's address must be host:port, such as scheduler:7101 or [::1]:7101; it was \"\(text)\"")
        }
        return endpoints
    }

    private static func credential(_ secret: String) throws(TaskSchedulerError) -> ClusterCredential {
        guard secret.hasPrefix(ClusterCredential.derivedPrefix) else {
            guard ClusterCredential.secretBytes.contains(secret.utf8.count) else {
                throw .invalid("the secret must have \(ClusterCredential.secretBytes.lowerBound) to \(ClusterCredential.secretBytes.upperBound) bytes")
            }
            return ClusterCredential(secret: Array(secret.utf8))
        }
        guard let credential = ClusterCredential(derived: Secret(secret)), credential.role == .client else {
            throw .invalid("the secret holds no keys of a client; it must be the line that scheduler --derive-secret client prints, or the cluster's secret")
        }
        return credential
    }
}
