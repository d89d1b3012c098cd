/// The keys that are good now, each with its bucket.
struct APIKeyTable: Sendable {
    struct Entry: Sendable {
        let key: APIKey
        let bucket: RequestBucket
    }

    private let entries: [Entry]
    /// Of the entries, in their order, and by themselves: all of them are read at every request.
    private let digests: [APIKeyDigest]

    /// - Parameter former: what is replaced. A key that stays keeps its bucket: a reload must not grant a fresh one.
    init(_ keys: [APIKey], replacing former: APIKeyTable? = nil) {
        let buckets = Dictionary(
            (former?.entries ?? []).map { ($0.key.digest, $0.bucket) }, uniquingKeysWith: { first, _ in first })
        entries = keys.map { Entry(key: $0, bucket: buckets[$0.digest] ?? RequestBucket()) }
        digests = keys.map(\.digest)
    }

    var keys: [APIKey] { entries.map(\.key) }

    /// The entry of the key with that digest. Every digest is compared, wherever the one looked for stands, so that the
    /// time this takes depends on the number of keys only.
    func entry(
        for digest: APIKeyDigest, isSame: (APIKeyDigest, APIKeyDigest) -> Bool = { $0 == $1 }
    ) -> Entry? {
        var found: Int?
        for index in digests.indices where isSame(digests[index], digest) { found = index }
        return found.map { entries[$0] }
    }

    /// The first entry of a caller's that is the one looked for. A caller may have several keys.
    func entry(of caller: String, where isIt: (APIKeyDigest) -> Bool) -> Entry? {
        entries.first { $0.key.caller.name == caller && isIt($0.key.digest) }
    }
}
