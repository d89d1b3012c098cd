import TaskDomain
import TaskFiles
import TaskOperations

/// A file that holds the password of the store's database as its only line.
struct StorePasswordFile: Sendable {
    /// The largest file that is read, in bytes.
    private static let maxBytes = 2_048

    let file: Setting<String>

    /// - Throws: an error that names the file, never what stands in it.
    func read() throws(ConfigurationError) -> String {
        let bytes: [UInt8]
        do throws(FileFailure) { bytes = try SecretFile.read(file.value, limit: Self.maxBytes) } catch {
            throw ConfigurationError(
                file.fault("which cannot be read: \(error.reason); it must be a file with one line that this process's user may read"))
        }
        let text = String(validating: bytes, as: UTF8.self).map { $0.last?.isNewline == true ? String($0.dropLast()) : $0 }
        guard let password = text.flatMap(SettingType<String>.text(bytes: 1...1_024).parse) else {
            throw ConfigurationError(file.fault("which holds no password; it must be a file with one line of 1 to 1024 bytes without control characters"))
        }
        return password
    }
}
