internal import CCurl
import Glibc

/// The thread that runs a delivery loop.
enum DeliveryThread {
    /// Runs the loop on a new detached thread, which from then on is the loop's only owner.
    static func start(_ loop: sending DeliveryLoop) throws(DeliveryError) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(loop)
        // The new thread inherits the mask: signals are for the threads of the program, and a broken pipe is an
        // error here, not a signal.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let code = pthread_create(
            &thread, nil,
            { context in
                ccurl_name_thread("delivery")
                if let context { Unmanaged<DeliveryLoop>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            context.release()
            throw .system("the delivery thread did not start: \(String(cString: strerror(code)))")
        }
        pthread_detach(thread)
    }
}
