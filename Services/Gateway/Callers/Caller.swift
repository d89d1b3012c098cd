/// Who sent a request, as far as its key tells.
struct Caller: Sendable, Hashable {
    /// The name that the key's line has; empty for a caller without a key.
    let name: String
    /// Whether it sees and changes what other callers made as well.
    let isAdmin: Bool

    /// Anyone, where no keys are configured: there is nobody to keep anything from.
    static let anyone = Caller(name: "", isAdmin: true)
    /// A caller without a key, beside others that have one: it sees what was made without a key.
    static let anonymous = Caller(name: "", isAdmin: false)

    /// Whether it sees what that caller made. What it does not see is to it as if it were not there.
    func sees(madeBy name: String) -> Bool { isAdmin || name == self.name }
}
