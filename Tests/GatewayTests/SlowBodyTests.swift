import NIOCore
import TaskJSON
import Testing
import TestSupport

@testable import gateway

@Suite("Bodies that arrive slowly", .timeLimit(.minutes(2)))
struct SlowBodyTests {
    /// The head of a batch that is the longest there may be.
    private static let longest = Bounds.batchBytes

    private static func head(_ headers: String, path: String = "/reminders/batch") -> String {
        "POST \(path) HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n\(headers)\r\n\r\n"
    }

    private static let ofKnownLength = head("Content-Length: \(longest)")
    private static let chunked = head("Transfer-Encoding: chunked")

    private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + [13, 10]
    }

    private static let task = Array(#"{"create":[{"task":"worker.log"}]}"#.utf8)

    @Test("many that send much and wait hold no more than their share, and others are answered meanwhile", arguments: [true, false])
    func crowd(isLengthKnown: Bool) async throws {
        let memory = BodyMemory(limit: 24 << 20)
        try await withGateway(adjust: { $0.memory = memory }) { gateway, peer in
            let blanks = [UInt8](repeating: 0x20, count: 1 << 20)
            var slow: [Connection] = []
            for _ in 0..<20 {
                let connection = try gateway.connect()
                slow.append(connection)
                try await offPool {
                    connection.send(isLengthKnown ? Self.ofKnownLength : Self.chunked)
                    connection.send(isLengthKnown ? blanks : Self.chunk(blanks))
                }
                #expect(memory.bytes <= memory.limit / 2)
                #expect(try await gateway.post("/remind_me", body()).status == 201)
            }
            #expect(memory.bytes > memory.limit / 2 - Self.longest)
            // Those for whom there was no room were told so.
            let refusal = try await slow[19].answer()
            expectProblem(refusal, 503)
            #expect(refusal.headers["retry-after"] == "1")
            slow = []
            try await eventually("what they held is given back") { memory.bytes == 0 }
            #expect(peer.state.withLockedValue { $0.creates.count } == 20)
        }
    }

    @Test("a slow one goes with 408 when another needs its place, and nothing of it is done", arguments: [true, false])
    func eviction(isLengthKnown: Bool) async throws {
        let memory = BodyMemory(limit: 7 << 20, pace: .init(patience: .zero))
        try await withGateway(adjust: { $0.memory = memory }) { gateway, peer in
            // All that it has sent would do as a body.
            let slow = try gateway.connect()
            slow.send(isLengthKnown ? Self.ofKnownLength : Self.chunked)
            slow.send(isLengthKnown ? Self.task : Self.chunk(Self.task))
            try await eventually("it has a place") { memory.bytes == Self.longest }
            let quick = try gateway.connect()
            let padded = Self.task + [UInt8](repeating: 0x20, count: 1 << 20)
            quick.send(request("POST", "/reminders/batch", body: padded))
            // Too much when it is whole, for so little memory; but it had a place.
            expectProblem(try await slow.answer(), 408)
            #expect(try await slow.ends())
            #expect(try await quick.answer().status == 200)
            #expect(peer.state.withLockedValue { $0.creates.count } == 1)
            #expect(memory.bytes == 0)
        }
    }

    @Test("a place that is lost behind a request that is under way ends the connection after that one's answer")
    func behind() async throws {
        let memory = BodyMemory(limit: 7 << 20, pace: .init(patience: .zero))
        try await withGateway(deadlineMilliseconds: 1_000, adjust: { $0.memory = memory }) { gateway, peer in
            peer.state.withLockedValue { $0.isSilent = true }
            let slow = try gateway.connect()
            slow.send(request("GET", "/reminders"))
            slow.send(Self.ofKnownLength)
            slow.send(Self.task)
            try await eventually("it has a place") { memory.bytes == Self.longest }
            let other = try gateway.connect()
            other.send(Self.ofKnownLength)
            other.send(Self.task)
            // The other's place is as large, so it has come in the first one's stead.
            expectProblem(try await slow.answer(), 503)
            expectProblem(try await slow.answer(), 408)
            #expect(try await slow.ends())
        }
    }

    @Test("one that waits for 100 Continue gets it once there is memory for its body, and 503 where there is none")
    func expectContinue() async throws {
        let memory = BodyMemory(limit: 7 << 20)
        try await withGateway(adjust: { $0.memory = memory }) { gateway, _ in
            let head = Self.head("Expect: 100-continue\r\nContent-Length: \(Self.longest)")
            let first = try gateway.connect()
            first.send(head)
            #expect(try await first.answer().status == 100)
            #expect(memory.bytes == Self.longest)
            let second = try gateway.connect()
            second.send(head)
            expectProblem(try await second.answer(), 503)
            #expect(try await gateway.post("/remind_me", body()).status == 201)
        }
    }

    @Test("what is answered before it has come, or is asked of nothing, holds no memory")
    func answeredEarly() async throws {
        let memory = BodyMemory(limit: 24 << 20)
        try await withGateway(adjust: { $0.memory = memory }) { gateway, _ in
            let wrong = try gateway.connect()
            wrong.send(Self.head("Content-Length: 60000", path: "/nowhere"))
            #expect(try await wrong.answer().status == 404)
            #expect(memory.bytes == 0)
            wrong.send([UInt8](repeating: 0x20, count: 60_000))
            wrong.send(request("GET", "/nowhere"))
            #expect(try await wrong.answer().status == 404)
            #expect(memory.bytes == 0)
        }
    }

    @Test("a body that ends before it is whole is not carried out, although what has come would do as one", arguments: [true, false])
    func cutOff(isLengthKnown: Bool) async throws {
        let memory = BodyMemory(limit: 24 << 20)
        try await withGateway(adjust: {
            $0.memory = memory
            $0.requestTimeout = .milliseconds(200)
        }) { gateway, peer in
            let slow = try gateway.connect()
            slow.send(isLengthKnown ? Self.ofKnownLength : Self.chunked)
            slow.send(isLengthKnown ? Self.task : Self.chunk(Self.task))
            #expect(try await slow.ends())
            try await eventually("its place is free") { memory.bytes == 0 }
            #expect(try await gateway.post("/remind_me", body()).status == 201)
            #expect(peer.state.withLockedValue { $0.creates.count } == 1)
        }
    }

    @Test("a body in pieces of a byte each is read, and takes for its length")
    func tinyPieces() async throws {
        let memory = BodyMemory(limit: 24 << 20)
        try await withGateway(adjust: { $0.memory = memory }) { gateway, _ in
            let connection = try gateway.connect()
            let blanks = [UInt8](repeating: 0x20, count: 20_000).flatMap { Self.chunk([$0]) }
            try await offPool {
                connection.send(Self.chunked)
                connection.send(blanks + Self.task.flatMap { Self.chunk([$0]) } + Array("0\r\n\r\n".utf8))
            }
            #expect(try await connection.answer().status == 200)
            #expect(memory.bytes == 0)
        }
    }

    @Test("a batch of a million values is refused while it is read, and one of 1,001 items with what is wrong")
    func values() async throws {
        try await withGateway { gateway, _ in
            func zeros(_ count: Int) -> [UInt8] {
                Array(("{\"create\":[" + String(repeating: "0,", count: count - 1) + "0]}").utf8)
            }
            let answer = try await gateway.send("POST", "/reminders/batch", body: zeros(1_500_000))
            expectProblem(answer, 413)
            #expect(answer.text.contains("\(BatchBody.maxValues) values"))
            #expect(expectProblem(try await gateway.send("POST", "/reminders/batch", body: zeros(1_001)), 422) == ["/create"])
            let one = try await gateway.send(
                "POST", "/tasks", body: Array(#"{"task":"t","kwargs":{"a":[\#(String(repeating: "0,", count: 9_999))0]}}"#.utf8))
            expectProblem(one, 413)
        }
    }

    @Test("of each item of a batch a few faults are named, and all are counted")
    func faults() async throws {
        try await withGateway { gateway, _ in
            let item: JSONObject = Dictionary(uniqueKeysWithValues: (0..<90).map { ("f\($0)", 0) })
                .reduce(into: JSONObject()) { $0[$1.key] = $1.value }
            let answer = try await gateway.post("/reminders/batch", ["create": .array([.object(item)])])
            guard case .array(let created)? = answer.json?["created"], case .array(let errors)? = created.first?["errors"] else {
                Issue.record("\(answer.text)")
                return
            }
            #expect(errors.count == BatchBody.maxFaults)
            #expect(answer.text.contains("92 faults"))
        }
    }
}
