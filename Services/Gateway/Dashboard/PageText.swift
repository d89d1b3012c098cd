/// The text of a page's file as it is sent: without what only those need who read the source.
enum PageText {
    private static let newline = UInt8(ascii: "\n"), space = UInt8(ascii: " "), tab = UInt8(ascii: "\t")
    /// What begins and ends comments of several lines.
    private static let comments = [("/*", "*/"), ("<!--", "-->")].map { (opening: Array($0.utf8), closing: Array($1.utf8)) }

    /// Without indentation, empty lines, and lines that are comments and nothing else; of a style sheet without most spaces, too.
    ///
    /// Lines are not looked into, so none may begin within a text: a template of several lines would lose its indentation.
    /// - Parameter name: the file's, which says what it is.
    static func compact(_ text: [UInt8], of name: String) -> [UInt8] {
        var sent: [UInt8] = []
        var closing: [UInt8]?
        for whole in text.split(separator: newline) {
            var line = whole.drop { $0 == space || $0 == tab }
            if let end = closing {
                guard let range = line.firstRange(of: end) else { continue }
                closing = nil
                line = line[range.upperBound...].drop { $0 == space }
            }
            guard !line.isEmpty, !line.starts(with: "//".utf8) else { continue }
            if let comment = comments.first(where: { line.starts(with: $0.opening) }) {
                guard let range = line.firstRange(of: comment.closing) else {
                    closing = comment.closing
                    continue
                }
                if range.upperBound == line.endIndex { continue }
            }
            sent += line
            sent.append(newline)
        }
        return name.hasSuffix(".css") ? tightened(sent) : sent
    }

    /// Without the spaces around braces, and behind colons, semicolons and commas, outside quotes.
    private static func tightened(_ style: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        var sent: [UInt8] = [], isQuoted = false
        for (index, byte) in style.enumerated() {
            if byte == quote { isQuoted.toggle() }
            if byte == space, !isQuoted {
                let next = index + 1 < style.count ? style[index + 1] : newline
                if "{}".utf8.contains(next) || sent.last.map({ "{}:;,".utf8.contains($0) }) ?? false { continue }
            }
            sent.append(byte)
        }
        return sent
    }
}
