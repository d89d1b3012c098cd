import CProtobufC
#if canImport(Glibc)
import Glibc
#endif
import CProtos
public import NIOCore
import Synchronization
public import TaskMessages

/// What a handler knows of the call that it answers.
public struct CallContext: Sendable {
    public let peer: PeerIdentity
    /// `nil`: the caller waits without end.
    public let deadline: CallDeadline?
    public let eventLoop: any EventLoop
    public let caller: CallerPresence
    let call: UInt64
    let connection: ServerConnection

    /// Whether the answer to this very call is still waited for: until its deadline has passed, it is cancelled, or the connection is
    /// over. Asked for while the call is being handed over, on its event loop.
    /// - Parameter isAnsweredAnyway: its caller hears what became of it also after it was cancelled; it must then be answered.
    public func waiting(isAnsweredAnyway: Bool = false) -> CallerPresence {
        connection.presence(in: call, until: deadline, isAnsweredAnyway: isAnsweredAnyway)
    }
}

/// Whether whoever made a call can still hear its answer. For work that has not begun and that the caller, or another, will ask for again.
public final class CallerPresence: Sendable {
    private let gone = Atomic(false)
    private let deadline: CallDeadline?

    init(until deadline: CallDeadline? = nil) { self.deadline = deadline }

    /// The connection is over, or what else ends the wait for this call's answer. From any thread; never false again after true.
    public var isGone: Bool {
        gone.load(ordering: .relaxed) || deadline.map { $0 <= CallDeadline.now } ?? false
    }

    func leave() { gone.store(true, ordering: .relaxed) }
}

/// Answers one unary call, once, from any thread; a second answer, or one after the call was cancelled, is dropped.
public struct Responder<Reply: WireMessage>: Sendable {
    let call: UInt64
    let connection: ServerConnection
    let eventLoop: any EventLoop

    public func callAsFunction(_ result: Result<Reply, CallError>) {
        if eventLoop.inEventLoop {
            connection.finish(call, result)
        } else {
            eventLoop.execute { connection.finish(call, result) }
        }
    }
}

/// The methods that a server answers, laid out by protobuf-c's service descriptors, and who may call them (``Permissions``).
public struct ServiceTable: Sendable {
    typealias UnaryHandler = @Sendable (ProtobufCBinaryData, UInt64, CallDeadline?, ServerConnection) -> Void
    typealias StreamHandler = @Sendable (UInt64, ServerConnection) -> any AnyStream

    enum Handler: Sendable {
        case unary(UnaryHandler)
        case stream(StreamHandler)
    }

    private struct Entry: Sendable {
        let path: String
        /// Those that may call it.
        let callers: RoleSet
        /// The path's bytes with their NUL, compared against the frame's without making a string.
        let cPath: ContiguousArray<CChar>
        var handler: Handler?
    }

    private var entries: [Entry] = []
    private var firstIndex: [String: Int] = [:]

    /// A table for these services; each of their methods must then get a handler.
    public init(_ services: [ServiceDescriptor]) {
        for service in services {
            firstIndex[service.name] = entries.count
            entries += service.methods.map {
                let path = "\(service.name)/\($0)"
                guard let callers = Permissions.table[path] else { preconditionFailure("Permissions do not say who may call \(path)") }
                return Entry(path: path, callers: callers, cPath: path.utf8CString, handler: nil)
            }
        }
    }

    /// Methods without a handler are answered with `unimplemented`, as a peer of another version would.
    public var allowsMissing = false

    /// Paths of methods that have no handler yet.
    public var missing: [String] { entries.filter { $0.handler == nil }.map(\.path) }

    private mutating func set(_ path: String, _ index: Int, _ handler: Handler) {
        let service = path.split(separator: "/").first.map(String.init) ?? ""
        guard let first = firstIndex[service], entries.indices.contains(first + index),
            entries[first + index].path == path
        else {
            preconditionFailure("\(path) is not in the table: generated code and descriptors are of different versions")
        }
        entries[first + index].handler = handler
    }

    /// Answers a unary method with a closure that runs on the connection's event loop and must not block.
    public mutating func unary<Q, R>(
        _ method: UnaryMethod<Q, R>, _ body: @escaping @Sendable (Q, CallContext, Responder<R>) -> Void
    ) {
        set(
            method.path, method.index,
            .unary { payload, call, deadline, connection in
                let responder = Responder<R>(call: call, connection: connection, eventLoop: connection.eventLoop)
                do throws(MessageError) {
                    let request = try connection.wire.read(payload, as: Q.self)
                    body(request, connection.context(of: call, deadline), responder)
                } catch {
                    responder(.failure(CallError(.invalidArgument, "\(error)")))
                }
            })
    }

    /// Takes up a stream: sets its handlers. Runs on the connection's event loop and must not block.
    public mutating func stream<Q, R>(
        _ method: StreamMethod<Q, R>, _ body: @escaping @Sendable (MessageStream<Q, R>) -> Void
    ) {
        set(
            method.path, method.index,
            .stream { call, connection in
                let stream = MessageStream<Q, R>(
                    call: call, isClient: false, connection: connection.wire, peer: connection.peer,
                    eventLoop: connection.eventLoop)
                body(stream)
                return stream
            })
    }

    /// - Returns: what answers a method, and who may call it; `nil` if nothing does.
    func handler(for path: UnsafePointer<CChar>) -> (handler: Handler, callers: RoleSet)? {
        // A service has a handful of methods: comparing beats hashing.
        for entry in entries {
            let isSame = entry.cPath.withUnsafeBufferPointer { bytes in
                bytes.baseAddress.map { strcmp($0, path) == 0 } ?? false
            }
            if isSame { return entry.handler.map { ($0, entry.callers) } }
        }
        return nil
    }
}
