import NIOSSL
import TaskFiles

/// The largest PEM file that is read, in bytes: five times what a system's bundle of all authorities has.
private let maxPEMBytes = 1 << 20

/// A setting that names a PEM file (RFC 7468).
extension Setting where Value == String {
    /// Checks, at start, a file of certificates that something else reads later.
    public func requireCertificates() throws(ConfigurationError) { _ = try readCertificates() }

    /// - Throws: an error that names the setting; also for a file without a certificate.
    func readCertificates() throws(ConfigurationError) -> [NIOSSLCertificate] {
        let bytes = try readPEM()
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw ConfigurationError(fault("which holds no certificate; it must be a PEM file with BEGIN CERTIFICATE in it"))
        }
        return certificates
    }

    func readPrivateKey() throws(ConfigurationError) -> NIOSSLPrivateKey {
        let bytes = try readPEM(isSecret: true)
        do { return try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
            throw ConfigurationError(
                fault("which holds no private key that can be read; it must be a PEM file with an unencrypted BEGIN PRIVATE KEY in it"))
        }
    }

    private func readPEM(isSecret: Bool = false) throws(ConfigurationError) -> [UInt8] {
        do throws(FileFailure) {
            return isSecret ? try SecretFile.read(value, limit: maxPEMBytes) : try SmallFile.read(value, limit: maxPEMBytes)
        } catch {
            throw ConfigurationError(
                fault("which cannot be read: \(error.reason); it must be a PEM file that this process's user may read"))
        }
    }
}
