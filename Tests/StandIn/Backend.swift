import FoundationEssentials
import NIOCore

#if canImport(Glibc)
import Glibc
#endif

/// What the backend has received, and how it answers.
///
/// @unchecked Sendable is safe because it is used on the one event loop only, and before that loop runs anything.
final class Backend: @unchecked Sendable {
    /// How long a line of the record may wait for others to be written with it.
    private static let recordDelay = TimeAmount.milliseconds(20)

    private let options: Options
    private let eventLoop: any EventLoop
    private let record: RecordFile?
    private var behaviour = Behaviour()
    private var ledger: Ledger
    private var isFlushDue = false

    init(_ options: Options, eventLoop: any EventLoop) throws {
        self.options = options
        self.eventLoop = eventLoop
        ledger = Ledger(keep: options.keep)
        record = try options.record.map(RecordFile.init(path:))
    }

    func answer(_ request: Request) -> Reply {
        switch (request.head.method, request.path) {
        case (.POST, Delivery.classroomPath), (.POST, Delivery.usersPath): notification(request)
        case (.GET, "/control/summary"): Reply(status: 200, body: ledger.summary)
        case (.GET, "/control/deliveries"): Reply(status: 200, body: ledger.lines, contentType: "application/x-ndjson")
        case (.POST, "/control"): control(request)
        case (.POST, "/control/reset"): reset()
        default: Reply(status: 404, body: #"{"error":"no such path"}"#)
        }
    }

    private func control(_ request: Request) -> Reply {
        do {
            behaviour = try JSONDecoder().decode(Behaviour.self, from: Data(request.body))
            return Reply(status: 200, body: "{}")
        } catch {
            let reason = (error as? Behaviour.Fault)?.description ?? "not JSON of a behaviour"
            return Reply(status: 400, body: #"{"error":"\#(reason)"}"#)
        }
    }

    private func reset() -> Reply {
        behaviour = Behaviour()
        ledger = Ledger(keep: options.keep)
        return Reply(status: 200, body: "{}")
    }

    private func notification(_ request: Request) -> Reply {
        let fields = RequestFields(request.head.headers)
        let delivery = Delivery(
            request, fields, receivedAt: Backend.now, expectedAuthorization: options.expectedAuthorization)
        let reply =
            if let fault = delivery.fault {
                Reply(status: 400, body: #"{"error":"\#(fault)"}"#)
            } else {
                behaviour.reply(to: delivery, authorization: fields.authorization ?? "")
            }
        ledger.add(delivery, status: reply.status)
        if let record {
            record.append(delivery.line(status: reply.status))
            flushSoon()
        }
        if options.prints { Output.line(delivery.text(status: reply.status)) }
        return reply
    }

    private func flushSoon() {
        guard !isFlushDue else { return }
        isFlushDue = true
        eventLoop.assumeIsolated().scheduleTask(in: Self.recordDelay) { self.flush() }
    }

    /// Writes the record to its file.
    func flush() {
        isFlushDue = false
        record?.flush()
    }

    /// Unix milliseconds.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
