/// The bounds of what can be asked for.
enum Bounds {
    /// Unicode scalars.
    static let descriptionLength = 1_000, timezoneLength = 64
    static let authorizationBytes = 8_192
    static let ruleBytes = 4_096
    /// Positional arguments, and named ones.
    static let arguments = 1_000
    /// 1970 … 9999, as RFC 5545's four-digit years.
    static let unixSeconds: ClosedRange<Int64> = 0...253_402_300_799
    static let priority = 0...9
    static let maxAttempts = 1...100
    /// A day.
    static let jitterSeconds = 0...86_400
    /// Ten years.
    static let expirySeconds = 1...315_360_000
    /// Occurrences whose distances are looked at.
    static let distancesChecked = 100
    /// Its arguments are a notification, which is no `args` and `kwargs`.
    static let notificationTask = "edvora.notification"
}
