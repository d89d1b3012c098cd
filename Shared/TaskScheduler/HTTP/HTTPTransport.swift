import NIOSSL
import TaskDomain
import TaskJSON

/// Asks a gateway, by its HTTP API.
struct HTTPTransport: Transport {
    private let gateway: GatewayClient

    init(_ gateway: GatewayClient) { self.gateway = gateway }

    func create(_ request: TaskRequest, now: UnixMilliseconds) async throws(TaskSchedulerError) -> ReminderID {
        // By it a request that is sent again is one reminder.
        let key = request.options.id ?? TaskScheduler.drawID(now)
        let answer = try await gateway.ask(.post, "/tasks", body: request.body, idempotencyKey: key.description, repetition: .isSafe)
        guard case .string(let text)? = try content(answer)["id"], let id = ReminderID(text) else { throw noGateway("no id in its answer") }
        return id
    }

    func change(_ id: ReminderID, _ change: ReminderChange, now: UnixMilliseconds) async throws(TaskSchedulerError) -> Bool {
        let answer =
            switch change {
            case .cancel: try await gateway.ask(.delete, "/reminders/\(id)", repetition: .isSafe)
            case .pause: try await gateway.ask(.post, "/reminders/\(id)/pause", repetition: .isSafe)
            case .resume: try await gateway.ask(.post, "/reminders/\(id)/resume", repetition: .isSafe)
            // A second later it would be another occurrence.
            case .run: try await gateway.ask(.post, "/reminders/\(id)/run", repetition: .isNot)
            }
        // There is none of that id, or it is finished.
        if answer.isProblem, [404, 409].contains(answer.status) { return false }
        guard try content(answer)["state"] != nil else { throw noGateway("no state in its answer") }
        return true
    }

    func get(_ id: ReminderID, now: UnixMilliseconds) async throws(TaskSchedulerError) -> ScheduledReminder? {
        let answer = try await gateway.ask(.get, "/reminders/\(id)", repetition: .isSafe)
        if answer.isProblem, answer.status == 404 { return nil }
        return try reminder(try content(answer))
    }

    func page(
        _ filter: ReminderFilter, after cursor: [UInt8], limit: Int, now: UnixMilliseconds
    ) async throws(TaskSchedulerError) -> ReminderPage {
        let query = filter.query + [("limit", "\(limit)")] + (cursor.isEmpty ? [] : [("cursor", String(decoding: cursor, as: UTF8.self))])
        let path = "/reminders?" + query.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&")
        let page = try content(try await gateway.ask(.get, path, repetition: .isSafe))
        guard case .array(let reminders)? = page["reminders"] else { throw noGateway("no reminders in its answer") }
        var next: [UInt8] = []
        if case .string(let text)? = page["next_cursor"] { next = Array(text.utf8) }
        return ReminderPage(reminders: try reminders.map { (each) throws(TaskSchedulerError) in try reminder(each) }, cursor: next)
    }

    func result(of id: ReminderID, scheduledAt: UnixSeconds?, waiting: Duration) async throws(TaskSchedulerError) -> OccurrenceResult? {
        let path = "/reminders/\(id)/occurrences/\(scheduledAt.map { "\($0)" } ?? "first")/result"
        let seconds = min(waiting.components.seconds, Attempt.resultWaitSeconds.upperBound)
        if seconds > 0 {
            let answer = try await gateway.ask(.get, "\(path)?wait_seconds=\(seconds)", repetition: .isSafe, waiting: .seconds(seconds))
            // Else so many wait there that it takes no more.
            if answer.status != 503 { return try result(answer) }
        }
        return try result(try await gateway.ask(.get, path, repetition: .isSafe))
    }

    private func result(_ answer: GatewayAnswer) throws(TaskSchedulerError) -> OccurrenceResult? {
        if answer.isProblem, answer.status == 404 { return nil }
        let json = try content(answer)
        guard case .string(let name)? = json["state"], let state = OccurrenceResult.State(rawValue: name) else {
            throw noGateway("no state in its answer")
        }
        var detail = ""
        if case .string(let text)? = json["attempt"]?["detail"] { detail = text }
        return OccurrenceResult(state: state, value: json["result"].flatMap { $0.isNull ? JSONValue?.none : $0 }, detail: detail)
    }

    func stop() async { await gateway.stop() }

    // MARK: Answers

    /// - Throws: what an answer says that is none of success.
    private func content(_ answer: GatewayAnswer) throws(TaskSchedulerError) -> JSONValue {
        switch answer.status {
        case 200..<300:
            guard let json = answer.json, case .object = json else { throw noGateway("its answer is no JSON object") }
            return json
        case 400..<500:
            guard let words = answer.words(gateway.redaction) else { break }
            throw .refused(words)
        case 500...: throw .unavailable("\(gateway.address): \(answer.words(gateway.redaction) ?? "it answered \(answer.status)")")
        default: break
        }
        throw noGateway("it answered \(answer.status)")
    }

    private func noGateway(_ what: String) -> TaskSchedulerError {
        .unavailable("\(gateway.address): \(what); is it the address of a gateway of task-scheduler?")
    }

    private func reminder(_ json: JSONValue) throws(TaskSchedulerError) -> ScheduledReminder {
        guard let reminder = ScheduledReminder(json) else { throw noGateway("its answer is no reminder that this build can read") }
        return reminder
    }
}

extension TaskScheduler {
    /// The longest that a call over HTTP takes, all its tries and the whole of its answer together, seconds. The gateway itself waits
    /// ``deadlineMilliseconds`` for a scheduler.
    public static let httpDeadlineSeconds = 10

    /// Asks a gateway, over HTTP. Connections are made when they are needed, and kept. What is refused for now (429, 503) and what is lost
    /// with a connection is asked again within the deadline, as far as it stays one: each create carries an `Idempotency-Key`.
    ///
    /// ```swift
    /// let scheduler = try TaskScheduler(at: "https://tasks.example", key: key)
    /// ```
    ///
    /// - Parameters:
    ///   - address: the gateway's, as `https://tasks.example` or `http://127.0.0.1:5000`.
    ///   - key: the caller's API key; `nil`: for a gateway that lets anyone in. It is in no message and no log.
    ///   - authorities: a PEM file of the authorities to trust for `https`; `nil`: those of the system.
    ///   - allowsPlain: allows `http` to another machine, which encrypts nothing.
    /// - Throws: ``TaskSchedulerError/invalid(_:)`` for an address, a key or a file that cannot be one.
    public init(
        at address: String, key: String?, authorities: String? = nil, allowsPlain: Bool = false
    ) throws(TaskSchedulerError) {
        try self.init(
            at: address, key: key, authorities: authorities, allowsPlain: allowsPlain, deadline: .seconds(Self.httpDeadlineSeconds),
            clock: { SystemClock.now })
    }

    /// - Parameters:
    ///   - deadline: of a call.
    ///   - clock: the time.
    init(
        at address: String, key: String?, authorities: String? = nil, allowsPlain: Bool = false, deadline: Duration,
        clock: @escaping @Sendable () -> UnixMilliseconds
    ) throws(TaskSchedulerError) {
        let address = try GatewayAddress(address, allowsPlain: allowsPlain)
        if let key, !ReminderLimits.keyBytes.contains(key.utf8.count) || !key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            throw .invalid("the key must have 1 to \(ReminderLimits.keyBytes.upperBound) visible ASCII characters")
        }
        let certificates = try authorities.map { (path) throws(TaskSchedulerError) in try Self.certificates(path) }
        let gateway = GatewayClient(address, key: key.map { Secret($0) }, authorities: certificates, deadline: deadline)
        self.init(HTTPTransport(gateway), clock: clock)
    }

    private static func certificates(_ path: String) throws(TaskSchedulerError) -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do { certificates = try NIOSSLCertificate.fromPEMFile(path) } catch {
            throw .invalid("the authorities must be a PEM file of certificates; \(path) cannot be read as one: \(error)")
        }
        guard !certificates.isEmpty else { throw .invalid("the authorities must be a PEM file of certificates; \(path) has none") }
        return certificates
    }
}
