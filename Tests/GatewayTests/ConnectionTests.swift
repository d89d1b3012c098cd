import TaskJSON
import Testing

@testable import gateway

@Suite("Connections", .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test("one connection carries many requests, also sent before the answers")
    func keepAlive() async throws {
        try await withGateway { gateway, _ in
            let connection = try gateway.connect()
            for _ in 0..<3 {
                connection.send(request("POST", "/remind_me", body: body().bytes()))
                #expect(try await connection.answer().status == 201)
            }
            let many = (0..<20).flatMap {
                $0 % 2 == 0 ? request("POST", "/remind_me", body: body().bytes()) : request("GET", "/nothing")
            }
            connection.send(many)
            for number in 0..<20 { #expect(try await connection.answer().status == (number % 2 == 0 ? 201 : 404)) }
        }
    }

    @Test("a request that asks for the end of the connection gets it after its answer")
    func close() async throws {
        try await withGateway { gateway, _ in
            let connection = try gateway.connect()
            connection.send(request("POST", "/remind_me", headers: ["Connection": "close"], body: body().bytes()))
            let answer = try await connection.answer()
            #expect(answer.status == 201)
            #expect(answer.headers["connection"] == "close")
            #expect(try await connection.ends())
        }
    }

    @Test("HEAD is answered as GET, without the body")
    func head() async throws {
        try await withGateway { gateway, _ in
            let path = try #require(try await gateway.post("/remind_me", body()).headers["location"])
            let connection = try gateway.connect()
            connection.send(request("HEAD", path))
            let head = try await connection.answer(toHead: true)
            #expect(head.status == 200)
            connection.send(request("GET", path))
            let get = try await connection.answer()
            #expect(get.headers["content-length"] == head.headers["content-length"])
        }
    }

    @Test("a body at its bound is read, one above is 413 and the end of the connection")
    func largest() async throws {
        try await withGateway { gateway, _ in
            func padded(_ count: Int) -> [UInt8] {
                let bytes = body().bytes()
                return bytes + [UInt8](repeating: 0x20, count: count - bytes.count)
            }
            #expect(try await gateway.send("POST", "/remind_me", body: padded(64 << 10)).status == 201)
            let connection = try gateway.connect()
            connection.send(request("POST", "/remind_me", body: padded(64 << 10 + 1)))
            let answer = try await connection.answer()
            expectProblem(answer, 413)
            #expect(answer.headers["connection"] == "close")
            #expect(try await connection.ends())
        }
    }

    @Test("a body of unknown length is read up to its bound and no further, and the caller sees the answer")
    func chunked() async throws {
        try await withGateway { gateway, _ in
            let head =
                "POST /remind_me HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            @Sendable func chunk(_ bytes: [UInt8]) -> [UInt8] {
                Array((String(bytes.count, radix: 16) + "\r\n").utf8) + bytes + [13, 10]
            }
            let small = try gateway.connect()
            small.send(Array(head.utf8) + body().bytes().flatMap { chunk([$0]) } + Array("0\r\n\r\n".utf8))
            #expect(try await small.answer().status == 201)
            let large = try gateway.connect()
            large.send(head)
            async let answer = large.answer()
            try await offPool {
                for _ in 0..<400 { large.send(chunk([UInt8](repeating: 0x20, count: 10_000))) }
            }
            expectProblem(try await answer, 413)
            #expect(try await large.ends())
        }
    }

    @Test("a body that nobody asked for is dropped, and a huge one ends the connection")
    func unwanted() async throws {
        try await withGateway { gateway, _ in
            let connection = try gateway.connect()
            connection.send(request("GET", "/nothing", body: Array("{}".utf8)))
            #expect(try await connection.answer().status == 404)
            connection.send(request("GET", "/nothing"))
            #expect(try await connection.answer().status == 404)
            let huge = try gateway.connect()
            async let ends = huge.ends()
            try await offPool { huge.send(request("POST", "/nothing", body: [UInt8](repeating: 0x20, count: 8 << 20))) }
            #expect(try await ends)
        }
    }

    @Test("a client that waits for 100 Continue gets it, unless its body is too large")
    func expectContinue() async throws {
        try await withGateway { gateway, _ in
            let bytes = body().bytes()
            let connection = try gateway.connect()
            connection.send(
                "POST /remind_me HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: \(bytes.count)\r\n\r\n"
            )
            #expect(try await connection.answer().status == 100)
            connection.send(bytes)
            #expect(try await connection.answer().status == 201)
            let large = try gateway.connect()
            large.send(
                "POST /remind_me HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"
            )
            expectProblem(try await large.answer(), 413)
        }
    }

    @Test("a request that does not arrive in time ends its connection, and others go on")
    func slow() async throws {
        try await withGateway(adjust: { $0.requestTimeout = .milliseconds(200) }) { gateway, peer in
            let slow = try gateway.connect()
            let quick = try gateway.connect()
            slow.send("POST /remind_me HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
            quick.send(request("POST", "/remind_me", body: body().bytes()))
            #expect(try await quick.answer().status == 201)
            #expect(try await slow.ends())
            #expect(peer.state.withLockedValue { $0.creates.count } == 1)
        }
    }

    @Test(
        "bytes that are no HTTP end the connection, and never the service",
        arguments: [
            "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0\0\0\0",
            "POST /remind_me HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
            "POST /remind_me HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: t\r\nA b: c\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: t\r\nBig: " + String(repeating: "x", count: 40_000) + "\r\n\r\n",
            "POST /remind_me HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n"
        ])
    func noHTTP(text: String) async throws {
        try await withGateway { gateway, _ in
            let connection = try gateway.connect()
            connection.send(text)
            #expect(try await connection.ends())
            #expect(try await gateway.post("/remind_me", body()).status == 201)
        }
    }
}
