import Glibc
import Logging
import Sealing
import TaskOperations

extension Sealer {
    /// Reads the file of keys that credentials are sealed with.
    /// - Parameters:
    ///   - file: the file that is set; `nil`: one beside the store, which is made where there is none.
    ///   - isMade: whether the file that is set is made where there is none, too.
    ///   - store: open, so that its folder is there, and no second scheduler makes a key for it.
    ///   - sealedWith: what the newest credentials in it begin with, where it keeps that: then no other key is made for it.
    static func open(
        _ file: Setting<String>?, isMade: Bool, store: StoreLocation, sealedWith: [UInt8]? = nil, _ logger: Logger
    ) throws -> Sealer {
        let former = keyFile(beside: store)
        if let file {
            do throws(SealingError) {
                if isMade { try make(file, former: former, sealedWith: sealedWith, logger) }
                return try Sealer(keyFile: file.value)
            } catch {
                throw ConfigurationError(file.fault("which cannot be used: \(error)"))
            }
        }
        guard let path = former else { throw StartError("SEAL_KEY_FILE is not set, and there is no place beside \(store) for a file of keys. Set it") }
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

    /// Makes the file that is set where there is none, and none has been used before.
    /// - Parameter former: the key's place where none is set, if there is one.
    private static func make(_ file: Setting<String>, former: String?, sealedWith: [UInt8]?, _ logger: Logger) throws(SealingError) {
        guard access(file.value, F_OK) != 0 else { return }
        if let id = sealedWith.flatMap(Sealer.keyID) {
            throw .keyFile("\(file.value): there is no such file, and what is stored was sealed with the key \(id). Put the file that holds it there")
        }
        if let former, access(former, F_OK) == 0 {
            throw .keyFile("\(file.value): there is no such file, but a key beside the store, which what is stored was sealed with. Move \(former) there")
        }
        guard try makeKeyFile(at: file.value) else { return }
        logger.notice(
            "a key was made; without it no stored credential can be read again, so keep a copy", metadata: ["path": "\(file.value)"])
    }

    /// The key's place where none is set; `nil`: there is none.
    static func keyFile(beside store: StoreLocation) -> String? {
        switch store {
        case .sqlite(let path): keyFile(beside: path)
        case .postgres: nil
        }
    }

    static func keyFile(beside database: String) -> String { database + ".key" }

    /// Refuses keys among which there is none that the newest credentials in the store are sealed with: they are those of another store,
    /// and everything that is due would be held.
    func requireKey(of open: OpenStore, in store: Setting<StoreLocation>) throws(StartError) {
        guard let prefix = open.sealedWith, let id = Sealer.keyID(of: prefix), !keyIDs.contains(id) else { return }
        throw StartError(
            store.fault(
                "whose credentials are sealed with the key \(id), which is not in \(path) (\(keyIDs.joined(separator: ", "))). Put that key "
                    + "into it, or name the database that these keys are for"))
    }
}
