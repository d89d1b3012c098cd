/// Two services with other zone data than each other: both go on, by their own.
public enum ZoneDifference {
    /// What a check of it says.
    /// - Parameters:
    ///   - own: the version of this service's data; empty where it is not known.
    ///   - other: the same of the other service.
    ///   - name: the other service's.
    public static func state(own: String, other: String, of name: String) -> Readiness.State {
        guard !own.isEmpty, !other.isEmpty, own != other else { return .ok }
        return .notice("this service has \(own), and \(name) \(other); install the same tzdata for both")
    }
}
