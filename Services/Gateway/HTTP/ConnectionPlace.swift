import NIOCore

/// What stands at the beginning of every connection, before TLS and HTTP: counts it among all of the listener's and among those of its
/// address, closes it where the address has as many as it may, and bounds what is read from it at once.
///
/// Used on the channel's event loop only.
final class ConnectionPlace: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    /// Bytes that are read from a connection before what they hold is looked at: four of the longest reads. So much may lie unread
    /// by an operation, and in no account, for each connection whose earlier requests are under way.
    private static let firstRead = 2 << 10, longestRead = 16 << 10, readsAtOnce: UInt = 4

    private let crowd: Crowd
    private let addresses: AddressCounter
    private let refusals: ConnectionRefusals
    /// The remote address, if it is counted.
    private var address: AddressCounter.Address?

    /// - Parameters:
    ///   - crowd: all connections of the listener.
    ///   - addresses: the same, by where they come from.
    ///   - refusals: told of those for which an address has no room.
    init(crowd: Crowd, addresses: AddressCounter, refusals: ConnectionRefusals) {
        self.crowd = crowd
        self.addresses = addresses
        self.refusals = refusals
    }

    func handlerAdded(context: ChannelHandlerContext) {
        crowd.opened()
        let reads = AdaptiveRecvByteBufferAllocator(minimum: Self.firstRead, initial: Self.firstRead, maximum: Self.longestRead)
        try? context.channel.syncOptions?.setOption(.recvAllocator, value: reads)
        try? context.channel.syncOptions?.setOption(.maxMessagesPerRead, value: Self.readsAtOnce)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        crowd.closed()
        if let address { addresses.closed(address) }
    }

    func channelActive(context: ChannelHandlerContext) {
        if let counted = addresses.counted(context.remoteAddress) {
            guard addresses.opened(counted) else {
                refusals.record(context.remoteAddress, limit: addresses.limit)
                context.fireChannelActive()
                return context.close(promise: nil)
            }
            address = counted
        }
        context.fireChannelActive()
    }
}
