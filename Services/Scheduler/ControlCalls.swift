import TaskDomain
import TaskMessages
import TaskOperations
import TaskWire

/// What gateways have workers told.
extension SchedulerAPI {
    /// Tells a worker what to be, and answers with what it says to that and what it is then. Nothing is stored: the worker is what it was
    /// told to be until its process ends, and says so itself wherever it attaches.
    func controlWorker(_ request: Proto.ControlWorkerRequest, _ reply: Responder<Proto.ControlWorkerReply>) {
        guard let control = request.control, case .known = control.action else {
            return reply(.failure(CallError(.invalidArgument, "no word that is known of what to tell the worker")))
        }
        let lists = [control.takeQueues, control.dropQueues]
        guard lists.allSatisfy({ $0.count <= WorkerLimits.queues.upperBound && $0.allSatisfy(TaskName.isValid) }) else {
            let wanted = "at most \(WorkerLimits.queues.upperBound) queues, each a name of \(TaskName.rule)"
            return reply(.failure(CallError(.invalidArgument, "a worker takes or drops \(wanted)")))
        }
        guard let member = loop.fleet.named(request.instance, now: SystemClock.now).first?.member else {
            return reply(.success(Proto.ControlWorkerReply(result: .notFound)))
        }
        guard let stream = member.worker.flatMap(loop.stream) else {
            return reply(.success(answer(.gone, to: request, because: member.gone?.reason ?? "")))
        }
        guard member.attach.controllable else { return reply(.success(answer(.notControllable, to: request))) }
        guard !stream.hasBeenToldEnough else {
            return reply(.failure(CallError(.resourceExhausted, "\(WorkerLimits.waitingControls) others wait for the worker's answer")))
        }
        stream.tell(control) { said in
            switch said {
            case .done: reply(.success(answer(.done, to: request)))
            case .asked: reply(.success(answer(.asked, to: request)))
            case .refused(let reason): reply(.success(answer(.refused, to: request, because: reason)))
            case .gone(let reason): reply(.success(answer(.gone, to: request, because: reason)))
            }
        }
    }

    private func answer(
        _ result: Proto.ControlWorkerReply.Result, to request: Proto.ControlWorkerRequest, because reason: String = ""
    ) -> Proto.ControlWorkerReply {
        let found = loop.fleet.named(request.instance, now: SystemClock.now).first
        return Proto.ControlWorkerReply(result: result, reason: reason, worker: found.map { worker($0.name, $0.member, runs: 0) })
    }
}
