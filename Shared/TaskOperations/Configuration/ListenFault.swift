import Glibc
import NIOCore

extension Setting where Value == Endpoint {
    /// Words a listener's failure to bind for the operator.
    /// - Parameter error: what `bind` threw.
    public func cannotListen(_ error: any Error) -> StartError { StartError(fault(Self.reason(error))) }

    private static func reason(_ error: any Error) -> String {
        guard let code = (error as? IOError)?.errnoCode else {
            // A name is looked up before anything is bound.
            return "whose host cannot be found (\(error)); it must be host:port with an address of this machine"
        }
        let system = String(cString: strerror(code))
        return switch code {
        case EADDRINUSE: "where something listens already (\(system)); it must be host:port with a port that is free, or end what has it"
        case EADDRNOTAVAIL: "which is no address of this machine (\(system)); it must be host:port with an address of this machine"
        case EACCES, EPERM:
            "on which this process's user may not listen (\(system)); it must be host:port with a port from 1024 to 65535, or the process needs CAP_NET_BIND_SERVICE"
        default: "on which it cannot listen (\(system)); it must be host:port with an address of this machine and a port that is free"
        }
    }
}
