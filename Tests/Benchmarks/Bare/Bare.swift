import Glibc
import Hummingbird

/// The gateway's limit: Hummingbird with nothing behind it, which reads a POST's body and answers.
@main
enum Bare {
    static func main() async throws {
        let router = Router()
        router.post("/remind_me") { request, _ in
            let body = try await request.body.collect(upTo: 64 << 10)
            return "{\"bytes\":\(body.readableBytes)}"
        }
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                print("listening on 127.0.0.1:\(channel.localAddress?.port ?? 0)")
                fflush(nil)
            })
        try await application.runService()
    }
}
