import Glibc

/// A file that holds `CLUSTER_SECRET` as its only line: what an orchestrator mounts, or a volume that the services of
/// one machine share.
struct ClusterSecretFile: Sendable, Hashable {
    /// The largest file that is read, in bytes: the longest secret, with room for blanks and a line end.
    static let maxBytes = 2_048
    /// What a fresh secret is drawn from, in random bits.
    private static let words = 4

    let path: String

    /// - Throws: an error that names the file, never what stands in it.
    func read() throws(ConfigurationError) -> Redacted<String> {
        let bytes: [UInt8]
        do throws(SmallFile.Failure) { bytes = try SmallFile.read(path, limit: Self.maxBytes) } catch {
            throw ConfigurationError(
                "CLUSTER_SECRET_FILE was \"\(path)\", which cannot be read: \(error.reason); it must be a file that this process's user may read")
        }
        let type = SettingType<Redacted<String>>.secret()
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
        if access(path, F_OK) == 0 { return false }
        var random = SystemRandomNumberGenerator()
        let digits = (0..<Self.words).map { _ in
            let word = String(UInt64.random(in: .min ... .max, using: &random), radix: 16)
            return String(repeating: "0", count: 16 - word.count) + word
        }
        let draft = "\(path).\(getpid())-\(UInt64.random(in: .min ... .max, using: &random)).new"
        defer { unlink(draft) }
        try write(Array((digits.joined() + "\n").utf8), to: draft)
        // Unlike a rename, a link never replaces a file that came into being meanwhile.
        if link(draft, path) == 0 { return true }
        guard errno == EEXIST else { throw cannotMake(errno) }
        return false
    }

    private func write(_ bytes: [UInt8], to draft: String) throws(ConfigurationError) {
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw cannotMake(errno) }
        // A file this small is written at once or, on a full disk, not.
        let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        let problem = errno
        guard close(file) == 0, isWritten else { throw cannotMake(problem) }
    }

    private func cannotMake(_ code: Int32) -> ConfigurationError {
        ConfigurationError(
            "CLUSTER_SECRET_FILE was \"\(path)\", which cannot be made: \(String(cString: strerror(code))); "
                + "this process's user must be able to write in its folder, or the file must be there")
    }
}

extension ServiceStart {
    /// What this service proves to the others that it knows: as it is set, or as its file says.
    func clusterSecret() throws(ConfigurationError) -> Redacted<String>? {
        guard let file = common.clusterSecretFile else { return common.clusterSecret }
        if common.makesClusterSecret, try file.makeIfMissing() {
            logger.notice("a cluster secret was made", metadata: ["path": "\(file.path)"])
        }
        return try file.read()
    }
}
