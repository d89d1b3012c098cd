#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Hands tasks from any thread to the one thread that carries them out, in order.
final class TaskQueue<Task: Sendable>: @unchecked Sendable {
    // Unchecked: `waiting`, `weight`, `isEnded` and `isIdle` are only touched while `mutex` is held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Task] = []
    private var weight = 0
    private var isEnded = false
    private var isIdle = false
    private let maximumWeight: Int

    init(maximumWeight: Int) {
        self.maximumWeight = maximumWeight
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
    func append(_ task: Task, weight added: Int, refusal: @autoclosure () -> Task) {
        pthread_mutex_lock(mutex)
        if added == 0 || weight == 0 || weight + added <= maximumWeight {
            weight += added
            waiting.append(task)
        } else {
            waiting.append(refusal())
        }
        let wake = isIdle
        isIdle = false
        pthread_mutex_unlock(mutex)
        if wake { pthread_cond_signal(arrived) }
    }

    /// Moves what waits to the end of `tasks`.
    /// - Parameter wait: whether to wait until there is something.
    /// - Returns: `false` when the queue has been ended and there is nothing more.
    func drain(into tasks: inout [Task], wait: Bool) -> Bool {
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

    /// Gives back the weight of tasks that no longer wait, because they are now carried out.
    func taken(weight done: Int) {
        pthread_mutex_lock(mutex)
        weight -= done
        pthread_mutex_unlock(mutex)
    }

    /// Lets the thread end once it has done what waits.
    func end() {
        pthread_mutex_lock(mutex)
        isEnded = true
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(arrived)
    }
}

/// Runs a body on a thread of its own, which ends with it.
enum StoreThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// - Returns: whether the system gave a thread.
    static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
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
