/// The bounds of a delivery engine. Every one has a default that suits one busy backend.
public struct DeliveryConfiguration: Sendable, Hashable {
    /// How long a connection may take to be made, name lookup and TLS included, in milliseconds.
    public var connectTimeoutMilliseconds = 3_000
    /// The longest time that a request may ask for, in milliseconds.
    public var maximumTimeoutMilliseconds = 300_000
    /// Connections to one host, and so the requests under way at it, unless it speaks HTTP/2.
    public var maximumConnectionsPerHost = 64
    /// Requests under way at one host that speaks HTTP/2, over all of its connections.
    public var maximumStreamsPerHost = 512
    /// Requests under way at all hosts.
    public var maximumInFlight = 4_096
    /// Requests that wait for their turn; one more is answered `retry` at once.
    public var maximumQueued = 100_000
    /// How much of an answer's body is kept, in bytes.
    public var keptAnswerBytes = 1_024
    /// An answer's body longer than this is cut off, and its connection closed, in bytes.
    public var maximumAnswerBytes = 64 * 1_024
    /// An answer's header longer than this is no answer, in bytes.
    public var maximumAnswerHeaderBytes = 32 * 1_024
    /// Consecutive connect failures or timeouts after which a host's circuit opens.
    public var circuitThreshold = 5
    /// While a host's circuit is open, one request in this time tries it, in milliseconds. It bounds how long
    /// a recovered host goes unnoticed.
    public var circuitProbeMilliseconds = 500
    /// The certificates to trust instead of the system's: the path of a PEM file.
    public var certificateAuthorityFile: String?
    /// The URL of a proxy; none when nil. The environment's `http_proxy` is not followed: a credential must not
    /// pass through a proxy that nobody has set for this service.
    public var proxy: String?

    public init() {}

    /// Checks each bound, so that the engine can rely on them.
    func validate() throws(DeliveryError) {
        try Self.check("connectTimeoutMilliseconds", connectTimeoutMilliseconds, 1...300_000)
        try Self.check("maximumTimeoutMilliseconds", maximumTimeoutMilliseconds, 1...3_600_000)
        try Self.check("maximumConnectionsPerHost", maximumConnectionsPerHost, 1...65_536)
        try Self.check("maximumStreamsPerHost", maximumStreamsPerHost, 1...65_536)
        try Self.check("maximumInFlight", maximumInFlight, 1...65_536)
        try Self.check("maximumQueued", maximumQueued, 1...10_000_000)
        try Self.check("maximumAnswerBytes", maximumAnswerBytes, 0...(16 * 1_024 * 1_024))
        try Self.check("keptAnswerBytes", keptAnswerBytes, 0...maximumAnswerBytes)
        try Self.check("maximumAnswerHeaderBytes", maximumAnswerHeaderBytes, 1_024...(90 * 1_024))
        try Self.check("circuitThreshold", circuitThreshold, 1...1_000_000)
        try Self.check("circuitProbeMilliseconds", circuitProbeMilliseconds, 1...1_000)
    }

    private static func check(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(DeliveryError) {
        guard allowed.contains(value) else {
            throw .setting("\(name) is \(value), but may be \(allowed.lowerBound) to \(allowed.upperBound)")
        }
    }
}
