public import TaskDomain

/// One `POST` to be made.
public struct DeliveryRequest: Sendable {
    /// An absolute `http` or `https` URL without a user name.
    public var url: String
    /// The header besides `Authorization`, in the order in which it is sent.
    public var headers: [(name: String, value: String)]
    /// The value of the `Authorization` header, sent verbatim; empty sends none. It is in no error or kept answer either.
    public var authorization: Secret
    public var body: [UInt8]
    /// The time from submission until the request is given up, in milliseconds. Half of it may go by before its
    /// turn comes; then it is given up unsent, as the backend would have too little time left.
    public var timeoutMilliseconds: Int
    /// Asked on the delivery thread while it waits and when its turn comes: where nobody waits for it any more it is given up unsent. Nil: always wanted.
    public var isWanted: (@Sendable () -> Bool)?

    public init(
        url: String, headers: [(name: String, value: String)] = [], authorization: Secret = "", body: [UInt8],
        timeoutMilliseconds: Int = 10_000, isWanted: (@Sendable () -> Bool)? = nil
    ) {
        self.url = url
        self.headers = headers
        self.authorization = authorization
        self.body = body
        self.timeoutMilliseconds = timeoutMilliseconds
        self.isWanted = isWanted
    }
}
