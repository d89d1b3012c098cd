/// Why a time zone could not be had. Words for an operator: what was asked for, and what to do.
public enum ZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name is not one that the IANA database could hold: empty, too long, with other characters, or leading out of its folder.
    case badIdentifier(String)
    /// There is no such file in the system's zone database.
    case unknown(String, folder: String)
    /// The file is there and is not zone data that can be used.
    case unusable(String, reason: String)

    public var description: String {
        switch self {
        case .badIdentifier(let name):
            "time zone \"\(RuleError.shown(name))\" is not a zone's name; expected one of the IANA database, as Europe/Berlin or UTC"
        case .unknown(let name, let folder):
            "time zone \"\(RuleError.shown(name))\" is unknown: no such file in \(folder); "
                + "give a name of the IANA database, as Europe/Berlin, or install tzdata"
        case .unusable(let name, let reason):
            "the data of time zone \"\(RuleError.shown(name))\" cannot be used: \(reason); reinstall tzdata"
        }
    }
}
