/// The servers that a connection string names, in the order in which they are tried.
///
/// libpq goes on from one to the next by itself, but where it connects without blocking, not from one that does not answer.
struct ServerHosts: Sendable, Hashable {
    /// What is set of one, to be tried alone.
    typealias Host = [String: String]

    /// At least one. One that names no host is left to libpq, whatever the string says.
    let hosts: [Host]
    /// How long one of several may take, as `connect_timeout` says; `nil`: it says nothing of that.
    let patience: Duration?

    private static let keywords = ["host", "hostaddr", "port"]

    /// - Parameter settings: of the string, by keyword.
    init(_ settings: [String: String]) {
        patience = settings["connect_timeout"].flatMap { Int($0) }.flatMap { $0 > 0 ? .seconds($0) : nil }
        var lists: [String: [String]] = [:]
        for keyword in Self.keywords {
            lists[keyword] = settings[keyword].map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        }
        let count = max(lists["host"]?.count ?? 0, lists["hostaddr"]?.count ?? 0)
        // One port is that of all. What is empty means something that only libpq knows, and what does not match it refuses.
        if let ports = lists["port"], ports.count == 1 { lists["port"] = nil }
        guard count > 1, lists.values.allSatisfy({ $0.count == count && !$0.contains("") }) else {
            hosts = [[:]]
            return
        }
        hosts = (0..<count).map { index in lists.mapValues { $0[index] } }
    }
}
