import Synchronization

/// The places for requests that have come whole and are not answered yet. One more is refused at once, so that those within are
/// answered soon: what a gateway cannot carry out now would wait in its memory, and be answered when its caller has long given up.
final class Admission: Sendable {
    /// At 5,000 creates a second the last of so many is answered after a fifth of a second.
    static let defaultPlaces = 1_024

    let places: Int
    /// What is refused is answered with it.
    let problem: Problem
    private let taken = Atomic<Int>(0)

    init(places: Int = Admission.defaultPlaces) {
        self.places = places
        problem = .unavailable(
            "this gateway is carrying out as many requests as it can; nothing was done",
            cause: "\(places) requests were under way; run more gateways, or send less at once")
    }

    /// A request that begins now is to be refused. One that began before and comes whole now is not: so a little more than all
    /// places can be taken, by as many as there are connections at most.
    var isFull: Bool { taken.load(ordering: .relaxed) >= places }

    /// For a request that has come whole.
    func enter() { taken.add(1, ordering: .relaxed) }

    /// For so many that are answered, or that nobody waits for any more.
    func leave(_ count: Int = 1) { taken.subtract(count, ordering: .relaxed) }
}
