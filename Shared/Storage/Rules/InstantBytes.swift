import TaskDomain

/// Points in time as they are kept in a row: little-endian 64-bit integers one after the other.
package enum InstantBytes {
    package static func encode(_ instants: [UnixSeconds]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(instants.count * 8)
        for instant in instants { withUnsafeBytes(of: instant.count.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// `nil` where the bytes are not as many as such integers have.
    package static func decode(_ bytes: [UInt8]) -> [UnixSeconds]? {
        guard bytes.count % 8 == 0 else { return nil }
        return bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 8).map {
                UnixSeconds(Int64(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: Int64.self)))
            }
        }
    }
}
