import Synchronization

/// Why a part of a service could not start: one line for its operator.
public struct StartError: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = OneLine.escaping(description, limit: ConfigurationError.maxBytes) }
}

/// Raised once, by anyone.
final class Flag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    func raise() { raised.store(true, ordering: .releasing) }
}
