internal import CCurl
import TaskDomain

/// What libcurl says of a request's end, turned into a result.
struct TransferEnd {
    /// How much of an answer goes into the line for an operator, in bytes.
    static let excerptBytes = 200

    let code: CURLcode
    let status: Int
    let answer: AnswerReader
    /// Why it ended, for an operator: libcurl's words, or the loop's.
    let error: [UInt8]
    let redaction: Redaction
    let kept: Int
    /// How often the request was sent.
    var sendings = 1

    func result(now: UnixSeconds) -> DeliveryResult {
        let isAnswered = answer.isHeaderComplete && status > 0
        let reason = isAnswered ? answeredReason : unansweredReason
        let pause = answer.retryAfter.flatMap { RetryAfter.milliseconds($0, now: now) }
        let outcome =
            isAnswered
            ? OutcomeRules.outcome(status: status, retryAfterMilliseconds: pause)
            : OutcomeRules.outcome(withoutAnswer: reason)
        return DeliveryResult(
            outcome: outcome, reason: reason, statusCode: isAnswered ? status : 0,
            detail: detail(isAnswered: isAnswered, reason: reason, outcome: outcome),
            // Of a success nobody asks what it said.
            answer: isAnswered && outcome != .delivered ? redaction.apply(answer.bytes, limit: kept) : [], sendings: sendings)
    }

    private var answeredReason: DeliveryReason {
        if let excess = answer.excess { return excess }
        return code == CURLE_OK ? .answered : .answerIncomplete
    }

    private var unansweredReason: DeliveryReason {
        if let excess = answer.excess { return excess }
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: return .connectFailed
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            return .tlsFailed
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: return .notHTTP
        case CURLE_URL_MALFORMAT: return .invalidRequest
        case CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION: return .localFailure
        // libcurl gives up on one header line of 100 KiB with this code; for want of memory it would fail elsewhere.
        case CURLE_OUT_OF_MEMORY: return .headerTooLarge
        default: return .readFailed
        }
    }

    private func detail(isAnswered: Bool, reason: DeliveryReason, outcome: DeliveryResult.Outcome) -> String {
        let again = sendings > 1 ? ", sent twice: the connection that it first went over ended without a word" : ""
        guard isAnswered else { return "\(reason.rawValue): \(redaction.line(error, limit: error.count))" + again }
        var text = "answered \(status)" + again
        switch reason {
        case .answered: break
        case .answerTooLarge, .headerTooLarge: text += ", \(reason.rawValue)"
        default: text += ", \(reason.rawValue): \(redaction.line(error, limit: error.count))"
        }
        if outcome != .delivered, !answer.bytes.isEmpty {
            text += ": \(redaction.line(answer.bytes, limit: min(kept, Self.excerptBytes)))"
        }
        return text
    }
}
