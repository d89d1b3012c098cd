/// Tells when something that is looked at from time to time has changed and come to rest: two looks, one after the other, have shown the
/// same. Then nobody is half-way through writing it, and every later change shows in its times, however coarse they are.
///
/// What was there at the beginning counts as a change.
public struct SettledLook<Sight: Equatable & Sendable>: Sendable {
    private var last: Sight?
    private var settled: Sight?

    public init() {}

    /// Notes what was seen.
    /// - Returns: whether something is to be done about it: it was the same at the last look, and nothing has ``settle(_:)``d it.
    public mutating func isDue(_ sight: Sight) -> Bool {
        defer { last = sight }
        return sight == last && sight != settled
    }

    /// Nothing more is to be done about it.
    public mutating func settle(_ sight: Sight) { settled = sight }
}
