import HTTPTypes
import Metrics
import TaskDomain
import TaskOperations

/// Says whose a request is, and holds every key to its rate.
///
/// With a keys file a caller shows its key as `Authorization: Bearer KEY`. Without one, anyone may call and nobody is
/// told apart.
final class Callers: Sendable {
    /// The longest key in bytes, which are visible ASCII characters.
    static let maxKeyBytes = ReminderLimits.keyBytes.upperBound
    /// RFC 6750 section 3: what a refused caller must show.
    private static let challenge = #"Bearer realm="task-scheduler""#
    private static let howToCall = "send one header Authorization: Bearer KEY with a key of this API"

    /// `nil`: there is no keys file.
    let keys: APIKeys?
    private let allowsAnonymous: Bool
    private let defaultRate: Int
    /// Of all callers without a key together.
    private let anonymousBucket = RequestBucket()
    private let missing: Counter, unknown: Counter
    private let browsers: [BrowserGuard.Refusal: Counter]
    /// Counts requests that were more than the rate allows.
    let tooMany: Counter
    let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - allowsAnonymous: whether callers without a key are let in beside those with one.
    ///   - defaultRate: requests a second with one key whose line does not say, 0 for any number.
    /// - Throws: what is wrong with the keys file.
    init(
        keysFile: APIKeyFile?, allowsAnonymous: Bool, defaultRate: Int = 0,
        metrics: any MetricsFactory = MetricsSystem.factory,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws(ConfigurationError) {
        precondition(RequestBucket.rates.contains(defaultRate), "rates are \(RequestBucket.rates)")
        self.allowsAnonymous = allowsAnonymous
        self.defaultRate = defaultRate
        self.now = now
        func counter(_ reason: String) -> Counter {
            Counter(label: "gateway_refused_callers", dimensions: [("reason", reason)], factory: metrics)
        }
        (missing, unknown, tooMany) = (counter("missing"), counter("unknown"), counter("rate"))
        browsers = Dictionary(uniqueKeysWithValues: BrowserGuard.Refusal.allCases.map { ($0, counter($0.name)) })
        guard let keysFile else {
            keys = nil
            return
        }
        do throws(APIKeyFile.Failure) { keys = try APIKeys(keysFile) } catch {
            let advice = if case .unreadable = error { "; it must be a file of keys that this process's user may read" } else { "" }
            throw ConfigurationError("GATEWAY_API_KEYS_FILE: \(keysFile.path) \(error)\(advice)")
        }
    }

    // MARK: Admission

    /// Counts a request that was refused before anyone asked whose it is.
    func count(_ refusal: BrowserGuard.Refusal) { browsers[refusal]?.increment() }

    /// Whose a request is. Called once for each, before anything is done for it.
    /// - Parameter authorization: the values of all its `Authorization` headers.
    /// - Returns: the caller, and what else it may ask for now.
    /// - Throws: 401 for a caller that cannot be told, 429 for one that comes too often.
    func admit(authorization: [String]) throws(Problem) -> (caller: Caller, allowance: Allowance) {
        guard let keys else { return try admitAnonymous(.anyone) }
        guard let value = authorization.first else {
            if allowsAnonymous { return try admitAnonymous(.anonymous) }
            missing.increment()
            throw Problem(
                .unauthorized, "this API is for callers with a key; \(Self.howToCall)",
                headers: [.wwwAuthenticate: Self.challenge])
        }
        guard authorization.count == 1, let key = Self.key(in: value),
            let entry = keys.current().entry(for: APIKeyDigest(ofKey: key))
        else {
            unknown.increment()
            throw Problem(
                .unauthorized, "what the Authorization header holds is not a key of this API; \(Self.howToCall)",
                headers: [.wwwAuthenticate: Self.challenge + #", error="invalid_token""#])
        }
        return try admit(entry)
    }

    /// The same for a request that shows something else that stands for a key.
    /// - Parameters:
    ///   - caller: whose key that is.
    ///   - isIt: whether it stands for the one with that digest.
    /// - Returns: `nil` where there is no such key, or no longer.
    func admit(
        _ caller: String, digest isIt: (APIKeyDigest) -> Bool
    ) throws(Problem) -> (key: APIKey, admitted: (caller: Caller, allowance: Allowance))? {
        guard let entry = keys?.current().entry(of: caller, where: isIt) else { return nil }
        return (entry.key, try admit(entry))
    }

    /// The key with that text, which is held to its rate.
    /// - Returns: `nil` where there is none.
    func key(_ text: String) throws(Problem) -> APIKey? {
        let bytes = Array(text.utf8)
        guard Self.isKey(bytes), let entry = keys?.current().entry(for: APIKeyDigest(ofKey: bytes)) else { return nil }
        _ = try admit(entry)
        return entry.key
    }

    /// Whose a request with these headers is, where that counts for no rate; `nil`: nobody's.
    func caller(authorization: [String]) -> Caller? {
        guard let keys else { return .anyone }
        guard let value = authorization.first else { return allowsAnonymous ? .anonymous : nil }
        guard authorization.count == 1, let key = Self.key(in: value) else { return nil }
        return keys.current().entry(for: APIKeyDigest(ofKey: key))?.key.caller
    }

    /// The same for what else stands for a key; see ``admit(_:digest:)``.
    func caller(_ name: String, digest isIt: (APIKeyDigest) -> Bool) -> Caller? {
        guard let keys else { return .anyone }
        return keys.current().entry(of: name, where: isIt)?.key.caller
    }

    private func admit(_ entry: APIKeyTable.Entry) throws(Problem) -> (caller: Caller, allowance: Allowance) {
        let allowance = Allowance(
            rate: entry.key.rate ?? defaultRate, bucket: entry.bucket, who: "this key", callers: self)
        try hold(to: allowance)
        return (entry.key.caller, allowance)
    }

    private func admitAnonymous(_ caller: Caller) throws(Problem) -> (caller: Caller, allowance: Allowance) {
        let allowance = Allowance(
            rate: defaultRate, bucket: anonymousBucket, who: "all callers without a key together", callers: self)
        try hold(to: allowance)
        return (caller, allowance)
    }

    private func hold(to allowance: Allowance) throws(Problem) {
        let rate = allowance.rate
        guard rate > 0, !allowance.bucket.take(rate: rate, at: now()) else { return }
        tooMany.increment()
        let bound = "\(allowance.who) may make \(rate) \(rate == 1 ? "request" : "requests") a second"
        throw Problem(
            .tooManyRequests, "\(bound); this one was not carried out",
            headers: [.retryAfter: "\(RequestBucket.retryAfterSeconds)"])
    }

    /// The key in `Bearer KEY`: the scheme in either case, one blank, the key.
    private static func key(in value: String) -> [UInt8]? {
        let scheme = "bearer "
        guard value.prefix(scheme.count).lowercased() == scheme else { return nil }
        let key = Array(value.utf8.dropFirst(scheme.utf8.count))
        return isKey(key) ? key : nil
    }

    private static func isKey(_ bytes: [UInt8]) -> Bool {
        (1...maxKeyBytes).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
