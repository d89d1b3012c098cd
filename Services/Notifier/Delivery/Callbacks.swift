internal import CCurl

/// The functions that libcurl calls, all of them on the delivery thread from within the loop's own calls.
enum Callbacks {
    static let body: ccurl_bytes_function = { bytes, size, count, context in
        take(bytes, size * count, context) { $0.receive(body: $1) }
    }

    static let header: ccurl_bytes_function = { bytes, size, count, context in
        take(bytes, size * count, context) { $0.receive(header: $1) }
    }

    static let before: ccurl_before_function = { context, _, _, _, _ in
        guard let context else { return CURL_PREREQFUNC_ABORT }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return transfer.mayBeSent() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }

    static let open: ccurl_open_function = { context, _, address in
        guard let context, let address else { return CURL_SOCKET_BAD }
        let loop = Unmanaged<DeliveryLoop>.fromOpaque(context).takeUnretainedValue()
        return loop.poller.open(
            family: address.pointee.family, type: address.pointee.socktype, protocol: address.pointee.protocol)
    }

    static let close: ccurl_close_function = { context, socket in
        guard let context else { return 1 }
        return Unmanaged<DeliveryLoop>.fromOpaque(context).takeUnretainedValue().poller.close(socket)
    }

    static let socket: ccurl_socket_function = { _, socket, what, context, _ in
        guard let context else { return 0 }
        Unmanaged<DeliveryLoop>.fromOpaque(context).takeUnretainedValue().poller.want(what, socket: socket)
        return 0
    }

    static let timer: ccurl_timer_function = { _, milliseconds, context in
        guard let context else { return 0 }
        Unmanaged<DeliveryLoop>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds: milliseconds)
        return 0
    }

    /// Any count but the one given makes libcurl break the request off.
    private static func take(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        by receive: (Transfer, UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Int {
        guard let bytes, let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        let isTaken = bytes.withMemoryRebound(to: UInt8.self, capacity: count) {
            receive(transfer, UnsafeBufferPointer(start: $0, count: count))
        }
        return isTaken ? count : count == 0 ? 1 : 0
    }
}
