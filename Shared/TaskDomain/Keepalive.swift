/// When the ends of a connection on the wire notice that nothing comes over it any more. Whatever waits for a peer to notice, and to be
/// back on another connection, takes its time from here.
public struct Keepalive: Sendable, Hashable {
    /// So long that a peer which stands still for ten seconds is not taken for dead, as what it was doing would then be done again.
    public static let defaultMilliseconds: Int64 = 7_500
    /// A peer that was not heard for so many intervals is dead.
    public static let intervalsToDeath: Int64 = 2
    /// How long a peer that has noticed may take to look a name up, to connect and to shake hands.
    public static let reconnectionMilliseconds: Int64 = 2_000

    /// Each side looks once in so long whether it has heard something, and after half of it without asks for a sign of life.
    public let intervalMilliseconds: Int64

    public init(intervalMilliseconds: Int64 = Keepalive.defaultMilliseconds) {
        self.intervalMilliseconds = intervalMilliseconds
    }

    /// After so much silence a peer is dead.
    public var deadMilliseconds: Int64 { intervalMilliseconds * Self.intervalsToDeath }

    /// From the moment at which a connection falls silent until one of its ends has noticed. Early, where the last sign of life came
    /// one and a half intervals before, as none is asked for sooner; late, where a look came just before a peer was dead.
    public var noticeMilliseconds: ClosedRange<Int64> { intervalMilliseconds / 2...deadMilliseconds + intervalMilliseconds }

    /// From the moment at which a connection falls silent until a peer that is well is back on another one.
    public var returnMilliseconds: Int64 { noticeMilliseconds.upperBound + Self.reconnectionMilliseconds }
}
