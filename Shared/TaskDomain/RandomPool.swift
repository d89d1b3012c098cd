import Glibc
import Synchronization

/// Draws unguessable numbers from the system, many at a time: a system call for each takes longer than the rest of making an id.
///
/// They are those of getentropy(3), as `SystemRandomNumberGenerator`'s are, and each is given once, whichever thread asks. For ids, not for
/// nonces and keys: two machines that go on from one snapshot would give what was drawn before it twice.
public final class RandomPool: RandomNumberGenerator, Sendable {
    /// Numbers drawn at a time: the 256 bytes that one call gives at most.
    private static let count = 32

    private let unused = Mutex<[UInt64]>([])

    public init() {}

    public func next() -> UInt64 {
        unused.withLock { unused in
            if let number = unused.popLast() { return number }
            unused = Self.draw()
            return unused.removeLast()
        }
    }

    private static func draw() -> [UInt64] {
        var numbers = [UInt64](repeating: 0, count: count)
        let isDrawn = numbers.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false }
        guard !isDrawn else { return numbers }
        // Where a sandbox has no such call.
        var system = SystemRandomNumberGenerator()
        return numbers.map { _ in system.next() }
    }
}
