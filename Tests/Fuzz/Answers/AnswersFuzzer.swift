import CCurl
import TaskDomain

@testable import Delivery

/// The downstream's answers: header lines and pieces of a body as libcurl hands them over, in any order and number.
///
/// What must hold: no more is kept than configured, the bounds break off what goes beyond, a pause is within its bound, the line
/// for an operator is one short line, and the credential is in neither.
enum AnswersFuzzer: Fuzzer {
    private static let kept = 64, maximum = 512, maximumHeader = 512
    private static let now = UnixSeconds(1_795_000_000)
    private static let codes: [CURLcode] = [
        CURLE_OK, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_WRITE_ERROR, CURLE_OPERATION_TIMEDOUT, CURLE_WEIRD_SERVER_REPLY,
        CURLE_COULDNT_CONNECT, CURLE_PEER_FAILED_VERIFICATION, CURLE_OUT_OF_MEMORY, CURLE_GOT_NOTHING, CURLE_HTTP2,
    ]
    private static let secrets = ["", "Bearer Kq7vZ2x9Lw4T", "Basic dXNlcjpwYXNz", "abc", "    ", "aaaaaaaaaaaaaaaaaaaaaaaa"]

    static func run(_ bytes: [UInt8]) {
        var recipe = Recipe(bytes[...])
        checkPause(recipe)
        let secret = secrets[Int(recipe.byte()) % secrets.count]
        let redaction = Redaction(of: Secret(secret))
        let code = codes[Int(recipe.byte()) % codes.count]
        let status = Int(recipe.byte()) * 4
        var reader = AnswerReader()
        reader.begin(kept: kept + Redaction.margin, maximum: maximum, maximumHeader: maximumHeader)
        var headerBytes = 0, bodyBytes = 0
        while !recipe.isEmpty {
            let isHeader = recipe.byte() % 2 == 0
            var piece = recipe.take(Int(recipe.byte()))
            // A quoted credential is what redaction is there for.
            if recipe.byte() == 0xFF { piece += Array(secret.utf8) }
            let goesOn = piece.withUnsafeBufferPointer { isHeader ? reader.header($0) : reader.body($0) }
            if isHeader { headerBytes += piece.count } else { bodyBytes += piece.count }
            require(goesOn == (isHeader ? headerBytes <= maximumHeader : bodyBytes <= maximum), "a bound is not kept")
            require(reader.bytes.count <= kept + Redaction.margin, "\(reader.bytes.count) bytes are kept")
            require((reader.retryAfter?.utf8.count ?? 0) <= 4 * (RetryAfter.maximumLength + 1), "a long Retry-After is kept")
            if !goesOn { break }
        }
        let error = Array("libcurl's words \(secret)".utf8)
        let result = TransferEnd(
            code: code, status: status, answer: reader, error: error, redaction: redaction, kept: kept).result(now: now)
        check(result, secret, isAnswered: reader.isHeaderComplete && status > 0)
    }

    private static func check(_ result: DeliveryResult, _ secret: String, isAnswered: Bool) {
        require(result.statusCode == 0 || isAnswered, "a status without an answer")
        if case .retry(let pause?) = result.outcome {
            require((0...RetryAfter.maximumMilliseconds).contains(pause), "a pause of \(pause) ms")
        }
        if result.outcome == .delivered { require((200..<300).contains(result.statusCode), "delivered by \(result.statusCode)") }
        require(result.detail.utf8.count <= 2_000, "a detail of \(result.detail.utf8.count) bytes")
        require(!result.detail.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "a detail of more than one line: \(result.detail)")
        require(result.answer.count <= kept, "an answer of \(result.answer.count) bytes")
        let credential = secret.drop { $0 != " " }.drop { $0 == " " }
        guard credential.utf8.count >= Redaction.runBytes else { return }
        for text in [result.detail, String(decoding: result.answer, as: UTF8.self)] {
            require(!text.contains(credential), "the credential is in \(text)")
        }
    }

    private static func checkPause(_ recipe: Recipe) {
        var recipe = recipe
        let text = String(decoding: recipe.rest(), as: UTF8.self)
        guard let pause = RetryAfter.milliseconds(text, now: now) else { return }
        require((0...RetryAfter.maximumMilliseconds).contains(pause), "a pause of \(pause) ms for \(text)")
    }
}
