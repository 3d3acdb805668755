// SPDX-License-Identifier: Apache-2.0

extension Double {
    /// The number with a fixed number of decimals, 0 to 6, rounded to the nearest: "230.0".
    func fixed(_ decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        let scaled = (magnitude * scale).rounded()
        // Beyond it a floating-point number has no decimals to show.
        guard scaled < 1e15 else { return "\(self)" }
        let whole = Int(scaled)
        let sign = self < 0 && whole > 0 ? "-" : ""
        guard decimals > 0 else { return sign + "\(whole)" }
        let digits = String(whole % Int(scale))
        let zeros = String(repeating: "0", count: decimals - digits.count)
        return sign + "\(whole / Int(scale)).\(zeros)\(digits)"
    }

    /// The number without a needless ".0".
    var plain: String {
        magnitude < 1e15 && rounded() == self ? "\(Int(self))" : "\(self)"
    }

    /// Reads a decimal number as people write it; Swift's own reader also takes hexadecimal numbers, "nan" and "inf".
    init?(decimal text: some StringProtocol) {
        guard text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }), let value = Double(text), value.isFinite
        else { return nil }
        self = value
    }
}
