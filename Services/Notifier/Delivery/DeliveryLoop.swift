internal import CCurl
import TaskDomain

/// The delivery thread: takes deliveries from the mailbox, hands libcurl as many as the hosts' windows allow,
/// waits for sockets, timer and mail, and answers what has ended. Everything here runs on one thread.
final class DeliveryLoop {
    /// How often the queues are searched for deliveries whose time is up or that nobody wants, in microseconds.
    private static let sweepInterval: Int64 = 100_000
    /// The longest wait for events, in milliseconds: so often it says at least that it comes round.
    private static let longestWait: Int32 = 500
    /// Lanes of hosts with nothing to do are forgotten when there are more than this.
    private static let keptLanes = 1_024

    let poller: Poller
    private let multi: UnsafeMutableRawPointer
    private let mailbox: DeliveryInbox
    private let configuration: DeliveryConfiguration

    private var lanes: [String: HostLane] = [:]
    /// The lane of the last delivery: most often the next one's too.
    private var lastLane: (url: String, lane: HostLane)?
    private var transfers: [Transfer] = []
    private var idle: [Transfer] = []
    private var queued = 0
    private var inFlight = 0
    private var isStopping = false
    /// When libcurl wants to be called.
    private var timer: MonotonicMicroseconds?
    /// The time of no request under way is up before this.
    private var nextDeadline = MonotonicMicroseconds.distantFuture
    private var nextSweep = MonotonicMicroseconds(0)
    private var answers: [(Delivery, DeliveryResult)] = []
    private var statistics = DeliveryStatistics()

    init(configuration: DeliveryConfiguration, mailbox: DeliveryInbox) throws(DeliveryError) {
        guard let multi = curl_multi_init() else { throw .system("libcurl is out of memory") }
        self.multi = multi
        self.mailbox = mailbox
        self.configuration = configuration
        // As many connections are in use at most, and libcurl keeps no more than as many again.
        poller = try Poller(wakeup: mailbox.wakeup, sockets: 2 * configuration.maximumInFlight)
        let me = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_set_events(multi, Callbacks.socket, Callbacks.timer, me)
        // Connections are bounded by the windows; libcurl is to keep them all for the next requests.
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maximumInFlight)
    }

    deinit {
        transfers = []
        idle = []
        curl_multi_cleanup(multi)
    }

    /// Runs until stopped and everything is answered.
    func run() {
        var events: [Poller.Event] = []
        while true {
            let looked = SystemClock.monotonicMicroseconds
            poller.wait(milliseconds: patience(now: looked), into: &events)
            for event in events {
                if event.socket == mailbox.wakeup { takeMail() } else { act(event.socket, event.bits) }
            }
            runTimer()
            collect()
            let now = SystemClock.monotonicMicroseconds
            mailbox.turn(at: now)
            expire(looked: looked, now: now)
            sweep(now: now)
            for lane in lanes.values where !lane.queue.isEmpty { pump(lane, now: now) }
            publish()
            answer()
            if isStopping, queued == 0, inFlight == 0 { break }
        }
        mailbox.end()
    }

    // Waiting.

    /// libcurl's wish to be called after so long; at once if 0, not at all if negative.
    func setTimer(milliseconds: Int) {
        // A call before the time would be lost on libcurl, which counts in whole milliseconds.
        let grace: Int64 = milliseconds == 0 ? 0 : 1_000
        timer = milliseconds < 0 ? nil : SystemClock.monotonicMicroseconds + Int64(milliseconds) * 1_000 + grace
    }

    /// How long to wait for events, in milliseconds.
    private func patience(now: MonotonicMicroseconds) -> Int32 {
        let until = min(timer ?? .distantFuture, nextDeadline, queued > 0 ? nextSweep : .distantFuture)
        guard until < .distantFuture else { return Self.longestWait }
        return min(Self.longestWait, Int32(clamping: max(0, (until - now + 999) / 1_000)))
    }

    private func act(_ socket: Int32, _ bits: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, bits, &running)
    }

    private func runTimer() {
        guard let due = timer, SystemClock.monotonicMicroseconds >= due else { return }
        timer = nil
        act(CURL_SOCKET_TIMEOUT, 0)
        guard timer == nil, inFlight > 0 else { return }
        // libcurl speaks up only when its timer changes. Ask, so that no timer is ever lost.
        var milliseconds = -1
        curl_multi_timeout(multi, &milliseconds)
        setTimer(milliseconds: milliseconds)
    }

    // Taking.

    private func takeMail() {
        let mail = mailbox.take()
        isStopping = mail.isStopping
        for delivery in mail.deliveries { accept(delivery) }
        if !mail.cancelled.isEmpty { cancel(Set(mail.cancelled)) }
    }

    private func accept(_ delivery: Delivery) {
        if let fault = delivery.fault {
            answers.append((delivery, delivery.unsent(fault.reason, fault.detail)))
        } else if queued >= configuration.maximumQueued {
            let detail = "\(queued) requests wait already, the most that may"
            answers.append((delivery, delivery.unsent(.queueFull, detail)))
        } else {
            lane(for: delivery.request.url).queue.append(delivery)
            queued += 1
        }
    }

    private func lane(for url: String) -> HostLane {
        if let lastLane, lastLane.url == url { return lastLane.lane }
        let origin = RequestGuard.origin(of: url).lowercased()
        if lanes[origin] == nil, lanes.count >= Self.keptLanes {
            lanes = lanes.filter { !$0.value.isForgettable }
        }
        let lane = lanes[origin] ?? HostLane(origin: origin, configuration: configuration)
        lanes[origin] = lane
        lastLane = (url, lane)
        return lane
    }

    private func cancel(_ tickets: Set<UInt64>) {
        let detail = "cancelled by the caller"
        for lane in lanes.values {
            for delivery in lane.removeQueued(where: { tickets.contains($0.ticket) }) {
                queued -= 1
                answers.append((delivery, delivery.withdrawn(detail)))
            }
        }
        let now = SystemClock.monotonicMicroseconds
        for transfer in transfers {
            guard let work = transfer.work, tickets.contains(work.delivery.ticket) else { continue }
            transfer.work = nil
            release(transfer, of: work.lane)
            var result = work.delivery.unsent(.cancelled, detail)
            result.startedAt = work.startedWall
            result.durationMicroseconds = Int(now - work.started)
            answers.append((work.delivery, result))
        }
    }

    // Sending.

    /// Gives libcurl what the lane's window allows, or, its circuit open, turns all but the probe away.
    private func pump(_ lane: HostLane, now: MonotonicMicroseconds) {
        while let next = lane.queue.first {
            let isProbe = lane.breaker.isOpen
            // A probe goes beyond the window: requests that hang must not hide that the host is back.
            guard isProbe || lane.inFlight < lane.window && inFlight < configuration.maximumInFlight else { return }
            lane.queue.removeFirst()
            queued -= 1
            if next.startBy <= now {
                answers.append((next, expired(next)))
            } else if next.request.isWanted?() == false {
                answers.append((next, unwanted(next)))
            } else if lane.breaker.admit(now: now) {
                start(next, in: lane, now: now)
            } else {
                let detail = "circuit open: \(lane.origin) fails, last: \(lane.lastFailure)"
                var result = next.unsent(.circuitOpen, detail)
                result.outcome = .unsent(forMilliseconds: lane.breaker.wait(now: now))
                answers.append((next, result))
            }
        }
    }

    private func start(_ delivery: Delivery, in lane: HostLane, now: MonotonicMicroseconds) {
        let transfer: Transfer
        if let free = idle.popLast() {
            transfer = free
        } else {
            do throws(DeliveryError) {
                let me = Unmanaged.passUnretained(self).toOpaque()
                transfer = try Transfer(configuration: configuration, loop: me)
                transfers.append(transfer)
            } catch {
                answers.append((delivery, delivery.unsent(.localFailure, error.description)))
                return
            }
        }
        let work = Transfer.Work(delivery: delivery, lane: lane, started: now, startedWall: SystemClock.now)
        var fault = transfer.prepare(work)
        if fault == nil {
            let code = curl_multi_add_handle(multi, transfer.easy)
            if code != CURLM_OK { fault = String(cString: curl_multi_strerror(code)) }
        }
        if let fault {
            transfer.work = nil
            idle.append(transfer)
            answers.append((delivery, delivery.unsent(.localFailure, "libcurl refuses the request: \(fault)")))
        } else {
            inFlight += 1
            lane.inFlight += 1
            nextDeadline = min(nextDeadline, delivery.deadline)
        }
    }

    // Answering.

    /// Takes from libcurl what has ended.
    private func collect() {
        var ended: [(UnsafeMutableRawPointer, CURLcode)] = []
        var remaining: Int32 = 0
        // All of them first: libcurl searches its list of messages for each handle that is removed.
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            ended.append((easy, message.pointee.data.result))
        }
        guard !ended.isEmpty else { return }
        let now = SystemClock.monotonicMicroseconds
        for (easy, code) in ended {
            var context: UnsafeMutableRawPointer?
            ccurl_easy_get_private(easy, &context)
            guard let context else { continue }
            end(Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue(), code, now: now)
        }
    }

    /// Ends what is under way and had its time before the sockets were last looked at, so that whatever came in time has been read.
    /// libcurl, with a timeout of its own, would end a request whose answer lies there unread, after this process stood still: and
    /// what was delivered would be sent again.
    private func expire(looked: MonotonicMicroseconds, now: MonotonicMicroseconds) {
        guard nextDeadline <= looked else { return }
        nextDeadline = .distantFuture
        for transfer in transfers {
            guard let delivery = transfer.work?.delivery else { continue }
            if delivery.deadline <= looked {
                let words = "no whole answer within \(delivery.request.timeoutMilliseconds) ms"
                end(transfer, CURLE_OPERATION_TIMEDOUT, words, now: now)
            } else {
                nextDeadline = min(nextDeadline, delivery.deadline)
            }
        }
    }

    /// - Parameter words: why, for an operator; libcurl's own where nil.
    private func end(_ transfer: Transfer, _ code: CURLcode, _ words: String? = nil, now: MonotonicMicroseconds) {
        guard let (work, result, isHTTP2) = transfer.finish(code: code, words: words, now: now) else { return }
        release(transfer, of: work.lane)
        if result.sendings > 1 { statistics.sentAgain += 1 }
        learn(from: result, isHTTP2: isHTTP2, lane: work.lane, now: now)
        answers.append((work.delivery, result))
    }

    /// Takes a handle that was under way back from libcurl, ready for another request.
    private func release(_ transfer: Transfer, of lane: HostLane) {
        curl_multi_remove_handle(multi, transfer.easy)
        idle.append(transfer)
        inFlight -= 1
        lane.inFlight -= 1
    }

    private func learn(from result: DeliveryResult, isHTTP2: Bool, lane: HostLane, now: MonotonicMicroseconds) {
        if result.statusCode > 0 {
            lane.breaker.succeeded()
            guard isHTTP2 != lane.isMultiplexed else { return }
            // Told anew by each answer: another machine behind the same name may not offer it.
            lane.isMultiplexed = isHTTP2
            lane.window = isHTTP2 ? configuration.maximumStreamsPerHost : configuration.maximumConnectionsPerHost
        } else if OutcomeRules.countsAgainstHost(result.reason) {
            lane.lastFailure = result.detail
            lane.breaker.failed(now: now)
        }
    }

    /// Answers deliveries whose time is up, or that nobody wants any more, while they wait.
    private func sweep(now: MonotonicMicroseconds) {
        guard queued > 0 else {
            nextSweep = now + Self.sweepInterval
            return
        }
        guard now >= nextSweep else { return }
        nextSweep = now + Self.sweepInterval
        for lane in lanes.values where !lane.queue.isEmpty {
            for delivery in lane.removeQueued(where: { $0.startBy <= now || $0.request.isWanted?() == false }) {
                queued -= 1
                answers.append((delivery, delivery.startBy <= now ? expired(delivery) : unwanted(delivery)))
            }
        }
    }

    private func unwanted(_ delivery: Delivery) -> DeliveryResult { delivery.withdrawn("nobody waits for it any more") }

    private func expired(_ delivery: Delivery) -> DeliveryResult {
        let patience = Int64(delivery.request.timeoutMilliseconds) * DeliveryEngine.queuePercent / 100
        let detail = "no connection was free within \(patience) ms: the backend is slower than requests come"
        return delivery.unsent(.timedOutInQueue, detail)
    }

    /// Runs the completions, when the loop's own state is in order again.
    private func answer() {
        guard !answers.isEmpty else { return }
        let batch = answers
        answers.removeAll(keepingCapacity: true)
        for (delivery, result) in batch { delivery.completion(result) }
    }

    private func publish() {
        var new = statistics
        new.queued = queued
        new.inFlight = inFlight
        new.connectionsOpened = poller.opened
        new.finished += answers.count
        new.openCircuits = lanes.values.count { $0.breaker.isOpen }
        guard new != statistics else { return }
        statistics = new
        mailbox.publish(new)
    }
}
