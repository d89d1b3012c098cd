import HTTPTypes
import Messages
import Wire

/// Asks a scheduler, and says in HTTP's terms why it could not.
struct SchedulerCalls: Sendable {
    /// The longest that a caller waits for a scheduler, reconnections and repetitions included.
    static let deadlineMilliseconds = 5_000

    private let client: SchedulerClient<Client>
    private let deadlineMilliseconds: Int

    init(client: Client, deadlineMilliseconds: Int = SchedulerCalls.deadlineMilliseconds) {
        self.client = SchedulerClient(client)
        self.deadlineMilliseconds = deadlineMilliseconds
    }

    func create(_ request: Proto.CreateRequest) async throws(Problem) -> Proto.CreateReply {
        do throws(CallError) { return try await client.create(request, deadline: deadline) } catch {
            throw Problem(
                error, uncertain: "whether the reminder was stored is not known; send it again with the same Idempotency-Key")
        }
    }

    func get(_ id: [UInt8]) async throws(Problem) -> Proto.ReminderReply {
        do throws(CallError) { return try await client.get(Proto.ReminderRef(id: id), deadline: deadline) } catch {
            throw Problem(error)
        }
    }

    func cancel(_ id: [UInt8]) async throws(Problem) -> Proto.CancelReply {
        do throws(CallError) { return try await client.cancel(Proto.ReminderRef(id: id), deadline: deadline) } catch {
            throw Problem(error, uncertain: "whether it was cancelled is not known; ask again")
        }
    }

    func attempts(_ request: Proto.AttemptsRequest) async throws(Problem) -> Proto.AttemptsReply {
        do throws(CallError) { return try await client.attempts(request, deadline: deadline) } catch { throw Problem(error) }
    }

    func replaceAuthorization(_ request: Proto.ReplaceAuthorizationRequest) async throws(Problem)
        -> Proto.ReplaceAuthorizationReply
    {
        do throws(CallError) { return try await client.replaceAuthorization(request, deadline: deadline) } catch {
            throw Problem(error, uncertain: "whether it was changed is not known; send it again")
        }
    }

    private var deadline: CallDeadline { .after(milliseconds: deadlineMilliseconds) }
}

extension Problem {
    /// - Parameter uncertain: what to do where the scheduler may have carried the call out although no answer came.
    fileprivate init(_ error: CallError, uncertain: String? = nil) {
        switch error.code {
        case .invalidArgument, .outOfRange, .failedPrecondition:
            // The gateway's bounds are the tighter ones, so this is a scheduler of another version.
            self.init(.unprocessableContent, "the scheduler refuses it: \(error.message)")
        case .deadlineExceeded, .cancelled, .unknown:
            self = .unavailable(Self.sentence("no scheduler answered in time", uncertain), cause: "\(error)")
        case .internal:
            self.init(.internalServerError, "the scheduler failed; its log says why")
            cause = "\(error)"
        // Also after a connection was lost and none came in its place, so here too the outcome may not be known.
        default: self = .unavailable(Self.sentence("no scheduler can do this now", uncertain), cause: "\(error)")
        }
    }

    private static func sentence(_ what: String, _ whatToDo: String?) -> String {
        whatToDo.map { "\(what); \($0)" } ?? what
    }
}
