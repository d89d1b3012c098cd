import TaskDomain

/// A request on its way through the engine, with what is owed to its submitter.
struct Delivery: Sendable {
    let ticket: UInt64
    let request: DeliveryRequest
    /// Set when the request must not be sent at all.
    let fault: RequestFault?
    /// When it is given up.
    let deadline: MonotonicMicroseconds
    /// Its turn must come before this. One sent with no time left for an answer would
    /// load the backend and still count as failed, and under overload soon all would be of that kind.
    let startBy: MonotonicMicroseconds
    let completion: @Sendable (DeliveryResult) -> Void

    /// The answer to a delivery that never left.
    func unsent(_ reason: DeliveryReason, _ detail: String) -> DeliveryResult {
        DeliveryResult(outcome: OutcomeRules.outcome(withoutAnswer: reason), reason: reason, detail: detail)
    }

    /// The answer to a delivery that is given up before its turn came: nobody wants it.
    func withdrawn(_ detail: String) -> DeliveryResult {
        DeliveryResult(outcome: .unsent(forMilliseconds: nil), reason: .cancelled, detail: detail)
    }
}
