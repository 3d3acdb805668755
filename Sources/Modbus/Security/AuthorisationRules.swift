// SPDX-License-Identifier: Apache-2.0

/// Which requests a server carries out for whom: rules from role to rights, set by whoever runs the server.
///
/// Without a rule nothing is allowed, and there are no built-in roles (16.19). A request is allowed when **one** rule of
/// its role allows all of it: the unit, the function, and every address it touches.
public struct AuthorisationRules: Hashable, Sendable {
    /// The rules; their order means nothing.
    public var rules: [Rule]

    /// Creates rules; without any, every request is refused.
    public init(_ rules: [Rule] = []) { self.rules = rules }

    /// Decides about one request, before anything of its contents is checked (16.18).
    ///
    /// A PDU that ends before its address fields is let through when the role has rights of that kind anywhere, so that
    /// it gets the exception for its structure; it cannot do anything.
    ///
    /// - Parameters:
    ///   - pdu: The function code and the data, as received.
    ///   - unit: The unit identifier of the request.
    ///   - role: The role of the peer's certificate, or `nil` when it has none.
    /// - Returns: Whether the request may be carried out; if not, the server answers
    ///   ``ExceptionCode/illegalFunction``.
    public func allow(_ pdu: Span<UInt8>, unit: UInt8, role: String?) -> Bool {
        guard pdu.count > 0 else { return false }
        let function = FunctionCode(rawValue: pdu[0])
        let reach = PDUReach(of: pdu)
        return rules.contains { rule in
            rule.isFor(role) && rule.covers(unit: unit) && rule.covers(function, reach)
        }
    }

    /// Whether any rule is for this role; if not, the peer can do nothing, and that is worth telling somebody.
    public func know(_ role: String?) -> Bool { rules.contains { $0.isFor(role) } }
}

extension AuthorisationRules {
    /// What one role may do.
    public struct Rule: Hashable, Sendable {
        /// The role, compared byte by byte with that of the certificate; `nil` is for certificates without a role.
        public var role: String?
        /// The units; `nil` for all.
        public var units: [ClosedRange<UInt8>]?
        /// The functions; `nil` for those that read or write tables, as far as ``reads`` and ``writes`` go.
        ///
        /// Functions that touch no table, such as diagnostics (8) and identification (43), are allowed only when they
        /// are listed here.
        public var functions: Set<FunctionCode>?
        /// What may be read.
        public var reads: TableRanges
        /// What may be written.
        public var writes: TableRanges

        /// Creates a rule that allows nothing but what is given.
        ///
        /// - Parameters:
        ///   - role: The role; `nil` is for certificates without a role.
        ///   - units: The units; `nil` for all.
        ///   - functions: The functions; `nil` for those that read or write tables.
        ///   - reads: What may be read.
        ///   - writes: What may be written.
        public init(
            role: String?,
            units: [ClosedRange<UInt8>]? = nil,
            functions: Set<FunctionCode>? = nil,
            reads: TableRanges = .none,
            writes: TableRanges = .none
        ) {
            self.role = role
            self.units = units
            self.functions = functions
            self.reads = reads
            self.writes = writes
        }

        func isFor(_ other: String?) -> Bool {
            switch (role, other) {
            case (nil, nil): true
            // Byte by byte: strings that merely look the same are different roles.
            case (let role?, let other?): role.utf8.elementsEqual(other.utf8)
            default: false
            }
        }

        func covers(unit: UInt8) -> Bool {
            guard let units else { return true }
            return units.contains { $0.contains(unit) }
        }

        func covers(_ function: FunctionCode, _ reach: PDUReach) -> Bool {
            if let functions, !functions.contains(function) { return false }
            switch reach {
            case .function: return functions != nil
            case .unreadable(let kinds): return kinds.allSatisfy { !ranges(of: $0).isEmpty }
            case .data(let accesses):
                return accesses.allSatisfy { access in
                    ranges(of: access.kind).contains { range in
                        range.contains(access.addresses.lowerBound) && range.contains(access.addresses.upperBound)
                    }
                }
            }
        }

        private func ranges(of kind: DataAccess.Kind) -> [ClosedRange<UInt16>] {
            switch kind {
            case .read(let table): reads[table]
            case .write(let table): writes[table]
            }
        }
    }

    /// Ranges of addresses in each table.
    public struct TableRanges: Hashable, Sendable {
        /// In order of address, neither overlapping nor touching.
        private var ranges: [DataAccess.Table: [ClosedRange<UInt16>]] = [:]

        /// Nothing.
        public static let none = TableRanges()
        /// Every address of every table.
        public static let all = TableRanges(
            Dictionary(uniqueKeysWithValues: DataAccess.Table.allCases.map { ($0, [0...UInt16.max]) })
        )

        /// Creates ranges; a table that is not mentioned has none.
        public init(_ ranges: [DataAccess.Table: [ClosedRange<UInt16>]] = [:]) {
            self.ranges = ranges.mapValues(TableRanges.joined)
        }

        /// The ranges of a table, in order of address.
        public subscript(table: DataAccess.Table) -> [ClosedRange<UInt16>] { ranges[table] ?? [] }

        /// Ranges that touch become one, so that a request may span them.
        private static func joined(_ ranges: [ClosedRange<UInt16>]) -> [ClosedRange<UInt16>] {
            var result: [ClosedRange<UInt16>] = []
            for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if let last = result.last, Int(range.lowerBound) <= Int(last.upperBound) + 1 {
                    result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
                } else {
                    result.append(range)
                }
            }
            return result
        }
    }
}
