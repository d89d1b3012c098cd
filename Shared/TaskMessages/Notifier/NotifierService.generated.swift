// Generated from Shared/Protos/notifier.proto by Shared/Protos/generate. Do not edit.

import CProtos

/// What a worker asks of a notifier.
public enum NotifierService {
    /// protobuf-c's descriptor: servers build their dispatch table from it.
    public static var descriptor: ServiceDescriptor { ServiceDescriptor(task_scheduler__v1__notifier__descriptor) }
    public static var deliver: UnaryMethod<Proto.DeliverRequest, Proto.DeliverReply> { .init(index: 0, path: "task_scheduler.v1.Notifier/Deliver") }
}
