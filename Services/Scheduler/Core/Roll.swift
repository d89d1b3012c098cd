/// Items in the order in which they came, so that a page of those that are still there is read without a look at all of them.
///
/// Nothing is looked for when an item goes. What has gone stays until it is more than what is there.
struct Roll<Item> {
    struct Place {
        /// Ascending, from 1.
        let number: UInt64
        let item: Item
    }

    private var places: [Place] = []
    /// Those before are gone.
    private var head = 0
    private var nextNumber: UInt64 = 1

    /// Adds an item, the last of all.
    /// - Returns: its number.
    mutating func add(_ item: Item) -> UInt64 {
        places.append(Place(number: nextNumber, item: item))
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// Whether more has gone than there is.
    func isLoose(count: Int) -> Bool { Lapsed.prevails(in: places.count, of: count) }

    /// Drops what has gone.
    mutating func tidy(_ isThere: (Place) -> Bool) {
        places.removeFirst(head)
        head = 0
        places.removeAll { !isThere($0) }
    }

    /// The first that is there.
    mutating func first(_ isThere: (Place) -> Bool) -> Item? {
        while head < places.count, !isThere(places[head]) { head += 1 }
        return head < places.count ? places[head].item : nil
    }

    /// Places behind that number, also of what has gone.
    func after(_ number: UInt64) -> ArraySlice<Place> {
        var low = head, high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].number <= number { low = middle + 1 } else { high = middle }
        }
        return places[low...]
    }
}
