public import TaskDomain

/// Room for results in one list of attempts: those of the latest attempts are brought, until one finds no room any more.
public struct ResultRoom: Sendable {
    private var bytes = Attempt.resultsPerList

    public init() {}

    /// Gives an attempt its result, or says that it was left out.
    /// - Parameter read: reads the result, which is there; not called when the room is used up.
    public mutating func bring(to attempt: inout Attempt, _ read: () -> [UInt8]) {
        let result = bytes > 0 ? read() : []
        if bytes > 0, result.count <= bytes {
            attempt.result = result
            bytes -= result.count
        } else {
            attempt.isResultLeftOut = true
            bytes = 0
        }
    }
}
