import Logging
import Operations
import Sealing

extension Sealer {
    /// Reads the file of keys that credentials are sealed with.
    /// - Parameters:
    ///   - file: the file that is set; `nil`: one beside the store, which is made where there is none.
    ///   - store: open, so that its folder is there, and no second scheduler makes a key for it.
    static func open(_ file: Setting<String>?, store: StoreLocation, _ logger: Logger) throws -> Sealer {
        if let file {
            do throws(SealingError) { return try Sealer(keyFile: file.value) } catch {
                throw ConfigurationError(file.fault("which cannot be used: \(error)"))
            }
        }
        let path = keyFile(beside: store)
        do throws(SealingError) {
            if try makeKeyFile(at: path) {
                logger.notice(
                    "no SEAL_KEY_FILE is set: a key was made; without it no stored credential can be read again, so keep a copy",
                    metadata: ["path": "\(path)"])
            }
            return try Sealer(keyFile: path)
        } catch {
            throw StartError("SEAL_KEY_FILE is not set, and the key file beside SCHEDULER_STORE cannot be used: \(error)")
        }
    }

    /// The key's place where none is set.
    static func keyFile(beside store: StoreLocation) -> String {
        switch store {
        case .sqlite(let path): path + ".key"
        }
    }
}
