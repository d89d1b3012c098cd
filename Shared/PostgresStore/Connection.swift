import CPostgres
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One connection to the server, used by one thread: statements go out together (a pipeline), each prepared once, with binary parameters
/// and results, and that thread waits for the answers with a deadline.
final class Connection {
    private let handle: OpaquePointer
    /// How long an answer may take.
    var answerWait: Duration
    /// When every answer is too late, however soon it comes after it was asked for; `nil`: there is no such time.
    var end: ContinuousClock.Instant?
    private var prepared: [String: String] = [:]
    /// Names that were given to statements.
    private var names = 0
    private let onStatement: (@Sendable (String) -> Void)?
    private let notices: Notices
    /// Results that came, to be looked at in their turn.
    private var arrivals: ArraySlice<Arrival> = []
    /// Ends of statements sent together that have not come yet.
    private var awaited = 0
    private var warning: String?
    /// Nothing more is to be expected of it.
    private(set) var isBroken = false

    /// Statements that are kept prepared.
    private static let maxPrepared = 256

    /// Connects.
    /// - Throws: `.connection`, with the server's or the system's words.
    init(_ address: PostgresAddress, _ limits: PostgresLimits) throws(PostgresFailure) {
        answerWait = limits.answerWait
        onStatement = limits.onStatement
        handle = try Self.connect(address, limits)
        notices = Notices()
        PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue().add(result)
            }, Unmanaged.passUnretained(notices).toOpaque())
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            throw PostgresFailure(.connection, Self.message(handle))
        }
    }

    deinit {
        for arrival in arrivals { PQclear(arrival.result) }
        PQfinish(handle)
    }

    private static func connect(_ address: PostgresAddress, _ limits: PostgresLimits) throws(PostgresFailure) -> OpaquePointer {
        let servers = address.servers
        guard servers.hosts.count > 1 else { return try connect(address, servers.hosts[0], until: .now + limits.connectWait) }
        // One that does not answer keeps nobody from the next.
        var reasons: [String] = []
        for server in servers.hosts {
            do throws(PostgresFailure) {
                return try connect(address, server, until: .now + (servers.patience ?? limits.hostWait))
            } catch {
                reasons.append(error.message)
            }
        }
        throw PostgresFailure(.connection, reasons.joined(separator: "; "))
    }

    private static func connect(
        _ address: PostgresAddress, _ server: ServerHosts.Host, until deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> OpaquePointer {
        guard let handle = address.start(server) else { throw PostgresFailure(.connection, "out of memory") }
        // Writing first, as the documentation of PQconnectPoll wants it.
        var state = PGRES_POLLING_WRITING
        while PQstatus(handle) != CONNECTION_BAD, state != PGRES_POLLING_OK {
            guard state != PGRES_POLLING_FAILED else { break }
            guard wait(PQsocket(handle), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline) else {
                PQfinish(handle)
                let name = server["host"] ?? server["hostaddr"]
                throw PostgresFailure(.connection, "no answer in time" + (name.map { " from \($0)" } ?? ""))
            }
            state = PQconnectPoll(handle)
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let failure = PostgresFailure(.connection, message(handle))
            PQfinish(handle)
            throw failure
        }
        return handle
    }

    /// When an answer to what is sent now would be too late.
    var deadline: ContinuousClock.Instant {
        let next = ContinuousClock.now + answerWait
        return end.map { min($0, next) } ?? next
    }

    func isPrepared(_ sql: String) -> Bool { prepared[sql] != nil }

    var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// Carries out the statements in order. After one that the server refuses, those behind it are not carried out.
    /// - Returns: the rows of each.
    func run(_ queries: [Query]) throws(PostgresFailure) -> [Rows] {
        try checkIsOpen()
        if hasEnded { throw Self.late }
        var steps: [Step] = []
        for query in queries {
            if !isPrepared(query.sql) {
                try prepare(query.sql)
                steps.append(.prepare(query.sql))
            }
            try send(query)
            steps.append(.query)
        }
        try sync()
        return try receive(steps, until: deadline).get()
    }

    /// Carries out sets of statements in one trip, in order: where the server refuses one, those behind it in its set are not carried out, and
    /// the next set is. A transaction that fails in one set has to be ended by another.
    func run(sets: [[Query]]) -> [SetAnswer] { SetTrip.run([(self, sets)])[0] }

    func checkIsOpen() throws(PostgresFailure) {
        guard !isBroken else { throw PostgresFailure(.connection, "the connection was lost") }
        if prepared.count > Self.maxPrepared { try forgetPrepared() }
    }

    func prepare(_ sql: String) throws(PostgresFailure) {
        onStatement?(sql)
        let name = "s\(names)"
        names += 1
        guard PQsendPrepare(handle, name, sql, 0, nil) == 1 else { throw broken() }
        prepared[sql] = name
    }

    func send(_ query: Query) throws(PostgresFailure) {
        guard let name = prepared[query.sql], send(query, name) else { throw broken() }
    }

    func sync() throws(PostgresFailure) {
        guard PQpipelineSync(handle) == 1 else { throw broken() }
        awaited += 1
    }

    /// Takes it for broken where a transaction is left open on it: what comes next would go into that, or be refused with it.
    func breakUnlessIdle() { if PQtransactionStatus(handle) != PQTRANS_IDLE { isBroken = true } }

    /// Carries out one statement.
    func run(_ sql: String, _ parameters: [Parameter] = []) throws(PostgresFailure) -> Rows {
        guard let rows = try run([Query(sql, parameters)]).first else { throw PostgresFailure(.protocolViolation, "no answer") }
        return rows
    }

    /// A warning that came with what was carried out last, which makes its success doubtful; `nil`: there was none.
    func takeWarning() -> String? {
        defer { warning = nil }
        return warning
    }

    enum Step {
        case prepare(String)
        case query
    }

    private func send(_ query: Query, _ name: String) -> Bool {
        var bytes: [UInt8] = [], places: [Range<Int>?] = []
        for parameter in query.parameters {
            let start = bytes.count
            places.append(parameter.append(to: &bytes) ? start..<bytes.count : nil)
        }
        // A value of no bytes has an address, too: without one it would be NULL.
        bytes.append(0)
        let lengths = places.map { Int32(truncatingIfNeeded: $0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: places.count)
        return bytes.withUnsafeBytes { raw in
            let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = places.map { place in place.flatMap { place in base.map { $0 + place.lowerBound } } }
            return PQsendQueryPrepared(handle, name, Int32(places.count), values, lengths, formats, 1) == 1
        }
    }

    /// - Parameter others: connections on which answers are waited for as well.
    /// - Returns: the rows of each query, or what the server refused.
    func receive(
        _ steps: [Step], until deadline: ContinuousClock.Instant, beside others: ArraySlice<Connection> = []
    ) throws(PostgresFailure) -> Result<[Rows], PostgresFailure> {
        var rows: [Rows] = [], refusal: PostgresFailure?
        for step in steps {
            guard let result = try next(until: deadline, beside: others) else { throw broken("an answer is missing") }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                let found = Rows(result)
                if case .query = step { rows.append(found) }
            case let status:
                if case .prepare(let sql) = step { prepared[sql] = nil }
                if status != PGRES_PIPELINE_ABORTED, refusal == nil { refusal = Self.refusal(result) }
                PQclear(result)
            }
            // The end of this statement's results.
            guard try next(until: deadline, beside: others) == nil else { throw broken("more answers than questions") }
        }
        guard let end = try next(until: deadline, beside: others) else { throw broken("an answer is missing") }
        let status = PQresultStatus(end)
        PQclear(end)
        guard status == PGRES_PIPELINE_SYNC else { throw broken("the end of the answers is missing") }
        guard let refusal else { return .success(rows) }
        if refusal.endsConnection { isBroken = true }
        return .failure(refusal)
    }

    private struct Arrival {
        /// `nil`: the end of a statement's results.
        let result: OpaquePointer?
        /// What came with it.
        let warning: String?
    }

    /// The next result, once it is there.
    private func next(until deadline: ContinuousClock.Instant, beside others: ArraySlice<Connection>) throws(PostgresFailure) -> OpaquePointer? {
        while true {
            collect()
            if let arrival = arrivals.popFirst() {
                warning = arrival.warning ?? warning
                return arrival.result
            }
            guard PQstatus(handle) == CONNECTION_OK, PQflush(handle) >= 0 else { throw broken() }
            guard Self.wait([self] + others, until: deadline) else {
                let failure = broken("no answer within \(answerWait)")
                throw hasEnded ? Self.late : failure
            }
        }
    }

    /// Takes what has come, and sends what is left to send: what the server answers is taken while it is sent to, else both would wait.
    private func exchange() {
        if PQconsumeInput(handle) != 1 || PQflush(handle) < 0 { isBroken = true }
        collect()
    }

    /// Takes what has come in full out of libpq, which gives nothing of it out any more once the connection turns out to be lost.
    private func collect() {
        var isEnd = false
        while awaited > 0, PQisBusy(handle) == 0, PQstatus(handle) == CONNECTION_OK {
            let result = PQgetResult(handle)
            // Twice nothing is no answer, and would go on for ever.
            guard result != nil || !isEnd else { return isBroken = true }
            isEnd = result == nil
            if let result, PQresultStatus(result) == PGRES_PIPELINE_SYNC { awaited -= 1 }
            arrivals.append(Arrival(result: result, warning: notices.take()))
        }
    }

    /// Waits until one of several has something to take or can be sent to, and does so.
    private static func wait(_ connections: [Connection], until deadline: ContinuousClock.Instant) -> Bool {
        var pollers = connections.map { connection in
            pollfd(
                fd: connection.isBroken ? -1 : PQsocket(connection.handle),
                events: Int16(PQflush(connection.handle) == 1 ? POLLIN | POLLOUT : POLLIN), revents: 0)
        }
        guard anyIsReady(&pollers, until: deadline) else { return false }
        for (connection, poller) in zip(connections, pollers) where poller.revents != 0 { connection.exchange() }
        return true
    }

    private func forgetPrepared() throws(PostgresFailure) {
        prepared = [:]
        _ = try run([Query("DEALLOCATE ALL")])
        prepared = [:]
    }

    private var hasEnded: Bool { end.map { $0 <= .now } ?? false }

    private static let late = PostgresFailure(.late, "no answer in time")

    private func broken(_ message: String? = nil) -> PostgresFailure {
        isBroken = true
        return PostgresFailure(.connection, message ?? Self.message(handle))
    }

    private static func message(_ handle: OpaquePointer) -> String {
        PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    }

    private static func refusal(_ result: OpaquePointer) -> PostgresFailure {
        func field(_ code: UnicodeScalar) -> String? { PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) } }
        return PostgresFailure(
            .refused(state: field("C") ?? ""), field("M") ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "")
    }

    private static func wait(_ socket: Int32, _ events: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        var poller = [pollfd(fd: socket, events: Int16(events), revents: 0)]
        return anyIsReady(&poller, until: deadline)
    }

    private static func anyIsReady(_ pollers: inout [pollfd], until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            // Once more where it is too late already: while this process stood still, what is waited for may have come.
            let left = max(deadline - .now, .zero), isLast = left == .zero
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000 + (isLast ? 0 : 1)
            let found = poll(&pollers, nfds_t(pollers.count), Int32(clamping: milliseconds))
            if found > 0 || found < 0 && errno != EINTR { return true }
            if found == 0, isLast { return false }
        }
    }

    /// What the server says besides its answers.
    private final class Notices {
        private var warning: String?

        func add(_ result: OpaquePointer) {
            let severity = PQresultErrorField(result, Int32(UnicodeScalar("V").value)).map { String(cString: $0) }
            guard severity == "WARNING" else { return }
            warning = PQresultErrorField(result, Int32(UnicodeScalar("M").value)).map { String(cString: $0) }
        }

        func take() -> String? {
            defer { warning = nil }
            return warning
        }
    }
}
