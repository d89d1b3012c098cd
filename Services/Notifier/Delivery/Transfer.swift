internal import CCurl
import Glibc
import TaskDomain

/// One libcurl easy handle, used for one request after the other, and what its callbacks have gathered.
final class Transfer {
    /// What it is doing. Set while a request is under way.
    struct Work {
        let delivery: Delivery
        let lane: HostLane
        let started: MonotonicMicroseconds
        let startedWall: UnixMilliseconds
    }

    /// A connection that was used before may end while a request is on its way over it, which the backend has then seen, or not. libcurl
    /// sends such a request again over another one, by itself and at once; once is enough, what comes after is the scheduler's to
    /// decide. Both carry the same headers, and so the same `Idempotency-Key`.
    static let maximumSendings = 2

    let easy: UnsafeMutableRawPointer
    var work: Work?
    /// The answer, as far as it has come.
    private(set) var answer = AnswerReader()
    /// How often the request was given to a connection.
    private var sendings = 0
    private let request = RequestMemory()
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var url = ""
    private let configuration: DeliveryConfiguration

    /// - Parameter loop: what libcurl hands to the socket functions; must outlive the connections.
    init(configuration: DeliveryConfiguration, loop: UnsafeMutableRawPointer) throws(DeliveryError) {
        guard let easy = curl_easy_init() else { throw .system("libcurl is out of memory") }
        self.easy = easy
        self.configuration = configuration
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try setUp(loop: loop)
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
    }

    /// Sets what is the same for every request. A handle keeps it, and its connection, over requests.
    private func setUp(loop: UnsafeMutableRawPointer) throws(DeliveryError) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_POST, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_NOSIGNAL, 1), (CURLOPT_SSL_VERIFYPEER, 1),
            (CURLOPT_SSL_VERIFYHOST, 2), (CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2),
            (CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeoutMilliseconds),
            (CURLOPT_TCP_KEEPALIVE, 1), (CURLOPT_NETRC, 0),
            // Answers are small; libcurl allocates the buffer anew for each request.
            (CURLOPT_BUFFERSIZE, 8_192),
            // A proxy's answer to CONNECT is not the backend's.
            (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
            // A cancelled name lookup ends by itself: the thread must not wait for it.
            (CURLOPT_QUICK_EXIT, 1),
        ]
        for (option, value) in numbers { try Self.check(option, ccurl_easy_set_long(easy, option, value)) }
        let protocols = ccurl_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        try Self.check(CURLOPT_PROTOCOLS_STR, protocols)
        try Self.check(CURLOPT_PROXY, ccurl_easy_set_string(easy, CURLOPT_PROXY, configuration.proxy ?? ""))
        if let file = configuration.certificateAuthorityFile {
            try Self.check(CURLOPT_CAINFO, ccurl_easy_set_string(easy, CURLOPT_CAINFO, file))
        }
        try Self.check(CURLOPT_ERRORBUFFER, ccurl_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        try Self.check(CURLOPT_PRIVATE, ccurl_easy_set_pointer(easy, CURLOPT_PRIVATE, me))
        try Self.check(CURLOPT_WRITEDATA, ccurl_easy_set_write(easy, Callbacks.body, me))
        try Self.check(CURLOPT_HEADERDATA, ccurl_easy_set_header(easy, Callbacks.header, me))
        try Self.check(CURLOPT_PREREQFUNCTION, ccurl_easy_set_before(easy, Callbacks.before, me))
        let sockets = ccurl_easy_set_sockets(easy, Callbacks.open, Callbacks.close, loop)
        try Self.check(CURLOPT_OPENSOCKETDATA, sockets)
    }

    /// Makes the handle ready to send; nil if it is, what libcurl said otherwise. Its deadline is the loop's to watch.
    func prepare(_ work: Work) -> String? {
        self.work = work
        sendings = 0
        errorText.pointee = 0
        answer.begin(
            kept: configuration.keptAnswerBytes + Redaction.margin, maximum: configuration.maximumAnswerBytes,
            maximumHeader: configuration.maximumAnswerHeaderBytes)
        request.fill(with: work.delivery.request)
        var code = setURL(work.delivery.request.url)
        func set(_ next: @autoclosure () -> CURLcode) { if code == CURLE_OK { code = next() } }
        set(ccurl_easy_set_pointer(easy, CURLOPT_POSTFIELDS, request.body))
        set(ccurl_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.bodyCount)))
        set(ccurl_easy_set_pointer(easy, CURLOPT_HTTPHEADER, request.headers))
        return code == CURLE_OK ? nil : CurlLibrary.text(code)
    }

    private func setURL(_ new: String) -> CURLcode {
        guard new != url else { return CURLE_OK }
        url = ""
        let isTLS = new.hasPrefix("https://")
        let version = isTLS ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        var code = ccurl_easy_set_long(easy, CURLOPT_HTTP_VERSION, version)
        // A libcurl without HTTP/2 does as well with HTTP/1.1.
        if code == CURLE_UNSUPPORTED_PROTOCOL {
            code = ccurl_easy_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        }
        // Wait and see whether a connection being made can carry this request too.
        if code == CURLE_OK { code = ccurl_easy_set_long(easy, CURLOPT_PIPEWAIT, isTLS ? 1 : 0) }
        if code == CURLE_OK { code = ccurl_easy_set_string(easy, CURLOPT_URL, new) }
        if code == CURLE_OK { url = new }
        return code
    }

    /// Asked before each time that the request is sent.
    func mayBeSent() -> Bool {
        guard sendings < Self.maximumSendings else { return false }
        sendings += 1
        return true
    }

    func receive(header line: UnsafeBufferPointer<UInt8>) -> Bool { answer.header(line) }
    func receive(body bytes: UnsafeBufferPointer<UInt8>) -> Bool { answer.body(bytes) }

    /// How the request ended; the handle is then free for another.
    /// - Parameter words: why, for an operator; libcurl's own where nil.
    func finish(code: CURLcode, words: String?, now: MonotonicMicroseconds) -> (work: Work, result: DeliveryResult, isHTTP2: Bool)? {
        guard let work else { return nil }
        self.work = nil
        var status = 0
        var beforeSending: curl_off_t = 0
        var version = 0
        ccurl_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        ccurl_easy_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &beforeSending)
        ccurl_easy_get_long(easy, CURLINFO_HTTP_VERSION, &version)
        var result = TransferEnd(
            code: code, status: status, answer: answer, error: words.map { Array($0.utf8) } ?? libcurlWords(code),
            redaction: Redaction(of: work.delivery.request.authorization),
            kept: configuration.keptAnswerBytes, sendings: sendings
        ).result(now: (work.startedWall + (now - work.started) / 1_000).second)
        result.startedAt = work.startedWall + Int64(beforeSending) / 1_000
        result.durationMicroseconds = Int(now - work.started)
        return (work, result, version == CURL_HTTP_VERSION_2_0)
    }

    private func libcurlWords(_ code: CURLcode) -> [UInt8] {
        let text = UnsafeBufferPointer(start: errorText, count: strnlen(errorText, Int(CURL_ERROR_SIZE)))
        return text.isEmpty ? Array(CurlLibrary.text(code).utf8) : text.map { UInt8(bitPattern: $0) }
    }

    private static func check(_ option: CURLoption, _ code: CURLcode) throws(DeliveryError) {
        guard code == CURLE_OK else {
            throw .system(
                "libcurl refuses option \(option.rawValue): \(CurlLibrary.text(code)); 7.87 or later is needed")
        }
    }
}
