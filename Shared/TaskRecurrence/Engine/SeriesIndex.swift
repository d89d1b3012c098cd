/// A series across a change of its zone's data: an occurrence keeps its index, while its instant moves.
///
/// So no occurrence of a local date comes a second time because it is later by the new data, and none is left out because it is earlier.
extension Series {
    /// How far data that changes may move an occurrence, in seconds: from one end of the date line to the other, and back.
    static let farthestMove: Int64 = 2 * 26 * 3_600
    /// Occurrences within that time up to which one is looked for by its index. A series that has more goes on by its instants: at most
    /// some of what comes several times an hour is then fired twice, or left out, where the clock was moved.
    public static let maximumSought = 1_000

    /// The occurrence of an index, or the first one behind it that is not left out.
    /// - Parameter instant: where it was by the data before.
    /// - Returns: `nil` where it is not found in its neighbourhood.
    public func cursor(at index: Int64, near instant: Int64) -> Cursor? {
        guard var found = cursor(after: instant - Self.farthestMove), found.index <= index else { return nil }
        for _ in 0..<Self.maximumSought {
            if found.index >= index { return found }
            guard let next = next(after: found) else { return nil }
            found = next
        }
        return nil
    }

    /// Where an occurrence that has not been fired is by the data of now.
    /// - Parameter known: by the data before.
    /// - Returns: `nil` if the series has ended before it.
    public func moved(_ known: Cursor) -> Cursor? {
        cursor(at: known.index, near: known.instant) ?? cursor(after: known.instant - 1)
    }

    /// The occurrence that follows one that was fired by the data before.
    /// - Returns: `nil` if the series ends with that one.
    public func next(afterMoved known: Cursor) -> Cursor? {
        guard let place = cursor(at: known.index, near: known.instant) else { return next(after: known) }
        guard let following = place.index > known.index ? place : next(after: place) else { return nil }
        return following.instant > known.instant ? following : next(after: known)
    }
}
