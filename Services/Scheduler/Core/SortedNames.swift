/// Names in their order, of which a page is read without a look at the others.
///
/// They stand in runs, so that one that comes or goes moves a bounded number of others.
struct SortedNames {
    /// Names in one run, at most.
    static let longestRun = 512

    /// In order; none is empty.
    private var runs: [[String]] = []

    /// All of them, in order.
    var all: [String] { runs.flatMap(\.self) }

    /// Does nothing where it is there.
    mutating func insert(_ name: String) {
        guard !runs.isEmpty else { return runs.append([name]) }
        let run = run(of: name), place = Self.place(in: runs[run]) { $0 < name }
        guard place == runs[run].count || runs[run][place] != name else { return }
        runs[run].insert(name, at: place)
        guard runs[run].count > Self.longestRun else { return }
        let half = runs[run].count / 2
        runs.insert(Array(runs[run][half...]), at: run + 1)
        runs[run].removeSubrange(half...)
    }

    /// Does nothing where it is not there.
    mutating func remove(_ name: String) {
        guard !runs.isEmpty else { return }
        let run = run(of: name), place = Self.place(in: runs[run]) { $0 < name }
        guard place < runs[run].count, runs[run][place] == name else { return }
        runs[run].remove(at: place)
        if runs[run].isEmpty { runs.remove(at: run) }
    }

    /// The first of those that come after that name, which need not be there.
    func after(_ name: String, limit: Int) -> [String] {
        guard !runs.isEmpty else { return [] }
        var found: [String] = [], run = run(of: name), place = Self.place(in: runs[run]) { $0 <= name }
        while run < runs.count, found.count < limit {
            found += runs[run][place...].prefix(limit - found.count)
            (run, place) = (run + 1, 0)
        }
        return found
    }

    /// The run in which that name is, or would be; there is one.
    private func run(of name: String) -> Int { max(0, Self.place(in: runs) { $0[0] <= name } - 1) }

    /// How many are before that place, all of them at the beginning.
    private static func place<Element>(in elements: [Element], where isBefore: (Element) -> Bool) -> Int {
        var low = 0, high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(elements[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
