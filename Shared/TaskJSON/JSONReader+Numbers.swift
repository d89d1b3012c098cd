extension JSONReader {
    /// Reads a number (section 6): an integer where it is written as one and 64 bits hold it, else floating point.
    mutating func number() throws(JSONError) -> JSONValue {
        let start = at
        let isNegative = take(UInt8(ascii: "-"))
        let integer = try wholePart(isNegative: isNegative)
        let hasFraction = try fraction(), hasExponent = try exponent()
        if let integer, !hasFraction, !hasExponent, !(isNegative && integer == 0) { return .integer(integer) }
        guard let double = Double(String(decoding: text[start..<at], as: UTF8.self)), double.isFinite else {
            throw fault(.numberOutOfRange, at: start)
        }
        return .double(double)
    }

    /// `nil` where 64 bits do not hold it.
    private mutating func wholePart(isNegative: Bool) throws(JSONError) -> Int64? {
        let start = at
        var result: Int64? = 0
        while let digit { result = JSONReader.append(digit, to: result, isNegative: isNegative) }
        guard at > start else { throw expected("a digit") }
        guard at == start + 1 || text[start] != UInt8(ascii: "0") else {
            throw fault(.expected("a number without leading zeros", found: "'0'"), at: start)
        }
        return result
    }

    private static func append(_ digit: Int64, to number: Int64?, isNegative: Bool) -> Int64? {
        guard let (high, isTooHigh) = number?.multipliedReportingOverflow(by: 10), !isTooHigh else { return nil }
        let (all, isTooMuch) = isNegative ? high.subtractingReportingOverflow(digit) : high.addingReportingOverflow(digit)
        return isTooMuch ? nil : all
    }

    /// Steps over a digit.
    private var digit: Int64? {
        mutating get {
            guard let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            at += 1
            return Int64(byte - UInt8(ascii: "0"))
        }
    }

    private mutating func fraction() throws(JSONError) -> Bool {
        guard take(UInt8(ascii: ".")) else { return false }
        try digits()
        return true
    }

    private mutating func exponent() throws(JSONError) -> Bool {
        guard take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) else { return false }
        if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
        try digits()
        return true
    }

    private mutating func digits() throws(JSONError) {
        let start = at
        while digit != nil {}
        guard at > start else { throw expected("a digit") }
    }
}
