/// The rest of what a caller may ask for in a second, beyond the request that it was admitted with.
struct Allowance: Sendable {
    /// Requests a second, 0 for any number.
    let rate: Int
    let bucket: RequestBucket
    /// Whose it is, as a message says it.
    let who: String
    let callers: Callers

    /// Counts a request for each of the items that this one asks for.
    /// - Throws: 429 that says how many it may be, where there are not as many left.
    func take(items: Int) throws(Problem) {
        // One was taken when the request was admitted.
        guard rate > 0, items > 1 else { return }
        if items <= rate, bucket.take(items - 1, rate: rate, at: callers.now()) { return }
        callers.tooMany.increment()
        let bound = "\(who) may make \(rate) \(rate == 1 ? "request" : "requests") a second, and each of the \(items) items counts as one"
        guard items <= rate else {
            // However long it waits, it never gets through.
            throw Problem(.tooManyRequests, "\(bound): send at most \(rate) at once; nothing was done")
        }
        throw Problem(
            .tooManyRequests, "\(bound); nothing was done", headers: [.retryAfter: "\(RequestBucket.retryAfterSeconds)"])
    }

    /// Takes a request for each of as many items as are left, for work that may stop after any.
    /// - Returns: how many items that is; all of them where there is no rate.
    func take(upTo items: Int) -> Int { rate > 0 ? bucket.take(upTo: items, rate: rate, at: callers.now()) : items }

    /// Of those taken, so many were not needed.
    func giveBack(items: Int) { if rate > 0 { bucket.giveBack(items, rate: rate) } }
}
