#if canImport(Glibc)
package import Glibc
#elseif canImport(Musl)
package import Musl
#else
package import Darwin
#endif

/// Hands tasks from any thread to the one thread that carries them out, in order.
package final class TaskQueue<Task: Sendable>: @unchecked Sendable {
    // Unchecked: `waiting`, `weight`, `refusals`, `isEnded` and `isIdle` are only touched while `mutex` is held.
    @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    @usableFromInline let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    @usableFromInline var waiting: [Task] = []
    @usableFromInline var weight = 0
    @usableFromInline var refusals = 0
    @usableFromInline var isEnded = false
    @usableFromInline var isIdle = false
    @usableFromInline let maximumWeight: Int, maximumRefusals: Int

    package init(maximumWeight: Int, maximumRefusals: Int) {
        self.maximumWeight = maximumWeight
        self.maximumRefusals = maximumRefusals
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    /// Adds a task; where the queue is full, `refusal` takes its place, so that order is kept.
    /// - Returns: `false` where there is no room for that either: then nothing was added.
    @discardableResult
    @inlinable package func append(_ task: Task, weight added: Int, refusal: @autoclosure () -> Task) -> Bool {
        pthread_mutex_lock(mutex)
        if added == 0 || weight == 0 || weight + added <= maximumWeight {
            weight += added
            waiting.append(task)
        } else if refusals < maximumRefusals {
            refusals += 1
            waiting.append(refusal())
        } else {
            pthread_mutex_unlock(mutex)
            return false
        }
        let wake = isIdle
        isIdle = false
        pthread_mutex_unlock(mutex)
        if wake { pthread_cond_signal(arrived) }
        return true
    }

    /// Moves what waits to the end of `tasks`.
    /// - Parameter wait: whether to wait until there is something.
    /// - Returns: `false` when the queue has been ended and there is nothing more.
    @inlinable package func drain(into tasks: inout [Task], wait: Bool) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while wait, waiting.isEmpty, !isEnded {
            isIdle = true
            pthread_cond_wait(arrived, mutex)
        }
        let ended = isEnded && waiting.isEmpty
        tasks.append(contentsOf: waiting)
        waiting.removeAll(keepingCapacity: waiting.capacity <= 4096)
        return !ended
    }

    /// Gives back the weight of tasks that no longer wait, because they are now carried out, and the places of refusals.
    @inlinable package func taken(weight done: Int, refusals told: Int = 0) {
        pthread_mutex_lock(mutex)
        weight -= done
        refusals -= told
        pthread_mutex_unlock(mutex)
    }

    /// Lets the thread end once it has done what waits.
    @inlinable package func end() {
        pthread_mutex_lock(mutex)
        isEnded = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(arrived)
    }
}

/// Runs a body on a thread of its own, which ends with it.
package enum StoreThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// - Returns: whether the system gave a thread.
    package static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
        let body = Unmanaged.passRetained(Body(run))
        #if canImport(Darwin)
        var thread: pthread_t?
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        if code == 0, let thread { pthread_detach(thread) }
        #else
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        if code == 0 { pthread_detach(thread) }
        #endif
        if code != 0 { body.release() }
        return code == 0
    }
}

/// The way of results back to who asked.
package struct Completions: Sendable {
    package let deliver: @Sendable ([@Sendable () -> Void]) -> Void

    package init(deliver: @escaping @Sendable ([@Sendable () -> Void]) -> Void) { self.deliver = deliver }

    package func callAsFunction<Value: Sendable>(_ completion: @escaping @Sendable (Value) -> Void, _ value: Value) {
        deliver([{ completion(value) }])
    }
}

/// Carries a value that is not thread-safe to the one thread that uses it from then on.
package final class ThreadBound<Value>: @unchecked Sendable {
    // Unchecked: filled before the thread starts, emptied by that thread, touched by nobody else.
    private var value: Value?

    package init(_ value: Value) { self.value = value }

    package func take() -> Value? {
        defer { value = nil }
        return value
    }
}
