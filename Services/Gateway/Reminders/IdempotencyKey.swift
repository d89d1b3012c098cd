import Crypto
import HTTPTypes
import TaskDomain
import TaskJSON

/// The request header `Idempotency-Key`: the same key and body within 24 hours get the first answer again.
struct IdempotencyKey: Sendable, Hashable {
    /// SHA-256 of caller and key: callers cannot see each other's.
    let digest: [UInt8]
    /// SHA-256 of the body.
    let requestDigest: [UInt8]

    static let headerName = HTTPField.Name("Idempotency-Key")
    /// Says that an answer is the first one again.
    static let replayedHeader = HTTPField.Name("Idempotency-Replayed")

    /// - Parameter caller: who sent it; empty where anyone may.
    init(key: String, caller: String, body: [UInt8]) {
        var hash = SHA256()
        // Lengths in front, so that no other split of the same bytes is the same.
        for part in [caller, key] {
            hash.update(data: Array("\(part.utf8.count):".utf8))
            hash.update(data: Array(part.utf8))
        }
        digest = Array(hash.finalize())
        requestDigest = Array(SHA256.hash(data: body))
    }

    /// The shard in which the key is looked up, and so the reminder's.
    var shard: Shard { Shard(of: digest[0]) }

    /// `nil` where the request has none.
    init?(_ exchange: Exchange) throws(Problem) {
        guard let name = Self.headerName else { return nil }
        let values = exchange.headers[values: name]
        guard let key = values.first else { return nil }
        let isGood =
            values.count == 1 && Bounds.idempotencyKey.contains(key.utf8.count)
            && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isGood else {
            let range = Bounds.idempotencyKey
            let detail = "must be one value of \(range.lowerBound) to \(range.upperBound) visible ASCII characters"
            throw Problem(
                .badRequest, "the Idempotency-Key \(detail)",
                faults: [Problem.Fault(place: .header("Idempotency-Key"), detail: detail)])
        }
        self.init(key: key, caller: exchange.caller.owner, body: exchange.body)
    }

    /// The key of one of several creates in a request.
    static func ofItem(_ index: Int, _ item: JSONValue, _ exchange: Exchange) throws(Problem) -> IdempotencyKey? {
        guard let name = headerName, let key = exchange.headers[name], try IdempotencyKey(exchange) != nil else { return nil }
        return IdempotencyKey(key: "\(key)#\(index)", caller: exchange.caller.owner, body: item.bytes())
    }
}
