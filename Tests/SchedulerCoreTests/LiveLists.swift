import TaskDomain
import Testing

@testable import SchedulerCore

@Suite("lists of what is ready and of what runs")
struct LiveLists {
    private func ready(_ world: World, limit: Int = 3, where matches: (OccurrenceKey, Reminder) -> Bool = { _, _ in true }) -> [ReminderID] {
        walk { world.core.readyOccurrences(after: $0, limit: limit, where: matches) }
    }

    private func running(_ world: World, limit: Int = 3) -> [ReminderID] {
        walk { world.core.runningOccurrences(after: $0, limit: limit) { _, _ in true } }
    }

    private func walk(_ read: (UInt64) -> LivePage) -> [ReminderID] {
        var found: [ReminderID] = [], after: UInt64? = 0
        while let place = after {
            let page = read(place)
            #expect(page.occurrences.count == page.numbers.count)
            found += page.occurrences.map(\.key.reminder)
            after = page.next
        }
        return found
    }

    @Test("what is ready is listed in the order in which it became so, page by page, and leaves the list with a worker")
    func order() throws {
        let world = try World()
        world.answer = { _ in .never }
        // A later one of a higher priority goes to a worker before, and is listed behind.
        let ids = try (0..<10).map { try world.create(in: Int64($0) * 1_000, priority: $0 % 2 == 0 ? 5 : 9) }
        world.run(milliseconds: 20_000)
        #expect(ready(world) == ids && running(world).isEmpty)
        var core = world.core
        #expect(core.oldestReady() == World.start)
        world.attach("a", credit: 4)
        world.run(milliseconds: 100)
        let given = world.runs.map(\.key.reminder)
        #expect(given.count == 4)
        #expect(running(world) == given)
        #expect(ready(world) == ids.filter { !given.contains($0) })
        #expect(ready(world) { _, reminder in reminder.priority == 9 } == ids.enumerated().filter { $0.offset % 2 == 1 && !given.contains($0.element) }.map(\.element))
    }

    @Test("one that runs is told with its worker, its number and since when, also while that worker is lost for a moment")
    func run() throws {
        let world = try World()
        world.answer = { _ in .never }
        let id = try world.create(in: 0)
        let worker = world.attach("a", credit: 4)
        world.run(milliseconds: 100)
        let key = try #require(world.runs.first).key
        let page = world.core.runningOccurrences(after: 0, limit: 5) { _, _ in true }
        let found = try #require(page.occurrences.first)
        #expect(found.key.reminder == id && found.run?.worker == "a" && found.tries.next == 1 && page.next == nil)
        #expect(world.core.run(of: key)?.since == found.run?.since)
        world.detach(worker)
        world.run(milliseconds: 10)
        #expect(world.core.run(of: key)?.worker == "a")
    }

    @Test("a page looks at a bounded number, and the next goes on behind them")
    func bounded() throws {
        var roll = Roll<Int>()
        for item in 1...5 { #expect(roll.add(item) == UInt64(item)) }
        #expect(roll.after(3).map(\.item) == [4, 5] && roll.after(9).isEmpty && roll.after(0).count == 5)
        #expect(roll.first { $0.item > 2 } == 3)
        let world = try World()
        for _ in 0..<SchedulerCore.maxExamined / 1_000 { for _ in 0..<1_001 { try world.create(in: 0) } }
        world.run(milliseconds: 100)
        var pages: [LivePage] = [], after: UInt64? = 0
        while let place = after {
            pages.append(world.core.readyOccurrences(after: place, limit: 10) { _, _ in false })
            after = pages.last?.next
        }
        #expect(pages.count == 2 && pages.allSatisfy { $0.occurrences.isEmpty })
    }

    @Test("what has gone takes no more room than what is there")
    func room() {
        var roll = Roll<Int>(), live: Set<Int> = [], most = 0
        for item in 1...10_000 {
            _ = roll.add(item)
            live.insert(item)
            if item % 10 != 0 { live.remove(item) }
            if item > 5_000 { live.remove(item - 5_000) }
            if roll.isLoose(count: live.count) { roll.tidy { live.contains($0.item) } }
            most = max(most, roll.after(0).count - 2 * live.count)
        }
        #expect(most <= Lapsed.slack + 2)
        #expect(Set(roll.after(0).filter { live.contains($0.item) }.map(\.item)) == live)
    }
}
