import Synchronization

/// The answer of one of a store's calls, awaited: `try await answer { store.prune(request, completion: $0) }`.
///
/// The result goes through a lock and not through the continuation: where that is resumed before the task waits, the
/// runtime orders the two in a way that the thread sanitizer does not see, and it would report a race.
/// - Throws: what the store could not do.
public func answer<Value: Sendable>(
    _ call: (@escaping @Sendable (Result<Value, StoreError>) -> Void) -> Void
) async throws(StoreError) -> Value {
    let given = Given<Value>()
    await withCheckedContinuation { done in
        call { result in
            given.result.withLock { $0 = result }
            done.resume()
        }
    }
    guard let result = given.result.withLock({ $0 }) else { preconditionFailure("went on before it was answered") }
    return try result.get()
}

private final class Given<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, StoreError>?>(nil)
}
