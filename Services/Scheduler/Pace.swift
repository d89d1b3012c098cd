/// How long a part that works through the store in turns waits after each, so that others have their share of its writing thread.
struct Pace: Sendable {
    /// What it waits at least.
    static let minPause = Duration.milliseconds(10)

    /// The pause as a part of what the turn before took.
    let ofTurn: Double

    func pause(after took: Duration) -> Duration { max(Self.minPause, took * ofTurn) }
}
