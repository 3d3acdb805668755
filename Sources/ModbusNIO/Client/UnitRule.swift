// SPDX-License-Identifier: Apache-2.0

/// Which units a client may address (5.3).
struct UnitRule {
    /// Whether devices share a line, where 0 means all of them.
    let isSerial: Bool
    let allowsReserved: Bool

    /// Why a unit cannot be addressed, or `nil` for a good one.
    func fault(_ unit: UInt8, isRead: Bool) -> String? {
        switch unit {
        case 0 where isSerial && isRead: "unit 0 addresses all devices, and none of them answers a read"
        case 0...247: nil
        case 255 where !isSerial: nil
        default: allowsReserved ? nil : "unit \(unit) is reserved; \(isSerial ? "0" : "255, 0") or 1 to 247 can be used"
        }
    }
}
