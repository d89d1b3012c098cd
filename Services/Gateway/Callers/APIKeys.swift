import Synchronization

/// The keys of a file, as it is now.
final class APIKeys: Sendable {
    let file: APIKeyFile

    private struct State {
        var table: APIKeyTable
        /// The file as it was when it was last read, or tried to be.
        var sight: APIKeyFile.Sight
    }

    /// The table is replaced whole, so that a request takes this lock for the time of a copy.
    private let state: Mutex<State>
    /// Held while the file is read, so that of many requests that find it changed one reads it.
    private let reading = Mutex<Void>(())

    /// - Throws: why the file cannot be used at all.
    init(_ file: APIKeyFile) throws(APIKeyFile.Failure) {
        self.file = file
        let contents = try file.read()
        guard !contents.keys.isEmpty else { throw .fault(contents.faults.first ?? APIKeyLines.noKey) }
        state = Mutex(State(table: APIKeyTable(contents.keys), sight: .file(contents.stamp)))
    }

    /// The keys that are good for a request that comes now. A file that has changed is read before this returns, so that a key that was
    /// taken out is out. While there is no file, or one that cannot be read, the former keys stay good.
    ///
    /// A look costs a microsecond. Reading blocks the event loop that asks and those that ask meanwhile, for a few milliseconds at the
    /// largest file, once for each change.
    func current() -> APIKeyTable {
        let sight = file.look()
        let known = state.withLock { $0 }
        guard case .file = sight, sight != known.sight else { return known.table }
        return reading.withLock { _ in
            // Another may have read it meanwhile.
            let known = state.withLock { $0 }
            if known.sight == sight { return known.table }
            _ = Result { () throws(APIKeyFile.Failure) in try read(as: sight) }
            return state.withLock { $0.table }
        }
    }

    /// Reads the file, however it looks.
    func readAgain() throws(APIKeyFile.Failure) -> APIKeyFile.Contents {
        let result = reading.withLock { _ in
            Result { () throws(APIKeyFile.Failure) in try read(as: file.look()) }
        }
        return try result.get()
    }

    /// - Parameter sight: of a look before. Where the file changes while it is read, it looks different from then on.
    private func read(as sight: APIKeyFile.Sight) throws(APIKeyFile.Failure) -> APIKeyFile.Contents {
        let contents: APIKeyFile.Contents
        do throws(APIKeyFile.Failure) { contents = try file.read() } catch {
            state.withLock { $0.sight = sight }
            throw error
        }
        let former = state.withLock { $0.table }
        // Made outside of the lock: with thousands of keys this takes a while.
        let table = APIKeyTable(contents.keys, replacing: former)
        state.withLock { $0 = State(table: table, sight: sight) }
        return contents
    }
}
