/// What the command line asks for.
struct Options: Sendable {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    var host = "127.0.0.1"
    var port = 0
    /// A line for each notification on standard output.
    var prints = false
    /// A JSON line for each notification, appended to this file.
    var record: String?
    /// Notifications kept in full, in memory; the numbers go on beyond.
    var keep = 200_000
    /// What every `Authorization` is compared with; each delivery then says whether it was this.
    var expectedAuthorization: String?

    init(_ arguments: some Collection<String>) throws(Fault) {
        var rest = Array(arguments)[...]
        while let flag = rest.popFirst() {
            if flag == "--print" {
                prints = true
                continue
            }
            guard ["--listen", "--record", "--keep", "--expect-authorization"].contains(flag) else {
                throw Fault(
                    description: "\(flag) is not a flag; these are: --listen HOST:PORT, --print, --record FILE, "
                        + "--keep N, --expect-authorization VALUE")
            }
            guard let value = rest.popFirst() else { throw Fault(description: "\(flag) needs a value") }
            switch flag {
            case "--record": record = value
            case "--expect-authorization": expectedAuthorization = value
            case "--keep":
                guard let number = Int(value), (0...10_000_000).contains(number) else {
                    throw Fault(description: "--keep is \(value), but may be 0 to 10000000")
                }
                keep = number
            default:
                let parts = value.split(separator: ":")
                guard parts.count == 2, let port = UInt16(parts[1]) else {
                    throw Fault(description: "--listen is \(value), but may be like 127.0.0.1:0")
                }
                (host, self.port) = (String(parts[0]), Int(port))
            }
        }
    }
}
