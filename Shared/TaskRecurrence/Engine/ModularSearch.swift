/// Where an arithmetic progression meets an interval of residues, in steps that grow with the digits of the modulus.
enum ModularSearch {
    /// The least `k ≥ 0` for which `step · k mod modulus` lies in `low ... high`; nil if there is none.
    ///
    /// Needs `0 ≤ low ≤ high < modulus`. If no multiple of the step below the modulus lies in the interval, the number of wraps `j`
    /// must bring one in, `modulus · j mod step` in `-high ... -low`: the same question on smaller numbers, as in Euclid's algorithm.
    static func firstHit(step: Int, modulus: Int, _ low: Int, _ high: Int) -> Int? {
        if low == 0 { return 0 }
        let step = step % modulus
        if step == 0 { return nil }
        if step * 2 > modulus { return firstHit(step: modulus - step, modulus: modulus, modulus - high, modulus - low) }
        let direct = (low + step - 1) / step
        if direct * step <= high { return direct }
        let wrappedLow = (step - high % step) % step, wrappedHigh = (step - low % step) % step
        guard let wraps = firstHit(step: modulus % step, modulus: step, wrappedLow, wrappedHigh) else { return nil }
        return (low + modulus * wraps + step - 1) / step
    }

    /// As above for `start + step · k` and an interval that may wrap around (`low > high`). All in `0 ..< modulus`.
    static func firstHit(start: Int, step: Int, modulus: Int, _ low: Int, _ high: Int) -> Int? {
        let from = (low - start + modulus) % modulus, to = (high - start + modulus) % modulus
        return from > to ? 0 : firstHit(step: step, modulus: modulus, from, to)
    }

    /// The sum of `(start + step · k) / modulus`, rounded down, for `k` in `0 ..< count`. All arguments non-negative.
    static func floorSum(count: Int, modulus: Int, step: Int, start: Int) -> Int {
        var (n, m, a, b, total) = (count, modulus, step, start, 0)
        while n > 0 {
            total &+= n &* (n &- 1) / 2 &* (a / m) &+ n &* (b / m)
            (a, b) = (a % m, b % m)
            let top = a &* n &+ b
            if top < m { break }
            (n, b) = (top / m, top % m)
            (m, a) = (a, m)
        }
        return total
    }

    /// How many `k` in `0 ..< count` have `(start + step · k) mod modulus` in `low ... high`, with `0 ≤ low ≤ high < modulus`.
    static func hits(count: Int, start: Int, step: Int, modulus: Int, _ low: Int, _ high: Int) -> Int {
        // x mod m ≤ h exactly when (x + m) / m - (x + m - 1 - h) / m is 1.
        floorSum(count: count, modulus: modulus, step: step, start: start + modulus - low)
            - floorSum(count: count, modulus: modulus, step: step, start: start + modulus - 1 - high)
    }

    static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
