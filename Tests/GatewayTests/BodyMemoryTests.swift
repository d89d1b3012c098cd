import NIOConcurrencyHelpers
import Testing

@testable import gateway
@testable import TaskOperations

@Suite("The memory for bodies")
struct BodyMemoryTests {
    private let clock = HandClock()
    private let registry = MetricsRegistry()
    /// Numbers of the bodies that were told to go, in order.
    private let evicted = NIOLockedValueBox<[Int]>([])

    private func memory(_ limit: Int) -> BodyMemory { BodyMemory(limit: limit, metrics: registry) }

    private func begin(_ number: Int, _ bytes: Int, _ memory: BodyMemory) -> BodyMemory.Place? {
        memory.begin(bytes, now: clock.now()) { [evicted] _ in evicted.withLockedValue { $0.append(number) } }
    }

    private var gone: [Int] { evicted.withLockedValue { $0 } }

    @Test("what is whole takes the copies of it that are made, up to the last byte and no further, and gives them back")
    func whole() throws {
        let memory = memory(100 * BodyMemory.copies)
        let first = try #require(memory.enter(60))
        #expect(first == 60 * BodyMemory.copies)
        #expect(memory.enter(41) == nil)
        #expect(memory.bytes == first)
        let second = try #require(memory.enter(40))
        #expect(memory.bytes == memory.limit)
        #expect(memory.enter(0) == 0)
        #expect(registry.exposition(process: nil).contains("gateway_body_memory_bytes \(memory.limit)\n"))
        memory.leave(first)
        memory.leave(second)
        #expect(memory.bytes == 0)
        #expect(registry.exposition(process: nil).contains("gateway_body_memory_bytes 0\n"))
    }

    @Test("what is arriving has half of it, so that there is always room for what is there")
    func half() throws {
        let memory = memory(200 * BodyMemory.copies), half = memory.limit / 2
        let place = try #require(begin(1, half, memory))
        #expect(begin(2, 1, memory) == nil)
        #expect(memory.enter(100) != nil)
        #expect(memory.enter(1) == nil)
        #expect(memory.end(place))
        #expect(!memory.end(place))
        #expect(begin(3, half, memory) != nil)
    }

    @Test("a body that is whole takes for what is made of it, instead of its length")
    func completion() throws {
        let memory = memory(1_000)
        let place = try #require(begin(1, 500, memory))
        #expect(memory.bytes == 500)
        let charge = try memory.complete(place, 100).get()
        #expect(memory.bytes == charge)
        memory.leave(charge)
        #expect(memory.bytes == 0)
    }

    @Test("one that is too much when it is whole is refused, and holds nothing any more")
    func tooMuch() throws {
        let memory = memory(10 * BodyMemory.copies)
        let whole = try #require(memory.enter(7))
        let place = try #require(begin(1, 4, memory))
        #expect(memory.complete(place, 4) == .failure(.full))
        #expect(memory.bytes == whole)
    }

    @Test("where there is no room the slowest goes first, and only as many as are needed")
    func slowest() throws {
        let memory = memory(800)
        for number in 0..<4 {
            _ = try #require(begin(number, 100, memory))
            clock.advance(.milliseconds(1))
        }
        clock.advance(memory.pace.patience)
        #expect(begin(4, 150, memory) != nil)
        #expect(gone == [0, 1])
        #expect(memory.bytes == 350)
        #expect(registry.exposition(process: nil).contains("gateway_refused_bodies_total{reason=\"slow\"} 2\n"))
    }

    @Test("one that goes on keeps its place, and nobody goes who is within the time; the new one is refused then")
    func pace() throws {
        let memory = memory(400)
        let steady = try #require(begin(0, 100, memory))
        _ = try #require(begin(1, 100, memory))
        clock.advance(memory.pace.patience - .nanoseconds(1))
        #expect(begin(2, 100, memory) == nil)
        #expect(gone == [])
        memory.goesOn(steady, now: clock.now())
        clock.advance(.nanoseconds(1))
        #expect(begin(3, 100, memory) != nil)
        #expect(gone == [1])
        #expect(begin(4, 100, memory) == nil)
        #expect(gone == [1])
        clock.advance(memory.pace.patience)
        #expect(begin(5, 200, memory) != nil)
        #expect(gone == [1, 0, 3])
    }

    @Test("what is whole also has the slow ones go, but never those who are not")
    func wholeFirst() throws {
        let memory = memory(120)
        let slow = try #require(begin(0, 60, memory))
        #expect(memory.enter(15) == nil)
        clock.advance(memory.pace.patience)
        #expect(memory.enter(15, now: clock.now()) == 90)
        #expect(gone == [0])
        #expect(memory.complete(slow, 60) == .failure(.slow))
        #expect(!memory.end(slow))
        #expect(memory.bytes == 90)
    }

    @Test("a thousand come and go in any order, and nothing is left of them")
    func many() throws {
        let memory = memory(4_000)
        var places: [BodyMemory.Place] = []
        for number in 0..<1_000 { places.append(try #require(begin(number, 2, memory))) }
        var random = SystemRandomNumberGenerator()
        for place in places.shuffled(using: &random) where Bool.random() { memory.goesOn(place, now: clock.now()) }
        for place in places.shuffled(using: &random) { #expect(memory.end(place)) }
        #expect(memory.bytes == 0)
        #expect(begin(0, 2_000, memory) != nil)
    }
}
