import Foundation
import Testing
import TestSupport

/// Servers with certificates of an authority of a test's own.
final class TLSFolder {
    struct Certificate {
        /// Of the certificate's subject alternative name, as OpenSSL writes them.
        let names: String
        /// Negative: it has been out of date for so long.
        let days: Int
    }

    private let certificates: CertificateFolder
    /// The file to trust.
    var authority: String { certificates.authority }
    private var count = 0

    init() throws { certificates = try CertificateFolder() }

    /// Starts a server that writes down what it is sent, and answers 200.
    func serve(_ certificate: Certificate, version: TLSServer.Version = .newest) throws -> TLSServer {
        count += 1
        let name = "server-\(count)", path = certificates.path
        try certificates.make(name, names: certificate.names, days: certificate.days)
        return try TLSServer(
            certificate: "\(path)/\(name).pem", key: "\(path)/\(name).key", record: "\(path)/\(name).requests", version: version)
    }
}

/// A TLS server: Python's, in a process of its own.
final class TLSServer {
    /// The newest version of TLS that it speaks, by Python's name; of the oldest, it speaks that alone.
    enum Version: String {
        case oldest = "TLSv1_1", middle = "TLSv1_2", newest = "TLSv1_3"
    }

    let port: Int
    private let process = Process()
    private let record: String

    private static let program = """
        import socket, ssl, sys
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion[sys.argv[4]]
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as stream:
                    with open(sys.argv[3], "ab") as record:
                        record.write(stream.recv(65536))
                    stream.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
            except OSError:
                pass
        """

    init(certificate: String, key: String, record: String, version: Version) throws {
        self.record = record
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, certificate, key, record, version.rawValue]
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// All that was sent to it.
    var requests: String { (try? String(contentsOfFile: record, encoding: .utf8)) ?? "" }

    deinit { stop() }

    func stop() {
        guard process.isRunning else { return }
        // Not SIGTERM, which a child of some test runners ignores.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
