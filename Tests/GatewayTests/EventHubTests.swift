import NIOConcurrencyHelpers
import TaskJSON
import Testing

@testable import gateway

@Suite("What listeners to events are told")
struct EventHubTests {
    /// A clock that a test moves.
    private final class Hand: Sendable {
        private let time = NIOLockedValueBox(ContinuousClock.now)
        @Sendable func now() -> ContinuousClock.Instant { time.withLockedValue { $0 } }
        func advance(_ duration: Duration) { time.withLockedValue { $0 += duration } }
    }

    private let hand = Hand()
    private let wakes = NIOLockedValueBox<[Bool]>([])
    private let hub: EventHub

    init() {
        let wakes = wakes
        hub = EventHub(now: hand.now) { hub in wakes.withLockedValue { $0.append(hub.isEmpty) } }
    }

    /// All that waits for a listener, which is ended for that.
    private func told(_ listener: EventListener) async -> [String] {
        hub.close()
        var all: [String] = []
        for await message in listener.messages { all.append(String(decoding: message, as: UTF8.self)) }
        return Array(all.dropLast())
    }

    private func id(_ event: String) -> String? {
        event.split(separator: "\n").first { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) }
    }

    private func listen(after last: String? = nil, mayListen: @escaping @Sendable () -> Bool = { true }) throws -> EventListener {
        try hub.listen(after: last, mayListen: mayListen)
    }

    @Test("first how everything stands, then only what differs, each member whole; where nothing differs, nothing")
    func changes() async throws {
        let listener = try listen()
        hub.stands(["at_ms": 1, "a": 1, "b": ["c": 2]])
        hub.stands(["at_ms": 2, "a": 1, "b": ["c": 2]])
        hub.stands(["at_ms": 3, "a": 1, "b": ["c": 3, "d": 4]])
        let told = await told(listener)
        #expect(told.count == 3)
        #expect(told[0] == "retry: 2000\n\n")
        #expect(told[1].hasPrefix("id: ") && told[1].hasSuffix("\nevent: snapshot\ndata: {\"at_ms\":1,\"a\":1,\"b\":{\"c\":2}}\n\n"))
        #expect(told[2].hasSuffix("\nevent: change\ndata: {\"b\":{\"c\":3,\"d\":4},\"at_ms\":3}\n\n"), "\(told[2])")
    }

    @Test("one that comes later begins with how everything stands, and with what it missed where it says what it has")
    func resumption() async throws {
        let first = try listen()
        hub.stands(["at_ms": 1, "a": 1])
        hub.stands(["at_ms": 2, "a": 2])
        hub.stands(["at_ms": 3, "a": 3])
        let whole = try listen(), wrong = try listen(after: "0-1"), odd = try listen(after: "x")
        let all = await told(first)
        for late in [whole, wrong, odd] {
            var messages: [String] = []
            for await message in late.messages { messages.append(String(decoding: message, as: UTF8.self)) }
            #expect(messages[0].contains("event: snapshot\ndata: {\"at_ms\":3,\"a\":3}"))
        }
        #expect(all.count == 4)
    }

    @Test("an id of the last events is gone on from, and one that is too old is not")
    func lastEventID() async throws {
        let first = try listen()
        hub.stands(["at_ms": 0, "a": 0])
        var iterator = first.messages.makeAsyncIterator()
        _ = await iterator.next()
        let begin = id(String(decoding: try #require(await iterator.next()), as: UTF8.self))
        hub.stands(["at_ms": 1, "a": 1])
        hub.stands(["at_ms": 2, "a": 2])
        let again = try listen(after: begin)
        var later = again.messages.makeAsyncIterator()
        let missed = String(decoding: try #require(await later.next()), as: UTF8.self)
        #expect(missed.contains("\"a\":1") && missed.contains("\"a\":2") && !missed.contains("snapshot"), "\(missed)")
        for number in 3...Int64(KeptEvents.maxEvents + 3) {
            hub.stands(["at_ms": .integer(number), "a": .integer(number)])
            _ = await iterator.next()
            _ = await later.next()
        }
        let old = try listen(after: begin)
        var last = old.messages.makeAsyncIterator()
        let text = String(decoding: try #require(await last.next()), as: UTF8.self)
        #expect(text.contains("event: snapshot") && !text.contains("event: change"))
        withExtendedLifetime((first, again, old)) {}
    }

    @Test("when no scheduler answers that is said once, and when one does again everything is told anew")
    func away() async throws {
        let listener = try listen()
        hub.stands(["at_ms": 1, "a": 1])
        hub.isAway("gone", at: 5)
        hub.isAway("gone", at: 6)
        let late = try listen()
        hub.stands(["at_ms": 7, "a": 1])
        let told = await told(listener)
        #expect(told.count == 4)
        #expect(told[2].hasSuffix("event: away\ndata: {\"at_ms\":5,\"detail\":\"gone\"}\n\n"))
        #expect(told[3].contains("event: snapshot"))
        var messages: [String] = []
        for await message in late.messages { messages.append(String(decoding: message, as: UTF8.self)) }
        #expect(messages[0].contains("event: away") && messages[1].contains("event: snapshot"))
    }

    @Test("as many listen as may, one more is refused, and a place that is left is taken again")
    func bound() throws {
        var listeners = try (0..<EventHub.maxListeners).map { _ in try listen() }
        #expect(throws: Problem.self) { try listen() }
        listeners.removeLast()
        listeners.append(try listen())
        #expect(throws: Problem.self) { try listen() }
        #expect(wakes.withLockedValue { $0 } == [false])
        listeners = []
        #expect(wakes.withLockedValue { $0 } == [false, true] && hub.isEmpty)
    }

    @Test("one that takes less than there is is dropped, and others are told on")
    func slow() async throws {
        let slow = try listen(), other = try listen()
        var iterator = other.messages.makeAsyncIterator()
        _ = await iterator.next()
        for number in 0..<Int64(EventHub.maxWaiting) + 5 {
            hub.stands(["at_ms": .integer(number), "a": .integer(number)])
            #expect(await iterator.next() != nil)
        }
        var count = 0
        for await _ in slow.messages { count += 1 }
        #expect(count == EventHub.maxWaiting)
        withExtendedLifetime((slow, other)) {}
    }

    @Test("where nothing happens a comment comes every ten seconds; who may not listen any more is told so and ended")
    func time() async throws {
        let may = NIOLockedValueBox(true)
        let listener = try listen { may.withLockedValue { $0 } }
        hub.stands(["at_ms": 1])
        hub.tick()
        hand.advance(.seconds(9))
        hub.tick()
        hand.advance(.seconds(1))
        hub.tick()
        may.withLockedValue { $0 = false }
        hub.tick()
        #expect(!hub.isEmpty)
        hand.advance(.seconds(1))
        hub.tick()
        #expect(hub.isEmpty)
        var told: [String] = []
        for await message in listener.messages { told.append(String(decoding: message, as: UTF8.self)) }
        #expect(told.count == 4 && told[2] == ": still here\n\n" && told[3].hasPrefix("event: end\ndata: {\"detail\":\"the key"), "\(told)")
    }

    @Test("when the gateway stops all are told and ended, and nobody is taken any more")
    func close() async throws {
        let listener = try listen()
        hub.close()
        var told: [String] = []
        for await message in listener.messages { told.append(String(decoding: message, as: UTF8.self)) }
        #expect(told.last == "event: end\ndata: {\"detail\":\"this gateway is stopping\"}\n\n")
        #expect(throws: Problem.self) { try listen() }
    }
}
