import CoreMetrics
import Synchronization

/// A count that only grows. Wraps at 2^64, as Prometheus expects of a restart.
final class CounterCell: CounterHandler, Sendable {
    private let count = Atomic<UInt64>(0)

    var value: UInt64 { count.load(ordering: .relaxed) }

    func add(_ amount: UInt64) { count.wrappingAdd(amount, ordering: .relaxed) }

    /// A negative amount is ignored: a counter does not fall.
    func increment(by amount: Int64) {
        if amount > 0 { add(UInt64(amount)) }
    }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// A `Double` in one word, changed without a lock.
final class FloatCell: FloatingPointCounterHandler, Sendable {
    private let bits = Atomic<UInt64>(Double(0).bitPattern)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, current) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = current
        }
    }

    /// Only a finite amount above zero counts.
    func increment(by amount: Double) {
        if amount.isFinite, amount > 0 { add(amount) }
    }

    func reset() { store(0) }
}

/// The latest value of something that rises and falls.
final class GaugeCell: RecorderHandler, MeterHandler, Sendable {
    private let latest = FloatCell()

    var value: Double { latest.value }

    func record(_ value: Int64) { latest.store(Double(value)) }
    func record(_ value: Double) { latest.store(value) }
    func set(_ value: Int64) { latest.store(Double(value)) }
    func set(_ value: Double) { latest.store(value) }

    func increment(by amount: Double) {
        if amount.isFinite { latest.add(amount) }
    }

    func decrement(by amount: Double) {
        if amount.isFinite { latest.add(-amount) }
    }
}
