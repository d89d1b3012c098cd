import TaskJSON
import Testing

@Suite("JSON numbers")
struct NumberTests {
    @Test(
        "integers that 64 bits hold are exact",
        arguments: [
            ("0", 0), ("7", 7), ("-7", -7), ("10", 10), ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807", .max),
            ("-9223372036854775808", .min)
        ] as [(String, Int64)])
    func integers(text: String, value: Int64) throws {
        #expect(try read(text) == .integer(value))
        #expect(JSONValue.integer(value).text() == text)
    }

    @Test("longer integers are floating point, the nearest one")
    func longIntegers() throws {
        #expect(try read("9223372036854775808") == .double(9_223_372_036_854_775_808))
        #expect(try read("-9223372036854775809") == .double(-9_223_372_036_854_775_808))
        #expect(try read("1" + String(repeating: "0", count: 308)) == .double(1e308))
        #expect(try read("123456789012345678901234567890") == .double(1.2345678901234568e29))
    }

    @Test(
        "fractions and exponents are floating point",
        arguments: [
            ("0.5", 0.5), ("-0.0", -0.0), ("1.0", 1), ("1e2", 100), ("1E+2", 100), ("1e-2", 0.01), ("1.5e3", 1_500), ("0e0", 0),
            ("0.1", 0.1),
            ("1.7976931348623157e308", .greatestFiniteMagnitude), ("5e-324", .leastNonzeroMagnitude), ("2.5E-1", 0.25),
            ("1e-400", 0)
        ])
    func doubles(text: String, value: Double) throws {
        guard case .double(let read) = try read(text) else {
            Issue.record("not a double")
            return
        }
        #expect(read.bitPattern == value.bitPattern)
    }

    @Test("minus zero keeps its sign")
    func minusZero() throws {
        guard case .double(let zero) = try read("-0") else {
            Issue.record("not a double")
            return
        }
        #expect(zero.sign == .minus)
        #expect(zero == 0)
        #expect(try read("-0").wholeNumber == 0)
    }

    @Test(
        "a number beyond floating point is refused",
        arguments: ["1e309", "-1e309", "1e999999999999999999999", "2e308", "1" + String(repeating: "0", count: 400)])
    func tooLarge(text: String) {
        #expect(reason(text) == .numberOutOfRange)
    }

    @Test(
        "what is not a number by section 6 is refused",
        arguments: [
            "01", "-01", "00", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+", "1E-", "0x10", "1_000", "1,000", "--1", "1.2.3",
            "1e1.5", "-a", "٣", "1f"
        ])
    func refused(text: String) {
        #expect(reason(text) != nil)
    }

    @Test("whole numbers are whole however they are written")
    func whole() throws {
        for text in ["2", "2.0", "2e0", "20e-1", "0.2e1"] { #expect(try read(text).wholeNumber == 2) }
        for text in ["2.5", "1e300", "9223372036854775808", "\"2\"", "true", "null"] {
            #expect(try read(text).wholeNumber == nil)
        }
    }

    @Test("floating point is written so that it reads the same")
    func roundTrip() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let double = Double(bitPattern: random.next())
            guard double.isFinite else { continue }
            #expect(try read(JSONValue.double(double).text()) == .double(double))
        }
        #expect(JSONValue.double(.infinity).text() == "null")
        #expect(JSONValue.double(.nan).text() == "null")
    }
}
