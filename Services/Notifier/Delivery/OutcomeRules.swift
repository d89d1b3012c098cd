/// Which outcome an answer, or the lack of one, has. Pure.
enum OutcomeRules {
    /// The outcome of an answer by its status code (RFC 9110, section 15). An answer counts as soon as its
    /// header is complete: a 2xx whose body then breaks off was still taken by the backend, and asking again
    /// would notify people twice.
    static func outcome(status: Int, retryAfterMilliseconds: Int?) -> DeliveryResult.Outcome {
        switch status {
        case 200..<300: .delivered
        case 401, 403: .authRejected
        case 408, 425, 429, 500..<600: .retry(afterMilliseconds: retryAfterMilliseconds)
        case 300..<500: .rejected
        // Not a final HTTP status: whoever answered is not the backend in good order.
        default: .retry(afterMilliseconds: retryAfterMilliseconds)
        }
    }

    /// The outcome of a request without an answer.
    static func outcome(withoutAnswer reason: DeliveryReason) -> DeliveryResult.Outcome {
        switch reason {
        case .invalidRequest: .rejected
        case .invalidAuthorization: .authRejected
        case .circuitOpen, .queueFull, .timedOutInQueue, .stopping: .unsent(forMilliseconds: nil)
        default: .retry(afterMilliseconds: nil)
        }
    }

    /// Whether this end speaks against the host, so that its circuit breaker counts it.
    static func countsAgainstHost(_ reason: DeliveryReason) -> Bool {
        switch reason {
        case .connectFailed, .tlsFailed, .timedOut: true
        default: false
        }
    }
}
