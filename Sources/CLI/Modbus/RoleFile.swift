// SPDX-License-Identifier: Apache-2.0
import Documents
import Modbus

/// Rules from roles to rights as somebody wrote them into a file.
///
/// ```yaml
/// roles:
///   - role: Operator
///     units: [1, 5-7]
///     functions: [3, 16]
///     read: { holding: all }
///     write: { holding: [100-110, 0x200] }
///   - no_role: true
///     read: { input: [0] }
/// ```
struct RoleFile {
    /// The rules, in the order of the file.
    var rules: AuthorisationRules

    private static let tables: [(key: String, table: DataAccess.Table)] = [
        ("coils", .coils), ("discrete", .discreteInputs), ("holding", .holdingRegisters), ("input", .inputRegisters),
        ("files", .files),
    ]
    private static let maximumRules = 1000
    private static let maximumRanges = 1000

    /// Reads a file.
    init(_ document: Document) throws(DocumentError) {
        self = try document.read { reader in
            let groups = reader.groups("roles", required: true, atMost: RoleFile.maximumRules) ?? []
            return RoleFile(rules: AuthorisationRules(groups.compactMap(RoleFile.rule)))
        }
    }

    private init(rules: AuthorisationRules) { self.rules = rules }

    private static func rule(_ reader: MappingReader) -> AuthorisationRules.Rule? {
        let role = reader.text("role")
        let isForNone = reader.boolean("no_role") ?? false
        let rule = AuthorisationRules.Rule(
            role: role,
            units: ranges("units", in: 0...255, reader)?.map { UInt8($0.lowerBound)...UInt8($0.upperBound) },
            functions: ranges("functions", in: 1...127, reader).map { ranges in
                Set(ranges.joined().map { FunctionCode(rawValue: UInt8($0)) })
            },
            reads: tableRanges("read", reader),
            writes: tableRanges("write", reader)
        )
        guard (role != nil) != isForNone else {
            // A faulty role has been reported, and is not a missing one.
            if isForNone || !reader.has("role") {
                let remedy = "write role: NAME, or no_role: true for certificates without a role"
                reader.faults.report(reader.node, "needs either a role or no_role", remedy: remedy)
            }
            return nil
        }
        return rule
    }

    private static func tableRanges(_ key: String, _ reader: MappingReader) -> AuthorisationRules.TableRanges {
        guard let group = reader.group(key) else { return .none }
        var result: [DataAccess.Table: [ClosedRange<UInt16>]] = [:]
        for (key, table) in tables {
            if case .scalar(let scalar) = group.value(of: key)?.content, scalar.text == "all" {
                result[table] = [0...UInt16.max]
            } else if let found = ranges(key, in: 0...Int(UInt16.max), group) {
                result[table] = found.map { UInt16($0.lowerBound)...UInt16($0.upperBound) }
            }
        }
        return AuthorisationRules.TableRanges(result)
    }

    /// The numbers and ranges of a list; what is wrong is reported and left out, so that it allows nothing.
    private static func ranges(
        _ key: String,
        in limits: ClosedRange<Int>,
        _ reader: MappingReader
    ) -> [ClosedRange<Int>]? {
        guard reader.has(key) else { return nil }
        return (reader.list(key, atMost: maximumRanges) ?? []).compactMap { node in
            guard let text = ValueReading.text(node, maximumLength: 40, faults: reader.faults) else { return nil }
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { end in
                RegisterAddress.wholeNumber(end.trimmingPrefix { $0 == " " }.prefix { $0 != " " })
            }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
                limits.contains(first), limits.contains(last)
            else {
                let remedy = "write numbers and ranges from \(limits.lowerBound) to \(limits.upperBound): [5, 10-19]"
                reader.faults.report(node, value: text, "is no number and no range", remedy: remedy)
                return nil
            }
            return first...last
        }
    }
}
