import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing
import TestSupport

@testable import TaskWire

@Suite("The log of refused connections", .timeLimit(.minutes(1)))
struct RefusalLogTests {
    /// Keeps what is logged.
    private struct Keeper: LogHandler {
        let lines: NIOLockedValueBox<[(message: String, metadata: Logger.Metadata)]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            lines.withLockedValue { $0.append(("\(event.message)", event.metadata ?? [:])) }
        }
    }

    private let lines = NIOLockedValueBox<[(message: String, metadata: Logger.Metadata)]>([])
    private var logger: Logger { Logger(label: "test") { [lines] _ in Keeper(lines: lines) } }
    private var refused: Int { lines.withLockedValue { $0.count { $0.message == "connection refused" } } }
    private var suppressed: Int {
        lines.withLockedValue { $0.reduce(0) { sum, line in sum + (line.metadata["suppressed"].flatMap { Int("\($0)") } ?? 0) } }
    }

    @Test("has a bounded number of lines an interval, and says how many refusals it does not show")
    func bounded() {
        let loop = EmbeddedEventLoop()
        let log = RefusalLog(eventLoop: loop, logger: logger)
        for number in 0..<1_000 { log.refused("a stranger's \(number)", from: "10.0.0.1") }
        #expect(refused == RefusalLog.maxKinds && suppressed == 0)
        loop.advanceTime(by: RefusalLog.interval)
        #expect(suppressed == 1_000 - RefusalLog.maxKinds)
        // A new interval, a new allowance; one without any says nothing.
        log.refused("another", from: "10.0.0.1")
        loop.advanceTime(by: RefusalLog.interval)
        loop.advanceTime(by: RefusalLog.interval)
        #expect(refused == RefusalLog.maxKinds + 1)
        #expect(lines.withLockedValue { $0.count } == RefusalLog.maxKinds + 2)
    }

    @Test("says what comes again and again once, and then how often it came")
    func repeated() {
        let loop = EmbeddedEventLoop()
        let log = RefusalLog(eventLoop: loop, logger: logger)
        for _ in 0..<180 {
            log.refused("another secret", from: "10.0.0.1")
            log.refused("another secret", from: "10.0.0.2")
        }
        #expect(refused == 2)
        loop.advanceTime(by: RefusalLog.interval)
        let again = lines.withLockedValue { $0.filter { $0.message == "connection refused again" } }
        #expect(again.map { $0.metadata["times"] } == ["179", "179"])
        #expect(Set(again.compactMap { $0.metadata["peer"].map { "\($0)" } }) == ["10.0.0.1", "10.0.0.2"])
    }

    @Test("is where a server says why it refused a connection")
    func server() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1), count = 50
        var table = ServiceTable([])
        table.allowsMissing = true
        let server = Server(
            settings: TestServer.settings(role: .notifier, secret: nil), table: table, eventLoop: group.next(), logger: logger)
        let port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
        for _ in 0..<count {
            let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(bytes: Bytes.hello(version: 9))).get()
        }
        try await eventually("it is logged, with its host") { refused > 0 }
        #expect(lines.withLockedValue { $0.allSatisfy { $0.metadata["peer"] == "127.0.0.1" } })
        #expect(refused == 1)
        await server.drain(milliseconds: 100)
        try await group.shutdownGracefully()
    }
}
