import TaskJSON
import Testing

@testable import gateway

@Suite("Roles", .timeLimit(.minutes(1)))
struct RoleTests {
    private static let id = "01932c07-209c-7123-8abc-0123456789ab"
    /// What each operation that takes a key is to callers.
    private static let effects: [Role.Effect: Set<String>] = [
        .reads: [
            "listReminders", "getReminder", "listUpcoming", "listAttempts", "getResult", "preview", "listDeadLetters", "getDeadLetter", "listHeld",
            "getHeldOccurrence", "listOccurrences", "listQueues", "getQueue",
        ],
        .oversees: ["listWorkers", "getWorker", "getOverview", "watchEvents"],
        .operates: [
            "pauseReminder", "resumeReminder", "runReminder", "replayDeadLetter", "replayHeldOccurrence", "replayDeadLetters", "releaseHeld",
        ],
        .changes: [
            "cancelOccurrence", "createReminder", "createReminderAsTask", "createTask", "changeReminders", "changeReminder", "cancelReminder",
            "discardDeadLetter", "discardHeldOccurrence", "discardDeadLetters",
        ],
        .administers: ["changeQueue", "changeWorker", "drainWorker", "resumeWorker", "shutDownWorker"],
    ]

    @Test("who may do what: the whole table")
    func table() {
        #expect(Role.allCases.filter { $0.may(.reads) } == [.caller, .viewer, .operator, .admin])
        #expect(Role.allCases.filter { $0.may(.oversees) } == [.viewer, .operator, .admin])
        #expect(Role.allCases.filter { $0.may(.operates) } == [.caller, .operator, .admin])
        #expect(Role.allCases.filter { $0.may(.changes) } == [.caller, .admin])
        #expect(Role.allCases.filter { $0.may(.administers) } == [.admin])
        #expect(Role.allCases.filter(\.seesAll) == [.viewer, .operator, .admin])
    }

    @Test("every operation and every role: refused with 403 or let through, as the table and the API's document say")
    func matrix() async throws {
        let folder = try KeysFolder(
            line("own", "caller"), line("see", "viewer", "viewer"), line("run", "operator", "operator"), line("root", "admin", "admin"))
        try await withGateway(callers: try Callers(keysFile: folder.file, allowsAnonymous: false)) { gateway, _ in
            let operations = gateway.api.operations.filter { !$0.isPublic }
            for effect in Role.Effect.allCases {
                #expect(Set(operations.filter { $0.effect == effect }.map(\.name)) == Self.effects[effect])
            }
            for operation in operations {
                let path = operation.path.description.replacing("{id}", with: Self.id).replacing("{name}", with: "mail").replacing("{instance}", with: "worker-1")
                    .replacing("{occurrence}", with: "\(Self.id):1").replacing("{time}", with: "1")
                for role in Role.allCases {
                    // An answer without an end has a head all the same.
                    let answer = try await gateway.send(
                        operation.name == "watchEvents" ? "HEAD" : operation.method.rawValue, path, headers: ["Authorization": "Bearer \(role.rawValue)"],
                        body: operation.takesBody ? Array("{}".utf8) : nil)
                    if role.may(operation.effect) {
                        #expect(answer.status != 403 && answer.status != 401, "\(role) \(operation.route): \(answer.text)")
                    } else {
                        guard operation.name != "watchEvents" else {
                            #expect(answer.status == 403)
                            continue
                        }
                        expectProblem(answer, 403)
                        #expect(answer.text.contains("the caller's role is \(role.rawValue), and \(operation.name) is for: "))
                    }
                }
            }
        }
    }

    @Test("who sees all is asked for with no caller's name, and who sees its own with its name")
    func scopes() {
        #expect(Role.allCases.map { Caller(name: "ann", role: $0).scope } == ["ann", "", "", ""])
        #expect(Role.allCases.map { Caller(name: "ann", role: $0).owner } == ["ann", "ann", "ann", "ann"])
        #expect(Caller.anonymous.owner == "~" && Caller.anonymous.scope == "~" && Caller.anyone.owner == "" && Caller.anyone.scope == "")
    }

    @Test("the document says for each operation whose roles may ask, and that others get 403")
    func document() async throws {
        try await withGateway { gateway, _ in try check(gateway.api.operations) }
    }

    private func check(_ operations: [gateway.Operation]) throws {
        func operation(_ name: String, anonymous: Bool) throws -> JSONValue {
            let document = OpenAPI(operations: operations, version: "1", needsKey: true, allowsAnonymous: anonymous).document
            let found = try #require(operations.first { $0.name == name })
            return try #require(document["paths"]?[found.path.description]?[found.method.rawValue.lowercased()])
        }
        let pause = try operation("pauseReminder", anonymous: false)
        #expect(pause["security"] == [["key": ["caller"]], ["key": ["operator"]], ["key": ["admin"]]])
        #expect(
            pause["responses"]?["403"]?["description"]
                == "the key's role is not caller, operator or admin, or a browser sends it for a page from elsewhere")
        #expect(try operation("changeQueue", anonymous: true)["security"] == [["key": ["admin"]]])
        #expect(try operation("listReminders", anonymous: true)["security"] == .array(Role.allCases.map { ["key": [.string($0.rawValue)]] } + [[:]]))
    }
}
