import TaskOperations
import TaskWire

/// `scheduler --derive-secret ROLE`: prints the keys of one role, which stand in place of the cluster's secret where a service is to be
/// that and nothing else.
enum RoleKeys {
    static let command = ServiceCommand<SchedulerSettings>(
        "--derive-secret", "ROLE",
        help: "it prints what CLUSTER_SECRET may be for a service that is to be of this role and no other, and ends: see the README.",
        isBare: true
    ) { settings, text, _ in
        guard let role = Role(rawValue: text) else {
            throw StartError("--derive-secret was \"\(text)\"; it must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return try settings.common.derivedSecret(for: role).value
    }
}
