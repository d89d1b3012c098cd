import CoreMetrics
import Synchronization

/// How many values fell between fixed bounds.
struct Buckets: Sendable {
    /// Upper bounds, rising, each one inclusive; beyond the last one more bucket takes the rest.
    let bounds: [Double]
    private let counts: [CounterCell]

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = (0...bounds.count).map { _ in CounterCell() }
    }

    func count(_ value: Double) {
        var low = 0, high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        counts[low].add(1)
    }

    /// For each bound, and then for no bound, how many values were no larger.
    func cumulative() -> [UInt64] {
        var total: UInt64 = 0
        return counts.map { cell in
            total &+= cell.value
            return total
        }
    }
}

/// Durations in seconds.
final class TimerCell: TimerHandler, Sendable {
    /// From half a millisecond, about what a dispatch costs, to five minutes, the longest wait between two tries.
    static let bounds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

    let buckets = Buckets(bounds: TimerCell.bounds)
    private let nanoseconds = Atomic<UInt64>(0)

    var sum: Double { Double(nanoseconds.load(ordering: .relaxed)) / 1e9 }

    /// A negative duration, of a clock that was set back, counts as none.
    func recordNanoseconds(_ duration: Int64) {
        let duration = max(0, duration)
        buckets.count(Double(duration) / 1e9)
        nanoseconds.wrappingAdd(UInt64(duration), ordering: .relaxed)
    }
}

/// Values of any unit, such as sizes.
final class RecorderCell: RecorderHandler, Sendable {
    static let bounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6]

    let buckets = Buckets(bounds: RecorderCell.bounds)
    private let total = FloatCell()

    var sum: Double { total.value }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        buckets.count(value)
        total.add(value)
    }
}
