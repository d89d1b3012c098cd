import NIOCore
import Synchronization

/// Counts the connections of each remote address, so that one of them cannot take all places of the listener.
///
/// Of IPv6 the first 64 bits count: a host has all addresses that begin so. Connections from this machine are not counted, since a
/// proxy on it brings everybody's.
final class AddressCounter: Sendable {
    /// A tenth of what the listener takes.
    static let defaultLimit = APIServer.maxConnections / 10
    static let limits = 0...APIServer.maxConnections

    struct Address: Sendable, Hashable {
        private let bits: UInt64
        private let isIPv6: Bool
        let isLoopback: Bool

        /// `nil` for what has no address, as a Unix domain socket.
        init?(_ address: SocketAddress?) {
            switch address {
            case .v4(let address): self.init(ipv4: UInt32(bigEndian: address.address.sin_addr.s_addr))
            case .v6(let address):
                var bytes = address.address.sin6_addr
                let (high, low) = withUnsafeBytes(of: &bytes) {
                    (
                        UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                    )
                }
                // An IPv4 address that came to a socket for both (RFC 4291 section 2.5.5.2).
                if high == 0, low >> 32 == 0xFFFF {
                    self.init(ipv4: UInt32(truncatingIfNeeded: low))
                } else {
                    self.init(bits: high, isIPv6: true, isLoopback: high == 0 && low == 1)
                }
            case .unixDomainSocket, nil: return nil
            }
        }

        private init(ipv4: UInt32) { self.init(bits: UInt64(ipv4), isIPv6: false, isLoopback: ipv4 >> 24 == 127) }

        private init(bits: UInt64, isIPv6: Bool, isLoopback: Bool) {
            self.bits = bits
            self.isIPv6 = isIPv6
            self.isLoopback = isLoopback
        }
    }

    /// Connections of one address, 0 for any number.
    let limit: Int
    private let countsLoopback: Bool
    private let open = Mutex<[Address: Int]>([:])

    init(limit: Int = AddressCounter.defaultLimit, countsLoopback: Bool = false) {
        self.limit = limit
        self.countsLoopback = countsLoopback
    }

    /// The address that a connection from there counts for; `nil` if for none.
    func counted(_ address: SocketAddress?) -> Address? {
        guard limit > 0, let address = Address(address), countsLoopback || !address.isLoopback else { return nil }
        return address
    }

    /// - Returns: whether there is room for one more from there.
    func opened(_ address: Address) -> Bool {
        open.withLock { open in
            let count = open[address, default: 0]
            guard count < limit else { return false }
            open[address] = count + 1
            return true
        }
    }

    /// One that was opened.
    func closed(_ address: Address) {
        open.withLock { open in
            guard let count = open[address] else { return }
            open[address] = count > 1 ? count - 1 : nil
        }
    }
}
