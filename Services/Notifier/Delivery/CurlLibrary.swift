internal import CCurl

/// libcurl's own set-up, once per process.
enum CurlLibrary {
    private static let code = ccurl_global_init()

    static func start() throws(DeliveryError) {
        guard code == CURLE_OK else { throw .system("libcurl did not start: \(text(code))") }
    }

    static func text(_ code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }
}
