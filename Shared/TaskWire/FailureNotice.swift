import NIOCore

/// Decides which of many failures to connect is worth a line: one that has lasted, when its reason is new, and then now and again.
struct FailureNotice {
    /// How long it has to have failed: what is started a moment before its peer is no failure.
    static let patience = TimeAmount.seconds(2)
    /// After this long the same is said again.
    static let interval = TimeAmount.minutes(1)

    private var since: NIODeadline?
    private var told: (reason: String, at: NIODeadline)?

    mutating func succeeded() {
        since = nil
        told = nil
    }

    /// Takes note of one more failure.
    /// - Returns: whether it is to be said.
    mutating func failed(_ reason: String, at now: NIODeadline) -> Bool {
        let began = since ?? now
        since = began
        guard now - began >= Self.patience else { return false }
        // Reasons that take turns are said as often as one.
        if let told, now - told.at < (told.reason == reason ? Self.interval : Self.patience) { return false }
        told = (reason, now)
        return true
    }
}
