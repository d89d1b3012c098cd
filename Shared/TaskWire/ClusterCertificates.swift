import Crypto
public import NIOSSL

/// Mutual TLS with certificates of the cluster's own authority, beneath every connection.
public struct ClusterCertificates: Sendable {
    /// What a certificate says of its holder's role: this with the role behind it, a URI among its subject alternative names.
    public static let rolePrefix = "urn:task-scheduler:"

    let client: NIOSSLContext, server: NIOSSLContext
    /// Of this side's own certificate.
    let fingerprint: [UInt8]

    /// - Parameters:
    ///   - certificate: what this side shows.
    ///   - client: for connections that this side makes; verifies names.
    ///   - server: for those that it accepts; asks for a certificate.
    /// - Throws: NIOSSL's error for a certificate that cannot be read.
    public init(certificate: NIOSSLCertificate, client: NIOSSLContext, server: NIOSSLContext) throws {
        self.client = client
        self.server = server
        fingerprint = try Self.fingerprint(of: certificate)
    }

    /// The roles that a certificate is good for.
    public static func roles(of certificate: NIOSSLCertificate) -> Set<Role> {
        Set(
            certificate._subjectAlternativeNames().lazy.filter { $0.nameType == .uri }.compactMap { name in
                let text = name.contents.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
                return text.hasPrefix(rolePrefix) ? Role(rawValue: String(text.dropFirst(rolePrefix.count))) : nil
            })
    }

    /// SHA-256 of the DER.
    static func fingerprint(of certificate: NIOSSLCertificate) throws -> [UInt8] { Array(SHA256.hash(data: try certificate.toDERBytes())) }
}
