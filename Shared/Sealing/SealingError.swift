/// Why something could not be sealed or opened. Never holds a key or a plaintext.
public enum SealingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The key file cannot be used: its path, why, and what to do.
    case keyFile(String)
    /// More than `Sealer.plaintextLimit` bytes to seal.
    case tooLong(Int)
    /// The cipher did not work.
    case cannotSeal
    /// Not a sealed value: too short or too long.
    case malformed(bytes: Int)
    /// A version of the format that this build does not know.
    case unknownVersion(UInt8)
    /// Sealed with a key that is not in the key file.
    case unknownKey(id: String)
    /// Changed since it was sealed, or sealed for another owner.
    case refused

    public var description: String {
        switch self {
        case .keyFile(let reason): reason
        case .tooLong(let count): "\(count) bytes to seal, at most \(Sealer.plaintextLimit) can be"
        case .cannotSeal: "the value could not be sealed"
        case .malformed(let bytes):
            "not a sealed value: \(bytes) bytes, expected \(Sealer.Form.plain.overhead) to \(Sealer.overhead + Sealer.plaintextLimit)"
        case .unknownVersion(let version):
            "the sealed value has format \(version), this build knows 1 and 2. Run the build that wrote it or a later one"
        case .unknownKey(let id):
            "sealed with the key \(id), which the key file does not hold. Put that key back, after the newer ones"
        case .refused: "the sealed value was changed, or was sealed for another owner"
        }
    }
}
