import HTTPTypes
import TaskDomain
import TaskJSON
import TaskMessages

@testable import gateway

/// What callers send: bodies of every kind, queries, `Idempotency-Key`, cursors, `If-Match`, JSON web tokens, paths. The first byte
/// says which; with its high bit the others are a recipe for a body, else they are the text itself.
///
/// What must hold: nothing takes long, a refusal says where and why and never shows a credential, and of what is accepted the
/// request to the scheduler packs and reads as the same, with a credential that cannot begin another header.
enum BodiesFuzzer: Fuzzer {
    private static let now: Int64 = 1_795_000_000
    private static let credential = "Kq7vZ2x9Lw4T"
    /// For everything that is done with one body, under the sanitizer.
    private static let maximumMilliseconds: Int64 = 400

    static func run(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let rest = bytes.dropFirst()
        if kind >= 0x80 {
            var recipe = BodyRecipe(rest)
            timed("a body", milliseconds: maximumMilliseconds) { check(recipe.body(), kind) }
            return
        }
        switch kind % 16 {
        case 0..<8:
            timed("a body", milliseconds: maximumMilliseconds) {
                guard let value = try? Exchange(body: Array(rest)).json() else { return }
                check(value, kind)
            }
        case 8: checkQuery(String(decoding: rest, as: UTF8.self))
        case 9: checkIdempotencyKey(String(decoding: rest, as: UTF8.self))
        case 10: checkToken(String(decoding: rest, as: UTF8.self))
        case 11: checkCursor(Array(rest))
        case 12: checkRevision(String(decoding: rest, as: UTF8.self))
        case 13: checkPath(String(decoding: rest, as: UTF8.self))
        case 14: checkMediaType(String(decoding: rest, as: UTF8.self))
        default: checkKeys(String(decoding: rest, as: UTF8.self))
        }
    }

    // MARK: Bodies

    private static func check(_ value: JSONValue, _ kind: UInt8) {
        switch kind % 8 {
        case 0, 1, 2: create(value) { () throws(Problem) in try Exchange.read(value, as: ReminderBody.type).draft() }
        case 3: create(value) { () throws(Problem) in try Exchange.read(value, as: TaskBody.type).draft(now: UnixSeconds(now)) }
        case 4: patch(value)
        case 5: accepted { () throws(Problem) in try Exchange.read(value, as: BatchBody.type) }
        case 6:
            guard let preview = accepted({ () throws(Problem) in try Exchange.read(value, as: Preview.type) }) else { return }
            let answer = preview.answer(now: UnixSeconds(now)), text = answer.bytes()
            require((try? JSONValue(parsing: text, maxBytes: text.count)) == answer, "a preview that is no JSON")
        default:
            accepted { () throws(Problem) in try Exchange.read(value, as: OccurrenceSelection.type) }
            accepted { () throws(Problem) in try Exchange.read(value, as: ReleaseBody.type) }
            guard let patch = accepted({ () throws(Problem) in try Exchange.read(value, as: QueuePatch.type) }) else { return }
            var queue = Proto.Queue(name: "q")
            patch.apply(to: &queue)
        }
    }

    private static func create(_ body: JSONValue, _ read: () throws(Problem) -> Draft) {
        guard let draft = accepted(read) else { return }
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        let key = IdempotencyKey(key: "k", caller: "", body: body.bytes())
        let creation = Creation(
            draft, caller: .anyone, idempotency: body["priority"] == nil ? nil : key, now: UnixMilliseconds(now * 1_000), using: &random)
        let bytes = needed("packing a create") { try creation.request.packed() }
        let again = needed("reading a create") { try Proto.CreateRequest(unpacking: bytes) }
        require(again == creation.request, "the scheduler reads another create than was sent")
        require(bytes.count < 1 << 20, "a create of \(bytes.count) bytes")
        let isHeader = creation.request.authorization.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        require(isHeader, "a credential that begins another header")
        let answer = try? JSONValue(parsing: creation.answer, maxBytes: creation.answer.count)
        require(answer?["id"] == .string("\(creation.id)"), "an answer that is no JSON")
        require(!String(decoding: creation.answer, as: UTF8.self).contains(credential), "an answer shows a credential")
    }

    /// A merge patch on a reminder of either kind.
    private static func patch(_ body: JSONValue) {
        guard let patch = accepted({ () throws(Problem) in try Exchange.read(body, as: PatchBody.type) }) else { return }
        _ = patch.onlyAuthHeader
        for whole in [Examples.weekly, Examples.dailyTask] {
            guard case .object(let object) = whole else { continue }
            let isNotification = object["task"] == nil
            let merged = patch.merged(into: object, isNotification: isNotification)
            create(merged) { () throws(Problem) in
                isNotification
                    ? try Exchange.read(merged, as: ReminderBody.type).draft()
                    : try Exchange.read(merged, as: TaskBody.type).draft(now: UnixSeconds(now))
            }
        }
    }

    /// What was read; `nil` if it was refused, and then the refusal is one that a caller can use.
    @discardableResult
    private static func accepted<Value>(_ read: () throws(Problem) -> Value) -> Value? {
        do throws(Problem) { return try read() } catch {
            let answer = error.answer
            require((400..<500).contains(answer.status.code), "a refusal with \(answer.status)")
            require(!error.detail.isEmpty, "a refusal without a reason")
            require(answer.body.count < 1 << 18, "a refusal of \(answer.body.count) bytes")
            require((try? JSONValue(parsing: answer.body, maxBytes: answer.body.count)) != nil, "a refusal that is no JSON")
            require(!String(decoding: answer.body, as: UTF8.self).contains(credential), "a refusal shows a credential")
            return nil
        }
    }

    // MARK: The rest of a request

    private static func checkQuery(_ text: String) {
        accepted { () throws(Problem) in try QueryReader(ReminderQuery.type).read(text) }
        accepted { () throws(Problem) in try QueryReader(OccurrenceQuery.type).read(text) }
        if let decoded = PercentEncoding.decode(text[...], plusIsBlank: true) {
            require(decoded.utf8.count <= text.utf8.count, "a text grows when it is decoded")
        }
    }

    private static func checkIdempotencyKey(_ text: String) {
        guard let name = IdempotencyKey.headerName else { return }
        let values = text.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
        var headers = HTTPFields()
        for value in values { headers.append(HTTPField(name: name, value: String(value))) }
        let exchange = Exchange(headers: headers, body: Array(text.utf8))
        let key = accepted { () throws(Problem) in try IdempotencyKey(exchange) }
        guard let key, let key else { return }
        require(key.digest.count == 32 && key.requestDigest.count == 32, "a digest that is none")
    }

    private static func checkToken(_ text: String) {
        _ = JSONWebToken.expiry(inHeader: text).map { LocalTime.utc($0) }
    }

    private static func checkCursor(_ bytes: [UInt8]) {
        if let decoded = Cursor.bytes(String(decoding: bytes, as: UTF8.self)), let cursor = ListCursor(bytes: decoded) {
            require(cursor.bytes == decoded, "a cursor's bytes are others")
        }
        require(Base64.bytes(Base64.urlText(bytes).utf8) == bytes, "a cursor does not read as it was written")
    }

    private static func checkRevision(_ text: String) {
        let exchange = Exchange(headers: [.ifMatch: text])
        guard let revision = (try? Revision.wanted(exchange)) ?? nil else { return }
        require(revision > 0, "the revision \(revision)")
    }

    private static func checkPath(_ text: String) {
        let exchange = Exchange(pathValues: [text])
        if let id = accepted({ () throws(Problem) in try exchange.reminderID }) {
            require(ReminderID("\(id)") == id, "an id that does not read as it is written")
        }
        _ = routes.match(.get, text)
        _ = routes.match(.post, "/" + text)
    }

    private static let routes = RouteTable([Preview.operation])

    private static func checkMediaType(_ text: String) {
        let halves = text.split(separator: "\n", maxSplits: 1).map(String.init)
        var headers: HTTPFields = [:]
        headers[.contentType] = halves.first
        if halves.count > 1 { headers[.contentEncoding] = halves[1] }
        accepted { () throws(Problem) in try MediaType.requireJSON(headers) }
    }

    /// What a caller says it is.
    private static func checkKeys(_ text: String) {
        let values = text.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        accepted { () throws(Problem) in try callers.admit(authorization: values) }
    }

    private static let callers = needed("callers") { try Callers(keysFile: nil, allowsAnonymous: true) }
}
