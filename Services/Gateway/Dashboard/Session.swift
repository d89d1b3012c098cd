import Crypto
import TaskDomain

/// That a browser has shown a caller's key, for as long as nobody asks for the key again.
struct Session: Sendable, Hashable {
    /// Seconds without a request after which it ends, and seconds after which it ends in any case.
    static let idleSeconds: Int64 = 8 * 3_600, longestSeconds: Int64 = 24 * 3_600
    /// Seconds before it is made anew for a request.
    static let renewalSeconds: Int64 = 300

    /// The name that the key's line has.
    let caller: String
    let began: UnixSeconds
    let expires: UnixSeconds

    init(caller: String, began: UnixSeconds, expires: UnixSeconds) {
        self.caller = caller
        self.began = began
        self.expires = expires
    }

    init(caller: String, at now: UnixSeconds) { self.init(caller: caller, began: now, expires: now + Self.idleSeconds) }

    /// With the end that a request now gives it; `nil` where that is not worth a new cookie.
    func renewed(at now: UnixSeconds) -> Session? {
        let end = min(now + Self.idleSeconds, began + Self.longestSeconds)
        return end - expires >= Self.renewalSeconds ? Session(caller: caller, began: began, expires: end) : nil
    }
}

/// Writes sessions as texts that only a gateway with the same key can have written, and reads them. Nothing is kept of them: any gateway of the
/// cluster takes another's, and what ends one is its time or its caller's key.
///
/// The text is `1.BEGAN.EXPIRES.CODE.CALLER`: unix seconds, and an HMAC with SHA-256 over the rest and the digest of the caller's key, which
/// itself is not in it. So whoever takes the key out of the file ends its sessions.
struct SessionSeal: Sendable {
    /// What the key is derived for from the cluster's secret.
    static let use = "dashboard sessions"
    /// The longest text that is looked into, in bytes.
    static let maxBytes = 256

    private static let version = "1"

    /// A session as it was read, of which only the code is still to be compared.
    struct Claim: Sendable {
        let session: Session
        fileprivate let code: [UInt8]
    }

    private let key: SymmetricKey

    /// - Parameter key: `nil`: one that only this process has, so that its sessions end with it.
    init(key: SymmetricKey?) { self.key = key ?? SymmetricKey(size: .bits256) }

    func text(_ session: Session, _ digest: APIKeyDigest) -> String {
        "\(Self.stem(session)).\(Hexadecimal.text(code(session, digest))).\(session.caller)"
    }

    /// - Returns: `nil` for what no gateway writes.
    static func read(_ text: Substring) -> Claim? {
        guard text.utf8.count <= maxBytes else { return nil }
        let parts = text.split(separator: ".", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == version, let began = Int64(parts[1]), let expires = Int64(parts[2]),
            let code = Hexadecimal.bytes(parts[3].utf8)
        else { return nil }
        let session = Session(caller: String(parts[4]), began: UnixSeconds(began), expires: UnixSeconds(expires))
        // One way alone to write each number.
        return text.hasPrefix(stem(session) + ".") ? Claim(session: session, code: code) : nil
    }

    /// Whether a gateway with this key has written it for the key with that digest. Takes the same time whatever the code is.
    func holds(_ claim: Claim, for digest: APIKeyDigest) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(claim.code, authenticating: message(claim.session, digest), using: key)
    }

    private func code(_ session: Session, _ digest: APIKeyDigest) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: message(session, digest), using: key)
    }

    /// The caller's name, of any length, comes last.
    private func message(_ session: Session, _ digest: APIKeyDigest) -> [UInt8] {
        Array("\(Self.stem(session)).".utf8) + digest.bytes + Array(session.caller.utf8)
    }

    private static func stem(_ session: Session) -> String { "\(version).\(session.began).\(session.expires)" }
}
