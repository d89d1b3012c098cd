/// Waits until a condition holds, looking often.
/// - Parameter what: what is waited for, as the failure says it.
/// - Throws: ``NeverHappened`` after a minute, and what the condition throws.
public func eventually(
    _ what: String, file: String = #fileID, line: Int = #line, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NeverHappened(description: "never happened: \(what) (\(file):\(line))") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Nothing came of what a test waited for.
public struct NeverHappened: Error, CustomStringConvertible {
    public let description: String
}
