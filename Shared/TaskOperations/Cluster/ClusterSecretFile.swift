import TaskDomain
import TaskFiles

/// A file that holds `CLUSTER_SECRET` as its only line: what an orchestrator mounts, or a volume that the services of
/// one machine share.
struct ClusterSecretFile: Sendable, Hashable {
    /// The largest file that is read, in bytes: the longest secret, with room for blanks and a line end.
    static let maxBytes = 2_048
    /// What a fresh secret is drawn from, in random bits.
    private static let words = 4

    let path: String

    /// - Throws: an error that names the file, never what stands in it.
    func read() throws(ConfigurationError) -> Secret {
        let bytes: [UInt8]
        do throws(FileFailure) { bytes = try SecretFile.read(path, limit: Self.maxBytes) } catch {
            throw ConfigurationError(
                "CLUSTER_SECRET_FILE was \"\(path)\", which cannot be read: \(error.reason); it must be a file that this process's user may read")
        }
        let type = SettingType<Secret>.secret()
        let text = String(validating: bytes, as: UTF8.self).map { Trim.blanks($0.last?.isNewline == true ? $0.dropLast() : $0[...]) }
        guard let secret = text.flatMap(type.parse) else {
            throw ConfigurationError("CLUSTER_SECRET_FILE was \"\(path)\"; it must hold one line of \(type.expected)")
        }
        return secret
    }

    /// Makes the file with a fresh secret of 256 random bits, for its owner only, where there is none. It appears with its
    /// content or not at all; of several processes that do this at once one makes it and all read the same.
    /// - Returns: whether it was made; `false` if it was there.
    func makeIfMissing() throws(ConfigurationError) -> Bool {
        var random = SystemRandomNumberGenerator()
        let digits = (0..<Self.words).map { _ in
            let word = String(UInt64.random(in: .min ... .max, using: &random), radix: 16)
            return String(repeating: "0", count: 16 - word.count) + word
        }
        do throws(FileFailure) { return try SecretFile.create(path, Array((digits.joined() + "\n").utf8)) } catch {
            throw ConfigurationError(
                "CLUSTER_SECRET_FILE was \"\(path)\", which cannot be made: \(error.reason); "
                    + "this process's user must be able to write in its folder, or the file must be there")
        }
    }
}

extension ServiceStart {
    /// What this service proves to the others that it knows: as it is set, or as its file says.
    func clusterSecret() throws(ConfigurationError) -> Secret? {
        if let file = common.clusterSecretFile, common.makesClusterSecret, try file.makeIfMissing() {
            logger.notice("a cluster secret was made", metadata: ["path": "\(file.path)"])
        }
        return try common.readClusterSecret()
    }
}

extension CommonSettings {
    /// The text as it is set, or as its file says.
    func readClusterSecret() throws(ConfigurationError) -> Secret? { try clusterSecretFile?.read() ?? clusterSecret }
}
