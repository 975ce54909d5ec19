/// Dates of HTTP (RFC 9110 §5.6.7) as seconds since 1970, in each of the three forms that must be read.
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
    ///
    /// - Parameters:
    ///   - text: the date.
    ///   - now: the year against which two digits are read, in seconds since 1970.
    /// - Returns: seconds since 1970; nil for anything else.
    static func parse(_ text: String, now: Int64) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        switch words.count {
        case 6 where words[5] == "GMT":
            guard var year = number(words[3]) else { return nil }
            if words[3].count == 2 { year = fullYear(year, now: now) }
            return seconds(year: year, month: words[2], day: words[1], time: words[4])
        case 5:
            guard let year = number(words[4]) else { return nil }
            return seconds(year: year, month: words[1], day: words[2], time: words[3])
        default: return nil
        }
    }

    /// RFC 3339, in UTC, for people.
    package static func format(_ seconds: Int64) -> String {
        let (year, month, day) = civil(day: floorDivide(seconds, 86400))
        let rest = seconds - floorDivide(seconds, 86400) * 86400
        let date = "\(year)-\(twoDigits(month))-\(twoDigits(day))"
        return "\(date)T\(twoDigits(rest / 3600)):\(twoDigits(rest / 60 % 60)):\(twoDigits(rest % 60))Z"
    }

    private static func seconds(year: Int64, month: String, day: String, time: String) -> Int64? {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false).map { number(String($0)) }
        guard let month = months.firstIndex(of: month), let day = number(day), 1...31 ~= day, 1601...9999 ~= year,
            parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return self.day(year: year, month: Int64(month) + 1, day: day) * 86400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: String) -> Int64? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    /// More than 50 years ahead means the century before.
    private static func fullYear(_ year: Int64, now: Int64) -> Int64 {
        let current = civil(day: floorDivide(now, 86400)).year
        let candidate = current / 100 * 100 + year
        return candidate > current + 50 ? candidate - 100 : candidate
    }

    // MARK: - The Gregorian calendar, with years that begin in March so that leap days come last

    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        // 719 468 days lie between 1 March of the year 0 and 1970.
        return 365 * year + floorDivide(year, 4) - floorDivide(year, 100) + floorDivide(year, 400) + dayOfYear - 719_468
    }

    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let sinceMarch = day + 719_468
        let era = floorDivide(sinceMarch, 146_097)
        let dayOfEra = sinceMarch - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }

    private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
