import NIOCore

/// A listener's end of the events. It has a place until it is gone, or has been dropped.
final class EventListener: AsyncSequence, Sendable {
    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var messages: AsyncStream<[UInt8]>.AsyncIterator
        /// Its place is kept as long as somebody goes on.
        fileprivate let listener: EventListener

        mutating func next(isolation actor: isolated (any Actor)?) async -> ByteBuffer? {
            await messages.next(isolation: actor).map { ByteBuffer(bytes: $0) }
        }
    }

    typealias Element = ByteBuffer
    typealias Failure = Never

    /// Ready to be written, each one or several whole events, or a comment.
    let messages: AsyncStream<[UInt8]>
    private let leave: @Sendable () -> Void

    /// - Parameter leave: called when it is gone.
    init(_ messages: AsyncStream<[UInt8]>, leave: @escaping @Sendable () -> Void) {
        self.messages = messages
        self.leave = leave
    }

    deinit { leave() }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(messages: messages.makeAsyncIterator(), listener: self) }
}
