// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Units as people list them: "1-10,20".
struct UnitList: ExpressibleByArgument {
    let units: Set<UInt8>

    init?(argument: String) {
        var units: Set<UInt8> = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt8($0) }
            switch ends.count {
            case 1:
                guard let unit = ends[0] else { return nil }
                units.insert(unit)
            case 2:
                guard let first = ends[0], let last = ends[1], first <= last else { return nil }
                units.formUnion(first...last)
            default: return nil
            }
        }
        self.units = units
    }
}
