import Synchronization

/// The places for requests that are being carried out. One more is refused at once, so that those within are answered soon:
/// what a gateway cannot carry out now would wait in its memory, and be answered when its caller has long given up.
final class Admission: Sendable {
    /// At 5,000 creates a second the last of so many is answered after a fifth of a second.
    static let defaultPlaces = 1_024

    let places: Int
    private let taken = Atomic<Int>(0)

    init(places: Int = Admission.defaultPlaces) {
        self.places = places
    }

    /// Takes a place, to be given back with `leave`.
    ///
    /// - Throws: 503 with `Retry-After` if there is none.
    func enter() throws(Problem) {
        if taken.add(1, ordering: .relaxed).newValue <= places { return }
        leave()
        throw .unavailable(
            "this gateway is carrying out as many requests as it can; nothing was done",
            cause: "\(places) requests were under way; run more gateways, or send less at once")
    }

    /// Gives back a place that was taken.
    func leave() {
        taken.subtract(1, ordering: .relaxed)
    }
}
