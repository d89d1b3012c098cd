import Foundation

/// A certificate authority of a test's own, and certificates of it; removed with this object.
public final class CertificateFolder: Sendable {
    public struct Failure: Error { public let command: String }

    public let path = NSTemporaryDirectory() + "tls-" + UUID().uuidString
    /// The file to trust.
    public var authority: String { path + "/ca.pem" }

    public init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -days 2 -keyout ca.key -out ca.pem")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Makes `NAME.pem` and `NAME.key`.
    /// - Parameters:
    ///   - names: of the certificate's subject alternative name, as OpenSSL writes them.
    ///   - days: negative: it has been out of date for so long.
    public func make(_ name: String, names: String, days: Int = 2) throws {
        try "subjectAltName=\(names)\n".write(toFile: path + "/\(name).ext", atomically: true, encoding: .utf8)
        try openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout \(name).key -out \(name).csr")
        try openssl("x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days \(days) -extfile \(name).ext -out \(name).pem")
    }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(filePath: path)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(command: "openssl \(arguments)") }
    }
}
