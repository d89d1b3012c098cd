import Synchronization

/// Bounds how many lines about one kind of event are logged, where strangers decide how many there are.
final class LineBudget: Sendable {
    static let linesPerSecond = 10

    private struct Second {
        var begin = ContinuousClock.now
        var written = 0
        var left = 0
    }

    private let second = Mutex(Second())

    /// - Returns: how many lines were left out since the last one; `nil` if this one is, too.
    func place() -> Int? {
        second.withLock { second in
            if ContinuousClock.now - second.begin >= .seconds(1) {
                second.begin = .now
                second.written = 0
            }
            guard second.written < Self.linesPerSecond else {
                second.left += 1
                return nil
            }
            second.written += 1
            defer { second.left = 0 }
            return second.left
        }
    }
}
