import HTTPTypes
import TaskMessages
import TaskWire

/// Asks a scheduler, and says in HTTP's terms why it could not.
struct SchedulerCalls: Sendable {
    /// The longest that a caller waits for a scheduler, reconnections and repetitions included.
    static let deadlineMilliseconds = 5_000

    private let client: ClientGroup
    private let deadlineMilliseconds: Int

    init(client: ClientGroup, deadlineMilliseconds: Int = SchedulerCalls.deadlineMilliseconds) {
        self.client = client
        self.deadlineMilliseconds = deadlineMilliseconds
    }

    /// - Parameter uncertain: what to do where the scheduler may have carried the call out although no answer came.
    func call<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request, uncertain: String? = nil
    ) async throws(Problem) -> Reply {
        do throws(CallError) {
            return try await client.call(method, request, deadline: .after(milliseconds: deadlineMilliseconds))
        } catch {
            throw Problem(error, uncertain: uncertain)
        }
    }

    func create(_ request: Proto.CreateRequest) async throws(Problem) -> Proto.CreateReply {
        try await call(
            SchedulerService.create, request,
            uncertain: "whether the reminder was stored is not known; send it again with the same Idempotency-Key")
    }

    /// - Returns: what became of each of the reminders, in order.
    func change(_ request: Proto.ChangeRequest) async throws(Problem) -> [Proto.Change] {
        let reply = try await call(
            SchedulerService.change, request, uncertain: "whether it was changed is not known; read it, or ask again")
        guard reply.changes.count == request.reminders.count else {
            throw .incompleteAnswer
        }
        return reply.changes
    }
}

extension Problem {
    /// An answer without what it must hold: nothing follows from it.
    static var incompleteAnswer: Problem {
        Problem(.internalServerError, "the scheduler's answer is incomplete; its build may be another than the gateway's")
    }
}

extension Problem {
    fileprivate init(_ error: CallError, uncertain: String? = nil) {
        switch error.code {
        case .invalidArgument, .outOfRange, .failedPrecondition:
            // The gateway's bounds are the tighter ones, so this is a scheduler of another version.
            self.init(.unprocessableContent, "the scheduler refuses it: \(error.message)")
        case .deadlineExceeded, .cancelled, .unknown:
            self = .unavailable(Self.sentence("no scheduler answered in time", uncertain), cause: "\(error)")
        case .resourceExhausted:
            // The scheduler looks at what there is room for before it begins.
            self = .unavailable("the scheduler has no room for this, and did nothing: \(error.message)", cause: "\(error)")
        case .internal:
            // Also for an answer that cannot be read.
            self.init(.internalServerError, Self.sentence("the scheduler failed; the log says why", uncertain))
            cause = "\(error)"
        case .unimplemented: self.init(.notImplemented, "the scheduler cannot do this; its build is older than the gateway's")
        // Also after a connection was lost and none came in its place, so here too the outcome may not be known.
        default: self = .unavailable(Self.sentence("no scheduler can do this now", uncertain), cause: "\(error)")
        }
    }

    private static func sentence(_ what: String, _ whatToDo: String?) -> String {
        whatToDo.map { "\(what); \($0)" } ?? what
    }
}
