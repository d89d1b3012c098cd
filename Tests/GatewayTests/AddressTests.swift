import NIOCore
import TaskOperations
import Testing
import TestSupport

@testable import gateway

@Suite("Connections of one address", .timeLimit(.minutes(1)))
struct AddressTests {
    private func address(_ text: String, _ counter: AddressCounter) throws -> AddressCounter.Address? {
        counter.counted(try SocketAddress(ipAddress: text, port: 1))
    }

    @Test("there are as many as may be and no more, of each address its own, and one that closes makes room")
    func limit() throws {
        let counter = AddressCounter(limit: 2)
        let one = try #require(try address("192.0.2.1", counter)), other = try #require(try address("192.0.2.2", counter))
        #expect(counter.opened(one) && counter.opened(one) && !counter.opened(one))
        #expect(counter.opened(other))
        counter.closed(one)
        #expect(counter.opened(one) && !counter.opened(one))
    }

    @Test("of many refused in a second, all are counted and a few are logged")
    func refusals() throws {
        let sink = LogSink(), metrics = MetricsRegistry(), address = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        let refusals = ConnectionRefusals(sink.logger, metrics: metrics)
        for _ in 0..<1_000 { refusals.record(address, limit: 2) }
        #expect(metrics.exposition().contains("gateway_refused_connections_total 1000\n"))
        // The loop may meet the end of a second.
        #expect((LineBudget.linesPerSecond...LineBudget.linesPerSecond * 5).contains(sink.text.split(separator: "\n").count))
    }

    @Test("an IPv6 address counts with all that share its first 64 bits, and a mapped IPv4 address as itself")
    func prefixes() throws {
        let counter = AddressCounter(limit: 1)
        let address = try address("2001:db8:1:2::1", counter)
        #expect(try self.address("2001:db8:1:2:ffff::7", counter) == address)
        #expect(try self.address("2001:db8:1:3::1", counter) != address)
        #expect(try self.address("::ffff:192.0.2.1", counter) == self.address("192.0.2.1", counter))
    }

    @Test("this machine's are not counted, nor any where that is said", arguments: ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    func loopback(text: String) throws {
        #expect(try address(text, AddressCounter(limit: 1)) == nil)
        #expect(try address(text, AddressCounter(limit: 1, countsLoopback: true)) != nil)
        #expect(try address("192.0.2.1", AddressCounter(limit: 0)) == nil)
        #expect(AddressCounter(limit: 1).counted(nil) == nil)
    }

    @Test("one connection too many is closed and counted, the others go on, and there is room when one has gone")
    func listener() async throws {
        let metrics = MetricsRegistry()
        func adjust(_ server: inout APIServer) {
            server.addresses = AddressCounter(limit: 2, countsLoopback: true)
            server.metrics = metrics
        }
        try await withGateway(adjust: adjust) { gateway, _ in
            var first: Connection? = try gateway.connect()
            let second = try gateway.connect()
            for connection in [first, second] {
                connection?.send(request("GET", "/nothing"))
                #expect(try await connection?.answer().status == 404)
            }
            let third = try gateway.connect()
            third.send(request("GET", "/nothing"))
            #expect(try await third.ends())
            await #expect(throws: (any Error).self) { try await third.answer() }
            #expect(metrics.exposition().contains("gateway_refused_connections_total 1\n"))
            let line = gateway.log.metadata(of: "connection refused: its address has as many as it may")
            #expect(line == ["address": "127.0.0.1", "limit": "2"])
            second.send(request("GET", "/nothing"))
            #expect(try await second.answer().status == 404)
            first = nil
            try await eventually("there is room") { (try? await gateway.send("GET", "/nothing"))?.status == 404 }
        }
    }
}
