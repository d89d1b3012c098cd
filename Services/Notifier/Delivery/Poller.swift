internal import CCurl
import Glibc

/// Which sockets the kernel watches for libcurl: epoll, with as few system calls as may be.
///
/// libcurl takes its interest in a connection back after each request and declares it anew with the next. Told
/// to the kernel each time, that would be two system calls per request. So the kernel is told at once only what
/// it must watch in addition; that it need watch less, when it reports something nobody waits for.
final class Poller {
    struct Event {
        var socket: Int32
        /// CURL_CSELECT_ bits; 0 when it is the mailbox.
        var bits: Int32
    }

    private struct Socket {
        /// EPOLL bits that libcurl waits for.
        var wanted: UInt32 = 0
        /// EPOLL bits that the kernel watches.
        var watched: UInt32 = 0
        /// Whether the engine hears of the socket's closing, after which its number may be another's.
        var isConnection = false
    }

    private static let input = EPOLLIN.rawValue
    private static let output = EPOLLOUT.rawValue

    private let epoll: Int32
    private var sockets: [Socket] = []
    private let ready: UnsafeMutableBufferPointer<epoll_event>
    private let wakeup: Int32
    private(set) var opened = 0

    /// - Parameter sockets: as many as can be ready at once: each wait reports all of them.
    init(wakeup: Int32, sockets: Int) throws(DeliveryError) {
        ready = .allocate(capacity: sockets + 1)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        self.wakeup = wakeup
        guard epoll >= 0 else { throw .system("epoll_create1 failed: \(String(cString: strerror(errno)))") }
        var event = epoll_event(events: Self.input, data: epoll_data_t(fd: wakeup))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) == 0 else {
            throw .system("epoll_ctl failed: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if epoll >= 0 { _ = close(epoll) }
        ready.deallocate()
    }

    /// Waits for events, at most so long.
    func wait(milliseconds: Int32, into events: inout [Event]) {
        events.removeAll(keepingCapacity: true)
        let count = epoll_wait(epoll, ready.baseAddress, Int32(clamping: ready.count), milliseconds)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let socket = ready[index].data.fd
            if socket == wakeup {
                events.append(Event(socket: socket, bits: 0))
            } else if let bits = bits(of: ready[index].events, socket: socket) {
                events.append(Event(socket: socket, bits: bits))
            }
        }
    }

    /// libcurl's wish, one of CURL_POLL_.
    func want(_ what: Int32, socket: Int32) {
        grow(to: socket)
        let index = Int(socket)
        switch what {
        case CURL_POLL_IN: sockets[index].wanted = Self.input
        case CURL_POLL_OUT: sockets[index].wanted = Self.output
        case CURL_POLL_INOUT: sockets[index].wanted = Self.input | Self.output
        default: sockets[index].wanted = 0
        }
        let state = sockets[index]
        let isLazy = state.isConnection && state.wanted & ~state.watched == 0
        if !isLazy { watch(state.wanted, socket: socket) }
    }

    /// Opens a connection's socket for libcurl.
    func open(family: Int32, type: Int32, protocol number: Int32) -> Int32 {
        let socket = Glibc.socket(family, type | Int32(SOCK_CLOEXEC.rawValue), number)
        guard socket >= 0 else { return socket }
        grow(to: socket)
        sockets[Int(socket)] = Socket(isConnection: true)
        opened += 1
        return socket
    }

    func close(_ socket: Int32) -> Int32 {
        // The kernel forgets a closed socket by itself.
        if socket >= 0, Int(socket) < sockets.count { sockets[Int(socket)] = Socket() }
        return Glibc.close(socket)
    }

    private func bits(of events: UInt32, socket: Int32) -> Int32? {
        guard Int(socket) < sockets.count else { return nil }
        let state = sockets[Int(socket)]
        if state.watched != state.wanted { watch(state.wanted, socket: socket) }
        guard state.wanted != 0 else { return nil }
        var bits: Int32 = 0
        let failed = events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        if events & Self.input != 0 && state.wanted & Self.input != 0 { bits |= CURL_CSELECT_IN }
        if events & Self.output != 0 && state.wanted & Self.output != 0 { bits |= CURL_CSELECT_OUT }
        if failed { bits |= CURL_CSELECT_ERR }
        return bits == 0 ? nil : bits
    }

    private func watch(_ wanted: UInt32, socket: Int32) {
        var event = epoll_event(events: wanted, data: epoll_data_t(fd: socket))
        let index = Int(socket)
        let isWatched = sockets[index].watched != 0
        if wanted == 0 {
            if isWatched { epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event) }
        } else if epoll_ctl(epoll, isWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0 {
            // The number was another socket's before, or is known already: say it the other way.
            epoll_ctl(epoll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event)
        }
        sockets[index].watched = wanted
    }

    private func grow(to socket: Int32) {
        guard Int(socket) >= sockets.count else { return }
        sockets.append(contentsOf: repeatElement(Socket(), count: Int(socket) + 64 - sockets.count))
    }
}
