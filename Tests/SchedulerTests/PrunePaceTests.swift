import Storage
import Testing

@testable import scheduler

@Suite("How fast old rows are removed")
struct PrunePaceTests {
    private static func progress(rows: Int, hasMore: Bool = true, isUnderWay: Bool = false) -> PruneProgress {
        var progress = PruneProgress()
        (progress.rows[.reminders], progress.hasMore, progress.isUnderWay) = (rows, hasMore, isUnderWay)
        return progress
    }

    @Test("others have a third of the time at least, and the rest of it where 25,000 rows a second are removed in less")
    func pauses() {
        let full = Self.progress(rows: Pruner.rows)
        #expect(Pruner.pause(after: full, took: .milliseconds(300)) == .milliseconds(150))
        #expect(Pruner.pause(after: full, took: .milliseconds(20)) == .milliseconds(180))
        #expect(Pruner.pause(after: Self.progress(rows: 1), took: .zero) == Pace.minPause)
    }

    @Test("it waits where nothing is left, and where nothing could be done")
    func waits() {
        #expect(Pruner.pause(after: Self.progress(rows: 3, hasMore: false), took: .zero) == Pruner.interval)
        #expect(Pruner.pause(after: Self.progress(rows: 3, hasMore: false, isUnderWay: true), took: .zero) == Pruner.lookPause)
        #expect(Pruner.pause(after: nil, took: .seconds(1)) == Pruner.interval)
    }
}
