import Operations

/// What a caller should know of a request that is good. No credential is ever repeated.
enum Warnings {
    static func all(_ draft: Draft, _ forecast: Forecast) -> [String] {
        guard let next = forecast.times.first else {
            return ["every occurrence lies in the past and misfire_policy is skip: nothing will be delivered"]
        }
        return draft.authHeader.map { expiry(of: $0, before: next) } ?? []
    }

    /// Of a token that has an end, and one that comes before it is needed.
    static func expiry(of authHeader: Redacted<String>, before instant: Int64) -> [String] {
        guard let expiry = JSONWebToken.expiry(inHeader: authHeader.value), expiry <= instant else { return [] }
        return [
            "the token in auth_header expires at \(expiry) (\(LocalTime.utc(expiry))), before it is needed; replace it in time with PATCH /reminders/{id}"
        ]
    }
}
