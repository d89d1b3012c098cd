import TaskDomain

/// Numbers that look like chance and follow from a seed alone.
package struct Chance: RandomNumberGenerator {
    private var generator: SplitMix64

    package init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    /// A stream of its own for each purpose: what one draws does not change what another gets. So a run from which
    /// something was left out stays the same in everything else.
    package init(_ words: UInt64...) {
        var state: UInt64 = 0
        for word in words {
            var mixer = Chance(seed: state ^ word)
            state = mixer.next()
        }
        generator = SplitMix64(seed: state)
    }

    package mutating func next() -> UInt64 { generator.next() }

    package mutating func int(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &self) }

    /// Short times are as likely as long ones: uniform in the number of digits.
    package mutating func spread(_ range: ClosedRange<Int64>) -> Int64 {
        let ratio = max(1, range.upperBound / max(1, range.lowerBound))
        let doublings = int(0...Int64(63 - ratio.leadingZeroBitCount))
        let low = min(range.upperBound, max(1, range.lowerBound) << doublings)
        return max(range.lowerBound, int(low...min(range.upperBound, low * 2)))
    }

    package mutating func one(in number: Int) -> Bool { Int.random(in: 0..<number, using: &self) == 0 }

    package mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}
