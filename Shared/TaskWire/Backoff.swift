/// The wait before trying again: doubled from try to try up to a bound, half of it fixed and half at random, so that
/// many that lost the same peer do not come back as one.
package struct Backoff {
    private let milliseconds: ClosedRange<Int>
    private var failures = 0

    package init(milliseconds: ClosedRange<Int>) { self.milliseconds = milliseconds }

    package mutating func succeeded() { failures = 0 }

    /// Milliseconds to wait after one more failure.
    package mutating func failed() -> Int {
        let doubled = milliseconds.lowerBound << min(failures, 20)
        failures += 1
        let whole = min(doubled, milliseconds.upperBound)
        return whole / 2 + Int.random(in: 0...max(1, whole / 2))
    }
}
