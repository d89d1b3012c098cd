import Foundation

/// Measures the processor time that `body` takes of the thread that runs it, whatever others take meanwhile (`clock_gettime(2)`).
///
/// What must not be walked is held to this. A test's time limit counts its wait for a thread, too, and those of a round begin together.
public func processorTime(_ body: () throws -> Void) rethrows -> Duration {
    let before = processorNanoseconds()
    try body()
    return .nanoseconds(processorNanoseconds() - before)
}

private func processorNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
