// SPDX-License-Identifier: Apache-2.0

import Modbus
import TestSupport
import Testing

@Suite("What a request touches")
struct PDUReachTests {
    private static let holding = DataAccess.Kind.read(.holdingRegisters)
    private static let table: [([UInt8], PDUReach)] = [
        ([1, 0, 19, 0, 37], .data([DataAccess(.read(.coils), 19...55)])),
        ([2, 0, 196, 0, 22], .data([DataAccess(.read(.discreteInputs), 196...217)])),
        ([3, 0, 107, 0, 3], .data([DataAccess(holding, 107...109)])),
        ([4, 0, 8, 0, 1], .data([DataAccess(.read(.inputRegisters), 8...8)])),
        ([5, 0, 172, 0xFF, 0], .data([DataAccess(.write(.coils), 172...172)])),
        ([6, 0, 1, 0, 3], .data([DataAccess(.write(.holdingRegisters), 1...1)])),
        ([15, 0, 19, 0, 10, 2, 0xCD, 1], .data([DataAccess(.write(.coils), 19...28)])),
        ([16, 0, 1, 0, 2, 4, 0, 10, 1, 2], .data([DataAccess(.write(.holdingRegisters), 1...2)])),
        ([22, 0, 4, 0, 0xF2, 0, 0x25], .data([DataAccess(.write(.holdingRegisters), 4...4)])),
        (
            [23, 0, 3, 0, 6, 0, 14, 0, 3, 6, 0, 255, 0, 255, 0, 255],
            .data([DataAccess(holding, 3...8), DataAccess(.write(.holdingRegisters), 14...16)])
        ),
        ([24, 0x04, 0xDE], .data([DataAccess(holding, 1246...1277)])),
        (
            [20, 14, 6, 0, 4, 0, 1, 0, 2, 6, 0, 3, 0, 9, 0, 2],
            .data([DataAccess(.read(.files), 4...4), DataAccess(.read(.files), 3...3)])
        ),
        ([21, 13, 6, 0, 4, 0, 7, 0, 3, 6, 0xAF, 4, 0xBE, 16, 13], .data([DataAccess(.write(.files), 4...4)])),
        ([7], .function),
        ([8, 0, 0, 1, 2], .function),
        ([43, 14, 1, 0], .function),
        ([100, 1, 2], .function),
        ([0x83, 2], .function),
        // What no server carries out has a reach all the same.
        ([3, 0, 7, 0, 0], .data([DataAccess(holding, 7...7)])),
        ([3, 0xFF, 0xFF, 0xFF, 0xFF], .data([DataAccess(holding, 65535...65535)])),
        ([3, 0, 1, 0xFF, 0xFF], .data([DataAccess(holding, 1...65535)])),
        ([24, 0xFF, 0xFE], .data([DataAccess(holding, 65534...65535)])),
        ([3, 0, 1, 0, 2, 99], .data([DataAccess(holding, 1...2)])),
        ([3, 0, 1, 0], .unreadable([holding])),
        ([5, 0], .unreadable([.write(.coils)])),
        ([23, 0, 3, 0, 6, 0, 14, 0], .unreadable([holding, .write(.holdingRegisters)])),
        ([20, 7, 6, 0, 4, 0, 1, 0], .unreadable([.read(.files)])),
        ([20, 8, 6, 0, 4, 0, 1, 0, 2, 6], .unreadable([.read(.files)])),
        ([21, 9, 6, 0, 4, 0, 7, 0, 9, 1, 2], .unreadable([.write(.files)])),
        ([], .unreadable([])),
    ]

    @Test("Modbus checklist 16.20: the ranges of every function, from the raw PDU", arguments: table)
    func reach(pdu: [UInt8], reach: PDUReach) {
        let found = PDUReach(of: pdu.span)
        #expect(found == reach)
    }

    @Test("Any bytes have a reach")
    func anyBytes() {
        var generator = SeededGenerator(seed: 16)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...40, using: &generator)
            var pdu = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if count > 0 { pdu[0] %= 26 }
            guard case .data(let accesses) = PDUReach(of: pdu.span) else { continue }
            #expect(!accesses.isEmpty)
        }
    }
}

@Suite("Rules from roles to rights")
struct AuthorisationRulesTests {
    private static let rules = AuthorisationRules([
        .init(
            role: "Operator",
            units: [1...1, 5...7],
            reads: .init([.holdingRegisters: [0...9, 10...99], .inputRegisters: [0...65535]]),
            writes: .init([.holdingRegisters: [20...29]])
        ),
        .init(role: "Reader", functions: [FunctionCode(rawValue: 3), FunctionCode(rawValue: 43)], reads: .all),
        .init(role: nil, reads: .init([.inputRegisters: [5...5]])),
    ])

    private func allow(
        _ pdu: [UInt8],
        unit: UInt8 = 1,
        role: String?,
        _ rules: AuthorisationRules = AuthorisationRulesTests.rules
    ) -> Bool {
        rules.allow(pdu.span, unit: unit, role: role)
    }

    @Test("Modbus checklist 16.20: unit, function and every range must be allowed")
    func ranges() {
        #expect(allow([3, 0, 0, 0, 100], role: "Operator"))
        #expect(!allow([3, 0, 0, 0, 101], role: "Operator"))
        #expect(!allow([3, 0, 0, 0, 100], unit: 2, role: "Operator"))
        #expect(allow([3, 0, 0, 0, 100], unit: 6, role: "Operator"))
        #expect(allow([6, 0, 20, 0, 1], role: "Operator"))
        #expect(!allow([6, 0, 30, 0, 1], role: "Operator"))
        #expect(allow([23, 0, 3, 0, 6, 0, 20, 0, 1, 2, 0, 1], role: "Operator"))
        #expect(!allow([23, 0, 3, 0, 6, 0, 14, 0, 1, 2, 0, 1], role: "Operator"))
        #expect(!allow([1, 0, 0, 0, 1], role: "Operator"))
        #expect(allow([4, 0xFF, 0xFF, 0, 9], role: "Operator"))
    }

    @Test("Modbus checklist 16.20: functions that touch no table must be listed")
    func functions() {
        #expect(allow([43, 14, 1, 0], role: "Reader"))
        #expect(!allow([43, 14, 1, 0], role: "Operator"))
        #expect(allow([3, 0, 0, 0, 1], unit: 247, role: "Reader"))
        #expect(!allow([4, 0, 0, 0, 1], role: "Reader"))
        #expect(!allow([8, 0, 1, 0, 0], role: "Reader"))
        #expect(!allow([100], role: "Operator"))
    }

    @Test("Modbus checklist 16.16, 16.17, 16.19: no rule, no right; no role is a role of its own; names are whole")
    func roles() {
        #expect(!allow([3, 0, 0, 0, 1], role: "Admin"))
        #expect(!allow([3, 0, 0, 0, 1], role: "operator"))
        #expect(!allow([3, 0, 0, 0, 1], role: "Operator,Reader"))
        #expect(!allow([3, 0, 0, 0, 1], role: ""))
        #expect(!allow([3, 0, 0, 0, 1], role: nil))
        #expect(allow([4, 0, 5, 0, 1], role: nil))
        #expect(!allow([4, 0, 5, 0, 1], role: ""))
        #expect(!allow([4, 0, 5, 0, 1], role: "Operator", AuthorisationRules()))
        #expect(AuthorisationRulesTests.rules.know("Reader") && AuthorisationRulesTests.rules.know(nil))
        #expect(!AuthorisationRulesTests.rules.know("Admin"))
        // The same letters to the eye, other bytes.
        let composed = AuthorisationRules([.init(role: "caf\u{E9}", reads: .all)])
        #expect(allow([3, 0, 0, 0, 1], role: "caf\u{E9}", composed))
        #expect(!allow([3, 0, 0, 0, 1], role: "cafe\u{301}", composed))
    }

    @Test("Modbus checklist 16.18: what ends too early passes only where the role has such rights at all")
    func tooShort() {
        #expect(allow([3, 0], role: "Operator"))
        #expect(!allow([15, 0], role: "Operator"))
        #expect(!allow([16, 0], role: "Reader"))
        #expect(!allow([], role: "Operator"))
    }
}
