extension JSONReader {
    /// Reads a string from its opening quote. One without escapes is made of the text's bytes at once; any other is put
    /// together in `scratch` first.
    mutating func string() throws(JSONError) -> String {
        at += 1
        let start = at
        let isASCII = try skipPlain()
        if current == UInt8(ascii: "\"") {
            let bytes = text[start..<at]
            // ASCII needs no check; and this way of making a string is the faster one.
            let string = isASCII ? String(decoding: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self) : try utf8(bytes, from: start)
            at += 1
            return string
        }
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: text[start..<at])
        while !take(UInt8(ascii: "\"")) {
            try escape()
            let start = at
            _ = try skipPlain()
            scratch.append(contentsOf: text[start..<at])
        }
        guard let string = String(validating: scratch, as: UTF8.self) else {
            throw fault(.invalidUTF8, at: firstInvalid(from: start))
        }
        return string
    }

    /// Steps to the next quote or backslash.
    /// - Returns: whether all that it stepped over is ASCII.
    private mutating func skipPlain() throws(JSONError) -> Bool {
        var seen: UInt8 = 0
        while at < text.count {
            let byte = text[at]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return seen < 0x80
            case 0..<0x20: throw fault(.controlCharacter)
            default:
                seen |= byte
                at += 1
            }
        }
        throw expected("the '\"' that ends the string")
    }

    private func utf8(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, from start: Int) throws(JSONError) -> String {
        guard let string = String(validating: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self) else {
            throw fault(.invalidUTF8, at: firstInvalid(from: start))
        }
        return string
    }

    /// Where the bytes stop being UTF-8. Escapes are ASCII, so they do not disturb.
    private func firstInvalid(from start: Int) -> Int {
        var decoder = UTF8()
        var bytes = text[start...].makeIterator()
        var offset = start
        while case .scalarValue(let scalar) = decoder.decode(&bytes) { offset += UTF8.width(scalar) }
        return min(offset, text.count)
    }

    // MARK: Escapes

    /// Reads one escape from its backslash into `scratch`.
    private mutating func escape() throws(JSONError) {
        let start = at
        at += 1
        switch current {
        case UInt8(ascii: "\""): scratch.append(0x22)
        case UInt8(ascii: "\\"): scratch.append(0x5C)
        case UInt8(ascii: "/"): scratch.append(0x2F)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"):
            at += 1
            scratch.append(contentsOf: UTF8.encode(try scalar(escapedAt: start))?.map(\.self) ?? [])
            return
        default: throw expected("one of \" \\ / b f n r t u after '\\'")
        }
        at += 1
    }

    /// Reads the digits of a `\u` escape, and the escape after it where the two are a surrogate pair (section 7).
    private mutating func scalar(escapedAt start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, at + 1 < text.count, text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u") else {
            throw fault(.loneSurrogate, at: start)
        }
        at += 2
        let second = try fourDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw fault(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func fourDigits() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = JSONReader.hexadecimal(byte) else {
                throw expected("four hexadecimal digits after '\\u'")
            }
            unit = unit << 4 | UInt16(digit)
            at += 1
        }
        return unit
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
