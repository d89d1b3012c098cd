import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import TaskDomain
import TaskJSON
import TaskWire

/// Asks a gateway, over connections that are kept, and asks again within a call's deadline what was not carried out.
final class GatewayClient: Sendable {
    /// Bytes of the longest answer that is read: more than a page of the longest list has.
    static let maxAnswerBytes = 32 << 20
    /// The wait before a request is sent again, doubled from try to try.
    static let retryMilliseconds = 50...1_000

    enum Method: String, Sendable {
        case get = "GET", post = "POST", delete = "DELETE"
    }

    /// What may be sent again although it may have been carried out.
    enum Repetition: Sendable {
        /// It is the same when it is carried out twice: a question, what names a state, a create with an idempotency key.
        case isSafe
        /// It would be done twice.
        case isNot
    }

    private struct Request: Sendable {
        let method: Method, path: String
        let body: [UInt8]?
        let idempotencyKey: String?
        /// How much longer than any other its answer may take.
        let waiting: Duration
    }

    /// What came of sending a request once.
    private enum Attempt: Sendable {
        case answered(GatewayAnswer)
        /// Nothing was sent.
        case unsent(String)
        /// It may have been carried out.
        case lost(String)
        /// Sending it again would end the same.
        case hopeless(String)
    }

    let address: GatewayAddress
    /// Of the key.
    let redaction: Redaction
    private let authorization: Secret?
    private let client: HTTPClient
    private let deadline: Duration

    /// - Parameters:
    ///   - authorities: certificates to trust for `https`; `nil`: those of the system.
    ///   - deadline: of a call, all its tries and the whole of its answer together.
    init(_ address: GatewayAddress, key: Secret?, authorities: [NIOSSLCertificate]?, deadline: Duration) {
        self.address = address
        authorization = key.map { Secret("Bearer \($0.value)") }
        redaction = Redaction(of: authorization ?? "")
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities { tls.trustRoots = .certificates(authorities) }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout.connect = .nanoseconds(deadline.wholeNanoseconds)
        // Whether to try again is decided here.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        self.deadline = deadline
    }

    /// Ends it where whoever made it has forgotten to.
    deinit { client.shutdown { _ in } }

    func stop() async { try? await client.shutdown() }

    /// Carries out a request.
    /// - Parameter waiting: for how long it asks the gateway to wait. A gateway that says to ask later is then not asked again: what waits
    ///   has another way.
    /// - Returns: the gateway's answer, good or bad.
    /// - Throws: ``TaskSchedulerError/unavailable(_:)`` where there was none in time, or only such as say to ask later.
    func ask(
        _ method: Method, _ path: String, body: JSONValue? = nil, idempotencyKey: String? = nil, repetition: Repetition, waiting: Duration = .zero
    ) async throws(TaskSchedulerError) -> GatewayAnswer {
        let request = Request(method: method, path: path, body: body?.bytes(), idempotencyKey: idempotencyKey, waiting: waiting)
        let end = ContinuousClock.now + deadline + waiting
        var backoff = Backoff(milliseconds: Self.retryMilliseconds)
        // Why it was not reached before.
        var earlier: String?
        while true {
            var pause = Duration.milliseconds(backoff.failed())
            var reason: String
            switch await attempt(request, until: end) {
            case .answered(let answer):
                guard waiting == .zero || answer.status != 503, mayAskAgain(answer, repetition) else { return answer }
                reason = answer.words(redaction) ?? "it answered \(answer.status)"
                pause = max(pause, answer.retryAfter ?? .zero)
            case .unsent(let why): (reason, earlier) = (why, why)
            case .lost(let why):
                reason = why
                // The deadline may have come in the midst of one more try.
                if let earlier { reason += "; before that, \(earlier)" }
                guard repetition == .isSafe else { throw unavailable(reason) }
            case .hopeless(let why): throw unavailable(why)
            }
            guard ContinuousClock.now + pause < end else { throw unavailable(reason) }
            do { try await Task.sleep(for: pause) } catch { throw unavailable("the task that asks was cancelled") }
        }
    }

    /// Whether the answer says that it was not carried out, and may be later. One that has too many pending says no time.
    private func mayAskAgain(_ answer: GatewayAnswer, _ repetition: Repetition) -> Bool {
        switch answer.status {
        case 429: answer.retryAfter != nil
        // It may also stand for a scheduler that did not answer in time.
        case 503: repetition == .isSafe
        default: false
        }
    }

    private func unavailable(_ reason: String) -> TaskSchedulerError { .unavailable("\(address): \(reason)") }

    // MARK: One exchange

    /// Sends it once. The deadline holds for the whole answer: one that trickles is given up.
    private func attempt(_ request: Request, until end: ContinuousClock.Instant) async -> Attempt {
        let late = Attempt.lost("no whole answer came within \(deadline)")
        return await withTaskGroup(of: Attempt.self) { group in
            group.addTask { await self.exchange(request) }
            group.addTask {
                do { try await Task.sleep(until: end, clock: .continuous) } catch { return .hopeless("the task that asks was cancelled") }
                return late
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? late
        }
    }

    private func exchange(_ request: Request) async -> Attempt {
        do {
            let response = try await client.execute(message(request), timeout: .nanoseconds((deadline + request.waiting).wholeNanoseconds))
            let body = try await response.body.collect(upTo: Self.maxAnswerBytes)
            // What was cancelled ends as if it were whole.
            try Task.checkCancellation()
            return .answered(
                GatewayAnswer(
                    status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type"),
                    retryAfter: response.headers.first(name: "Retry-After"), body: Array(body.readableBytesView)))
        } catch {
            return Self.failure(error)
        }
    }

    private func message(_ request: Request) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: address.description + request.path)
        message.method = .init(rawValue: request.method.rawValue)
        message.headers.add(name: "Accept", value: "application/json")
        if let authorization { message.headers.add(name: "Authorization", value: authorization.value) }
        if let key = request.idempotencyKey { message.headers.add(name: "Idempotency-Key", value: key) }
        if let body = request.body {
            message.headers.add(name: "Content-Type", value: "application/json")
            message.body = .bytes(ByteBuffer(bytes: body))
        }
        return message
    }

    private static func failure(_ error: any Error) -> Attempt {
        switch error {
        case is NIOTooManyBytesError: return .hopeless("its answer has more than \(maxAnswerBytes) bytes; is it a gateway of task-scheduler?")
        case is NIOConnectionError: return .unsent("it cannot be connected to: \(error)")
        case let error as IOError where error.errnoCode == ECONNREFUSED: return .unsent("it cannot be connected to: \(error)")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return .hopeless("it cannot be spoken to over TLS, or has no certificate that is trusted: \(error)")
        default: break
        }
        switch error as? HTTPClientError {
        case .connectTimeout?, .tlsHandshakeTimeout?, .getConnectionFromPoolTimeout?: return .unsent("it cannot be connected to in time")
        case .alreadyShutdown?: return .hopeless("this client has been stopped")
        default: return .lost("\(error)")
        }
    }
}

extension Duration {
    /// The most that 64 bits hold for more than that.
    fileprivate var wholeNanoseconds: Int64 {
        let (nanoseconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : nanoseconds + components.attoseconds / 1_000_000_000
    }
}
