import Crypto
import HTTPTypes
import NIOCore
import TaskDomain

/// A page and its files, ready to be sent: of the sources what browsers need (`PageText`). All files have one folder, whose name changes
/// with any of them: so each can be kept for ever, and they find each other by their names alone.
struct PageFiles: Sendable {
    /// What the page's text has in the place of the folder's address.
    static let placeholder = "{{assets}}"
    /// Digits of the folder's name, four bits each.
    private static let digits = 16

    struct File: Sendable {
        let name: String
        let bytes: [UInt8]
    }

    /// The folder's address.
    let folder: String
    let page: ByteBuffer
    private let files: [String: (headers: HTTPFields, body: ByteBuffer)]

    /// - Parameters:
    ///   - page: its text, in UTF-8.
    ///   - parent: the address that the folder is in, without a slash at the end.
    init(page: [UInt8], files: [File], in parent: String) {
        let page = PageText.compact(page, of: "page.html")
        let files = files.map { File(name: $0.name, bytes: PageText.compact($0.bytes, of: $0.name)) }
        var hash = SHA256()
        for file in files {
            // Lengths keep apart what would be the same in a row.
            hash.update(data: Array("\(file.name) \(file.bytes.count) ".utf8))
            hash.update(data: file.bytes)
        }
        let folder = "\(parent)/\(Hexadecimal.text(hash.finalize()).prefix(Self.digits))"
        self.folder = folder
        self.page = ByteBuffer(string: String(decoding: page, as: UTF8.self).replacing(Self.placeholder, with: folder))
        self.files = Dictionary(
            uniqueKeysWithValues: files.map { ($0.name, (PagePolicy.file(Self.type(of: $0.name)), ByteBuffer(bytes: $0.bytes))) })
    }

    /// The file at that path.
    func file(_ path: String) -> (headers: HTTPFields, body: ByteBuffer)? {
        guard path.hasPrefix(folder + "/") else { return nil }
        return files[String(path.dropFirst(folder.count + 1))]
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}
