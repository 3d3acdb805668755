// SPDX-License-Identifier: Apache-2.0

import Modbus
import Testing

/// Function 43, type 14, at a server.
@Suite("Device identification")
struct DeviceIdentificationTests {
    private func unit(_ change: (inout DeviceIdentification) -> Void = { _ in }) -> RegisterTables {
        var identification = DeviceIdentification(vendor: "AB", productCode: "C", revision: "1")
        change(&identification)
        var tables = RegisterTables()
        tables.identification = identification
        return tables
    }

    private static let basic: [UInt8] = [0, 2, 65, 66, 1, 1, 67, 2, 1, 49]

    @Test("Modbus checklist 8.31, 8.32, 8.37: the three basic objects exist always")
    func basicObjects() {
        var tables = unit()
        #expect(tables.reply(to: [43, 14, 1, 0]) == [43, 14, 1, 0x81, 0, 0, 3] + DeviceIdentificationTests.basic)
        tables.identification?[0] = nil
        tables.identification?[2] = nil
        #expect(tables.reply(to: [43, 14, 1, 0]) == [43, 14, 1, 0x81, 0, 0, 3] + DeviceIdentificationTests.basic)
        tables.identification?[1] = [90]
        #expect(tables.reply(to: [43, 14, 4, 1]) == [43, 14, 4, 0x81, 0, 0, 1, 1, 1, 90])
    }

    @Test("Modbus checklist 8.34: asked for more than its level, the device answers what it has")
    func lowLevel() {
        var tables = unit()
        for code: UInt8 in [2, 3] {
            #expect(
                tables.reply(to: [43, 14, code, 0]) == [43, 14, code, 0x81, 0, 0, 3] + DeviceIdentificationTests.basic
            )
        }
    }

    @Test("Modbus checklist 8.32, 8.37: basic, regular and extended streams")
    func levels() {
        var tables = unit { $0[3] = [85] }
        #expect(tables.reply(to: [43, 14, 1, 0]) == [43, 14, 1, 0x82, 0, 0, 3] + DeviceIdentificationTests.basic)
        let regular = DeviceIdentificationTests.basic + [3, 1, 85]
        #expect(tables.reply(to: [43, 14, 2, 0]) == [43, 14, 2, 0x82, 0, 0, 4] + regular)
        tables.identification?[0x80] = [1, 2]
        tables.identification?[0xFF] = []
        #expect(tables.reply(to: [43, 14, 2, 0]) == [43, 14, 2, 0x83, 0, 0, 4] + regular)
        #expect(tables.reply(to: [43, 14, 3, 0]) == [43, 14, 3, 0x83, 0, 0, 6] + regular + [0x80, 2, 1, 2, 0xFF, 0])
        #expect(tables.reply(to: [43, 14, 3, 0x80]) == [43, 14, 3, 0x83, 0, 0, 2, 0x80, 2, 1, 2, 0xFF, 0])
        tables.identification?[0x80] = nil
        #expect(tables.reply(to: [43, 14, 3, 3]) == [43, 14, 3, 0x83, 0, 0, 2, 3, 1, 85, 0xFF, 0])
    }

    @Test(
        "Modbus checklist 8.33: a stream from an object that does not exist begins anew",
        arguments: [3, 6, 7, 0x7F, 0x80, 255]
    )
    func unknownStart(object: UInt8) {
        var tables = unit()
        for code: UInt8 in [1, 2, 3] {
            #expect(
                tables.reply(to: [43, 14, code, object])
                    == [43, 14, code, 0x81, 0, 0, 3] + DeviceIdentificationTests.basic
            )
        }
        #expect(tables.reply(to: [43, 14, 1, 2]) == [43, 14, 1, 0x81, 0, 0, 1, 2, 1, 49])
        // An object of a higher category is unknown to a stream of a lower one.
        tables.identification?[4] = [1]
        #expect(tables.reply(to: [43, 14, 1, 4]).prefix(8) == [43, 14, 1, 0x82, 0, 0, 3, 0])
    }

    @Test("Modbus checklist 8.33, 8.35, 9.6: single objects")
    func single() {
        var tables = unit { $0[0x90] = [7] }
        #expect(tables.reply(to: [43, 14, 4, 0]) == [43, 14, 4, 0x83, 0, 0, 1, 0, 2, 65, 66])
        #expect(tables.reply(to: [43, 14, 4, 0x90]) == [43, 14, 4, 0x83, 0, 0, 1, 0x90, 1, 7])
        for object: UInt8 in [3, 7, 0x80, 0xFF] { #expect(tables.reply(to: [43, 14, 4, object]) == [0xAB, 2]) }
    }

    @Test("Modbus checklist 8.32, 9.6: other read codes are exception 3")
    func readCodes() {
        var tables = unit()
        for code: UInt8 in [0, 5, 14, 0x81, 255] {
            #expect(tables.reply(to: [43, 14, code, 0]) == [0xAB, 3])
            #expect(tables.reply(to: [43, 14, code, 99]) == [0xAB, 3])
        }
    }

    @Test("Modbus checklist 8.39, 8.40, 9.6: other types than 14 are exception 1")
    func types() {
        var tables = unit()
        for type in UInt8.min ... .max where type != 14 {
            #expect(tables.reply(to: [43, type, 1, 0]) == [0xAB, 1], "\(type)")
            #expect(tables.reply(to: [43, type]) == [0xAB, 1], "\(type)")
        }
        tables.identification = nil
        #expect(tables.reply(to: [43, 14, 1, 0]) == [0xAB, 1])
    }

    @Test("Modbus checklist 8.31: values of named objects are ASCII, reserved objects do not exist")
    func contents() {
        let identification = DeviceIdentification(vendor: "Müller \u{1F50C}", productCode: "A\u{7}", revision: "")
        #expect(identification[0] == Array("M?ller ?".utf8))
        #expect(identification[1] == Array("A\u{7}".utf8))
        #expect(identification[2] == [])
        var tables = unit { identification in
            for id in UInt8(3)...255 { identification[id] = [0xFF] }
        }
        for id in UInt8(7)...0x7F { #expect(tables.reply(to: [43, 14, 4, id]) == [0xAB, 2]) }
        #expect(tables.reply(to: [43, 14, 4, 3]).last == UInt8(ascii: "?"))
        #expect(tables.reply(to: [43, 14, 4, 0x80]).last == 0xFF)
        let count = (0...255).filter { tables.identification?[UInt8($0)] != nil }.count
        #expect(count == 7 + 128)
    }

    @Test("Modbus checklist 8.35, 8.36: what does not fit goes into the next answer, objects undivided")
    func paging() throws {
        var tables = unit { identification in
            identification[0] = Array(repeating: 65, count: 300)
            for id in UInt8(0x80)...255 { identification[id] = Array(repeating: id, count: Int(id) % 90) }
        }
        #expect(tables.identification?[0]?.count == 244)
        var next: UInt8 = 0
        var objects: [DeviceIdentification.Object] = []
        var pages = 0
        while true {
            let request = Request.readDeviceIdentification(.extended, object: next)
            let bytes = tables.reply(to: request.encoded)
            #expect(bytes.count <= 253)
            guard case .readDeviceIdentification(let page) = try Response(decoding: bytes.span, answering: request)
            else {
                Issue.record("no page")
                return
            }
            #expect(bytes[4] == (page.next == nil ? 0 : 0xFF))
            #expect(bytes[5] == page.next ?? 0)
            #expect(!page.objects.isEmpty)
            objects += page.objects
            pages += 1
            guard let following = page.next else { break }
            #expect(following > next)
            next = following
        }
        #expect(pages > 20)
        #expect(objects.map(\.id) == [0, 1, 2] + (0x80...255))
        for object in objects { #expect(object.value == tables.identification?[object.id]) }
    }

    @Test("Modbus checklist 8.36: the largest object fills an answer alone")
    func largestObject() {
        var tables = unit { $0[0] = Array(repeating: 65, count: 244) }
        #expect(tables.reply(to: [43, 14, 1, 0]).count == 253)
        #expect(tables.reply(to: [43, 14, 1, 0]).prefix(9) == [43, 14, 1, 0x81, 0xFF, 1, 1, 0, 244])
        #expect(tables.reply(to: [43, 14, 4, 0]).count == 253)
        tables.identification?[0] = Array(repeating: 65, count: 242)
        #expect(tables.reply(to: [43, 14, 1, 0]).count == 251)
        tables.identification?[0] = Array(repeating: 65, count: 241)
        #expect(tables.reply(to: [43, 14, 1, 0]).prefix(7) == [43, 14, 1, 0x81, 0xFF, 2, 2])
        #expect(tables.reply(to: [43, 14, 1, 0]).count == 253)
    }
}
