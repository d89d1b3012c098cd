/// Why a delivery engine could not start.
public enum DeliveryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A setting is outside its bounds; the text names it, what it was and what it may be.
    case setting(String)
    /// The operating system or libcurl refused something that the engine cannot do without.
    case system(String)

    public var description: String {
        switch self {
        case .setting(let text): text
        case .system(let text): text
        }
    }
}
